"""`listReplicas`: one page of an account's replicas."""

from __future__ import annotations

from mock_tavus.families.context import OperationContext
from mock_tavus.families.replicas.view import list_item
from mock_tavus.messages import OperationCall, OperationResult

OPERATION_ID = "listReplicas"

DEFAULT_LIMIT = 10
"""How many replicas a page holds where neither the request nor the contract says so (assumed)."""


def handle(call: OperationCall, context: OperationContext) -> OperationResult:
    """Return the page that was asked for, the newest replicas first (order assumed).

    Args:
        call: What is asked for.
        context: Who asks.
    """
    account, query = context.account, call.query
    limit = max(0, int(query.get("limit", DEFAULT_LIMIT)))
    first = limit * max(0, int(query.get("page", 1)) - 1)
    if query.get("replica_type", "user") != "user":
        replicas, total = [], 0  # the vendor's stock replicas are not emulated
    elif (listed := query.get("replica_ids")) is not None:
        ids = listed if isinstance(listed, list) else str(listed).split(",")
        found = account.find([str(replica_id).strip() for replica_id in ids])
        replicas, total = list(found[first : first + limit]), len(found)
    else:
        replicas, total = list(account.page(first, limit)), account.replica_count()
    now, verbose = account.now(), query.get("verbose", False)
    data = [list_item(replica, now, verbose=verbose) for replica in replicas]
    return OperationResult({"data": data, "total_count": total})
