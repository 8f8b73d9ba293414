from __future__ import annotations

import pytest

from mock_tavus.origins import Origins


@pytest.mark.parametrize(
    "origin",
    ["http://localhost", "http://localhost:3000", "https://a.localhost", "http://127.9.8.7:1", "http://[::1]:5173"],
)
def test_pages_of_this_machine_may(origin: str) -> None:
    assert Origins().admits(origin)


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "https://evil.example",
        "http://localhost.evil.example",
        "http://10.0.0.1",
        "file://",
        "http://[",
        "x",
    ],
)
def test_other_pages_may_not(origin: str) -> None:
    assert not Origins().admits(origin)


def test_pages_of_a_host_that_was_named_may() -> None:
    assert Origins(["App.example"]).admits("https://app.example:8443")


def test_pages_of_this_machine_may_read_and_send_what_they_want() -> None:
    fields = dict(Origins().preflight("http://localhost:3000", "X-Mock-Tavus-Scenario, x-api-key", ("GET", "POST")))

    assert fields["Access-Control-Allow-Origin"] == "http://localhost:3000"
    assert fields["Vary"] == "Origin"
    assert fields["Access-Control-Allow-Methods"] == "GET, POST"
    assert "x-mock-tavus-scenario" in fields["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in fields


@pytest.mark.parametrize(
    ("cors", "origin", "allowed"),
    [
        ((), "https://app.example", None),
        (("https://app.example",), "https://app.example", "https://app.example"),
        (("https://app.example",), "https://app.example.evil", None),
        (("*",), "https://anything.example", "*"),
        (("*",), "null", "*"),
        (("none",), "http://localhost:3000", None),
    ],
)
def test_other_pages_may_if_they_are_named(cors: tuple[str, ...], origin: str, allowed: str | None) -> None:
    origins = Origins(cors=cors)

    assert dict(origins.headers(origin)).get("Access-Control-Allow-Origin") == allowed
    fields = dict(origins.preflight(origin, "x-mock-tavus-scenario, bad name", ("POST",)))
    assert "x-mock-tavus" not in fields.get("Access-Control-Allow-Headers", "")
    assert "bad name" not in fields.get("Access-Control-Allow-Headers", "")
