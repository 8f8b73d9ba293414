"""How a replica looks to a client."""

from __future__ import annotations

from mock_tavus.clock import format_moment
from mock_tavus.errors import InvalidField
from mock_tavus.families.lifecycle import has_ended, progress_at, status_at
from mock_tavus.messages import JsonObject, OperationCall, Replica


def list_item(replica: Replica, now: float, *, verbose: bool) -> JsonObject:
    """Return a replica as the list shows it: without `updated_at` and `error_message` (documented).

    Args:
        replica: The replica, with its plan.
        now: The account's moment, in seconds since 1970.
        verbose: Whether `replica_type` is shown, too.
    """
    item: JsonObject = {
        "replica_id": replica.replica_id,
        "replica_name": replica.name,
        "thumbnail_video_url": f"https://mock-tavus.test/thumbnails/{replica.replica_id}.mp4",
        "training_progress": f"{progress_at(replica.plan, now)}/100",
        "status": status_at(replica.plan, now),
        "created_at": format_moment(replica.plan.begins_at),
    }
    if verbose:
        item["replica_type"] = "user"
    return item


def details(replica: Replica, now: float, *, verbose: bool) -> JsonObject:
    """Return all that the API tells of a replica (documented).

    Args:
        replica: The replica, with its plan.
        now: The account's moment, in seconds since 1970.
        verbose: Whether `replica_type` is shown, too.
    """
    ended = has_ended(replica.plan, now)
    changes = [replica.plan.begins_at, replica.renamed_at or 0.0, replica.plan.ends_at if ended else 0.0]
    return list_item(replica, now, verbose=verbose) | {
        "updated_at": format_moment(max(changes)),
        "error_message": replica.plan.error_message if ended else None,
    }


def asked_for(call: OperationCall) -> str:
    """Return the id in the path, whatever an edited contract calls it.

    Args:
        call: What was asked for, as the contract has accepted it.
    """
    return next((str(value) for value in call.path.values()), "")


def found(replica: Replica | None) -> Replica:
    """Return the replica that was asked for.

    Args:
        replica: The replica, with its plan.

    Raises:
        InvalidField: There is none: the API answers 400, not 404 (documented).
    """
    if replica is None:
        raise InvalidField("replica_id")
    return replica
