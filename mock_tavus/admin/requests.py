"""The request journal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mock_tavus.admin.context import Control, ControlCall, NotDone
from mock_tavus.admin.views import request_view
from mock_tavus.engine.journal import Criteria
from mock_tavus.messages import Json


def list_requests(call: ControlCall, control: Control) -> Json:
    """Return the latest requests that fit the query, the oldest first."""
    return _found(call, control, _criteria(call, call.query), limit=call.query["limit"])


def find_requests(call: ControlCall, control: Control) -> Json:
    """Return every request that fits the body's criteria, the oldest first."""
    return _found(call, control, _criteria(call, call.body))


def count_requests(call: ControlCall, control: Control) -> Json:
    """Return how many requests fit the body's criteria."""
    return {"count": len(control.emulator.journal.entries(_criteria(call, call.body)))}


def wait_for_requests(call: ControlCall, control: Control) -> Json:
    """Return the requests that fit the query as soon as there are so many."""
    count, timeout = call.query["count"], call.query["timeout"]
    entries = control.emulator.journal.wait(_criteria(call, call.query), count, timeout)
    if len(entries) < count:
        raise NotDone(f"{len(entries)} of {count} requests came within {timeout:g} s", status=408)
    return {"requests": [request_view(entry, control.emulator) for entry in entries]}


def get_request(call: ControlCall, control: Control) -> Json:
    """Return one request with the reasons for its answer."""
    entry = control.emulator.journal.get(call.path["request_id"])
    if entry is None:
        raise NotDone(f"no request {call.path['request_id']!r} is remembered", status=404)
    return request_view(entry, control.emulator)


def clear_requests(call: ControlCall, control: Control) -> Json:
    """Forget requests."""
    return {"forgotten": control.emulator.journal.clear(call.account_id)}


def _found(call: ControlCall, control: Control, criteria: Criteria, limit: int | None = None) -> Json:
    journal = control.emulator.journal
    entries = journal.entries(criteria, limit)
    return {
        "requests": [request_view(entry, control.emulator) for entry in entries],
        "dropped": journal.dropped_count,
    }


def _criteria(call: ControlCall, asked: Mapping[str, Any]) -> Criteria:
    """Return what is asked for, in the query or in the body; the query knows fewer of these names."""
    return Criteria(
        account_id=call.account_id,
        operation_id=asked.get("operation"),
        status=asked.get("status"),
        unmatched=asked.get("unmatched", False),
        method=asked.get("method"),
        path=asked.get("path"),
        since=_number(asked.get("since")),
        body_contains=asked.get("body_contains"),
    )


def _number(request_id: str | None) -> int:
    return int(request_id.removeprefix("req_")[:18]) if request_id else 0
