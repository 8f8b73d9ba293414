"""Replicas as the API answers them, and where operations on one have to go."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from contract_tests.client.case import Call
from contract_tests.client.causes import Cause
from contract_tests.client.observation import Step
from contract_tests.failures import CheckFailed
from contract_tests.http.messages import HttpRequest
from contract_tests.http.script import JsonObject, Script, responds

ID = "rc0ffee123"

GONE = (
    responds({"error": "Invalid replica_id"}, 400, times=5),
    responds({"message": "Replica not found"}, 404, times=5),
)
"""Responses about a replica that is not there: as documented, and as any API might."""


def replica(replica_id: str = ID, **changed: Any) -> JsonObject:
    """Return a replica with all documented fields.

    Args:
        replica_id: Its id.
        changed: Fields with other values, or further ones.
    """
    return {
        "replica_id": replica_id,
        "replica_name": "Rio",
        "thumbnail_video_url": f"https://example.com/thumbnails/{replica_id}.mp4",
        "training_progress": "100/100",
        "status": "completed",
        "created_at": "2024-01-24T07:14:03.327Z",
        "updated_at": "2024-01-24T11:20:41.118Z",
        "error_message": None,
        **changed,
    }


def poll(status: str, progress: str = "50/100", **changed: Any) -> Script:
    """Return a script that answers a poll.

    Args:
        status: What the replica's status is.
        progress: How far its training is.
        changed: Other fields.
    """
    return responds(replica(status=status, training_progress=progress, **changed))


def page(*ids: str, total: Any = None, times: int = 1) -> Script:
    """Return a script that answers one page of a list.

    Args:
        ids: The replicas on it.
        total: What `total_count` says; None for the number of ids.
        times: For how many requests.
    """
    items = [{name: one for name, one in replica(one_id).items() if name in _IN_LISTS} for one_id in ids]
    return responds({"data": items, "total_count": len(ids) if total is None else total}, times=times)


_IN_LISTS = ("replica_id", "replica_name", "thumbnail_video_url", "training_progress", "status", "created_at")


def other_calls() -> Iterator[Call]:
    """Return a plain call of each operation but the create, answered as it should be."""
    done = responds(replica(), times=5)
    yield Call({"replica_id": ID}, operation="get_replica", scripts=(done,))
    yield Call({}, operation="list_replicas", scripts=(page(ID, times=5),))
    yield Call({"replica_id": ID, "replica_name": "Rio"}, operation="rename_replica", scripts=(done,))
    yield Call({"replica_id": ID}, operation="delete_replica", scripts=(done,))
    yield Call({"replica_id": ID, "interval": 0.1}, operation="wait_for_replica", scripts=(done,))


def must_be_about(step: Step, request: HttpRequest, replica_id: str, *, behind: str = "") -> None:
    """Assert that a request's path is that of one replica.

    Args:
        step: The call.
        request: What was sent.
        replica_id: The replica's id.
        behind: What stands behind the id in the path, such as `/name`.

    Raises:
        CheckFailed: It leads somewhere else.
    """
    path = request.target.partition("?")[0]
    segment = path.removeprefix("/v2/replicas/").removesuffix(behind) if behind else path.removeprefix("/v2/replicas/")
    is_below = path.startswith("/v2/replicas/") and path.endswith(behind)
    is_one = bool(segment) and "/" not in segment and "#" not in segment and segment not in (".", "..")
    if not (is_below and is_one and unquote(segment) == replica_id):
        raise CheckFailed(
            f"{request.method} {request.target}",
            f"the path /v2/replicas/{{id}}{behind} with {replica_id!r} as one percent-encoded segment, or a refusal",
            place=step.call.operation,
            cause=Cause.RAW_PATH,
        )


def is_same(given: Any, returned: Any) -> bool:
    """Return whether a value was returned as it was given; a moment may be written in another way.

    Args:
        given: What the API said.
        returned: What the client returned.
    """
    if given == returned and type(given) is type(returned):
        return True
    return isinstance(given, str) and isinstance(returned, str) and _moment(given) == _moment(returned) is not None


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None
