"""`createReplica`: start a training and answer at once."""

from __future__ import annotations

from mock_tavus.models import OperationCall, OperationResult, Replica
from mock_tavus.operations._context import OperationContext
from mock_tavus.training import plan_training, planned_delivery


def handle(call: OperationCall, context: OperationContext) -> OperationResult:
    """Remember a new replica, with the plan of its training, and plan its callback.

    An empty or missing `callback_url` means none (observed: the official quickstart sends `""`).
    """
    account = context.account
    replica = Replica(
        replica_id=account.new_replica_id(),
        account_id=account.account_id,
        name=_text(call, "replica_name"),
        plan=plan_training(_text(call, "train_video_url"), account.now(), context.training),
    )
    callback_url = _text(call, "callback_url")
    deliveries = (planned_delivery(replica, callback_url),) if callback_url else ()
    account.add(replica, deliveries)
    return OperationResult({"replica_id": replica.replica_id, "status": "started"}, deliveries)


def _text(call: OperationCall, name: str) -> str:
    # An edited contract may let pass what ours does not: another type, or a field left out.
    value = call.body.get(name)
    return value if isinstance(value, str) else ""
