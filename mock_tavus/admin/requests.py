"""The request journal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mock_tavus.admin.context import AdminCall, AdminError
from mock_tavus.admin.views import request_view
from mock_tavus.emulator import Emulator
from mock_tavus.engine.journal import RequestPattern
from mock_tavus.messages import JsonObject


def list_requests(call: AdminCall, emulator: Emulator) -> JsonObject:
    """Return the latest requests that match the query, the oldest first.

    Args:
        call: What was asked for, as the contract has accepted it.
        emulator: The emulator that it is about.
    """
    return _found(emulator, _pattern(call, call.query), limit=call.query["limit"])


def find_requests(call: AdminCall, emulator: Emulator) -> JsonObject:
    """Return every request that matches the body's criteria, the oldest first.

    Args:
        call: What was asked for, as the contract has accepted it.
        emulator: The emulator that it is about.
    """
    return _found(emulator, _pattern(call, call.body))


def count_requests(call: AdminCall, emulator: Emulator) -> JsonObject:
    """Return how many requests match the body's criteria.

    Args:
        call: What was asked for, as the contract has accepted it.
        emulator: The emulator that it is about.
    """
    return {"count": emulator.journal.count(_pattern(call, call.body))}


def wait_for_requests(call: AdminCall, emulator: Emulator) -> JsonObject:
    """Wait until `count` requests match the query; return them.

    Args:
        call: What was asked for, as the contract has accepted it.
        emulator: The emulator that it is about.

    Raises:
        AdminError: There are fewer within the timeout.
    """
    entries = emulator.journal.wait(_pattern(call, call.query), call.query["count"], call.query["timeout"])
    call.must_have(entries, "requests came")
    return {"requests": [request_view(entry, emulator) for entry in entries]}


def get_request(call: AdminCall, emulator: Emulator) -> JsonObject:
    """Return one request with the reasons for its response.

    Args:
        call: What was asked for, as the contract has accepted it.
        emulator: The emulator that it is about.

    Raises:
        AdminError: It is not remembered.
    """
    entry = emulator.journal.get(call.path["request_id"])
    if entry is None:
        raise AdminError(f"no request {call.path['request_id']!r} is remembered", status=404)
    return request_view(entry, emulator)


def clear_requests(call: AdminCall, emulator: Emulator) -> JsonObject:
    """Forget requests.

    Args:
        call: What was asked for, as the contract has accepted it.
        emulator: The emulator that it is about.
    """
    return {"forgotten": emulator.journal.clear(call.account_id)}


def _found(emulator: Emulator, pattern: RequestPattern, limit: int | None = None) -> JsonObject:
    entries = emulator.journal.entries(pattern, limit)
    return {
        "requests": [request_view(entry, emulator) for entry in entries],
        "dropped": emulator.journal.dropped_count,
    }


def _pattern(call: AdminCall, wanted: Mapping[str, Any]) -> RequestPattern:
    """Return what is wanted, in the query or in the body; the query knows fewer of these names."""
    return RequestPattern(
        account_id=call.account_id,
        operation_id=wanted.get("operation"),
        status=wanted.get("status"),
        unmatched=wanted.get("unmatched", False),
        method=wanted.get("method"),
        path=wanted.get("path"),
        since=_number(wanted.get("since")),
        body_contains=wanted.get("body_contains"),
    )


def _number(request_id: str | None) -> int:
    return int(request_id.removeprefix("req_")[:18]) if request_id else 0
