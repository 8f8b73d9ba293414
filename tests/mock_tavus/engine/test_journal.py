from __future__ import annotations

from dataclasses import replace

import pytest

from mock_tavus.clock import SystemClock
from mock_tavus.engine.journal import MAX_BODY_BYTES, Journal
from mock_tavus.engine.masking import Masker
from mock_tavus.messages import ApiRequest, ApiResponse, Exchange
from mock_tavus.store import memory_stores

ENTRY = Exchange(1, 0.0, ApiRequest("GET", "/", {}), "acct_1", "listReplicas", response=ApiResponse(200, b"{}"))


def journal_of(size: int, masker: Masker | None = None) -> Journal:
    stores = memory_stores(SystemClock(), lambda replica: False, journal_size=size)
    return Journal(stores.journal, stores.changes, masker or Masker())


def test_the_oldest_entries_are_dropped_first_and_counted() -> None:
    journal = journal_of(2)
    for at in range(5):
        journal.record(replace(ENTRY, at=float(at)))

    assert [entry.at for entry in journal.entries()] == [3.0, 4.0]
    assert journal.dropped_count == 3


def test_listeners_are_told_of_every_entry_even_if_none_is_kept() -> None:
    journal = journal_of(0)
    told: list[Exchange] = []
    journal.on_record(told.append)

    journal.record(ENTRY)

    assert told == [ENTRY]
    assert journal.entries() == []


def test_what_is_secret_is_masked() -> None:
    journal = journal_of(1, Masker(["X-Tavus", "auth"]))
    headers = {
        "x-api-key": "canary",
        "x-tavus": "canary",
        "authorization": "Bearer canary",
        "cookie": "a=canary",
        "accept": "*/*",
    }
    request = ApiRequest("GET", "/v2/replicas", headers, query="limit=1&api_key=canary&Token=canary&auth=canary&page=2")
    journal.record(replace(ENTRY, request=request))

    (entry,) = journal.entries()

    assert "canary" not in repr(entry)
    assert entry.request.headers["accept"] == "*/*"
    assert entry.request.query == "limit=1&api_key=***&Token=***&auth=***&page=2"


@pytest.mark.parametrize("query", ["", "limit=1", "flag", "a=1&b=2;c=3", "x=%00"])
def test_a_query_without_secrets_is_left_alone(query: str) -> None:
    assert Masker().query(query) == query


def test_no_large_body_is_remembered_whole() -> None:
    journal = journal_of(1)
    journal.record(replace(ENTRY, request=ApiRequest("POST", "/", {}, b"x" * 1_000_000)))

    assert len(journal.entries()[0].request.body) == MAX_BODY_BYTES
    assert journal.entries()[0].request_length == 1_000_000

    response = ApiResponse(200, b"y" * 2_000_000)
    journal.record(replace(ENTRY, response=response))

    (entry,) = journal.entries()
    assert (len(entry.request.body), entry.request_length) == (0, 0)
    assert (len(entry.response.body), entry.response_length) == (MAX_BODY_BYTES, 2_000_000)
