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
