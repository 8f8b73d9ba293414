from __future__ import annotations

from dataclasses import replace

import pytest

from mock_tavus.engine.journal import MAX_BODY_BYTES, Journal
from mock_tavus.engine.masking import Masker
from mock_tavus.messages import ApiReply, ApiRequest, JournalEntry

ENTRY = JournalEntry(1, 0.0, "acct_1", "listReplicas", ApiRequest("GET", "/", {}), ApiReply(200, b"{}"), (), 0.0)


def test_the_oldest_entries_are_dropped_first_and_counted() -> None:
    journal = Journal(size=2)
    for at in range(5):
        journal.record(replace(ENTRY, at=float(at)))

    assert [entry.at for entry in journal.entries()] == [3.0, 4.0]
    assert journal.dropped_count == 3


def test_listeners_are_told_of_every_entry_even_if_none_is_kept() -> None:
    journal = Journal(size=0)
    told: list[JournalEntry] = []
    journal.on_record(told.append)

    journal.record(ENTRY)

    assert told == [ENTRY]
    assert journal.entries() == []


def test_what_is_secret_is_masked() -> None:
    journal = Journal(1, Masker(["X-Tavus", "auth"]))
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
    journal = Journal(size=1)
    journal.record(replace(ENTRY, request=ApiRequest("POST", "/", {}, b"x" * 1_000_000)))

    assert len(journal.entries()[0].request.body) == MAX_BODY_BYTES
