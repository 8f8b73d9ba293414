"""`createReplica`: start a training and answer at once."""

from __future__ import annotations

import math
from dataclasses import replace

from mock_tavus.errors import OutOfCredits
from mock_tavus.models import Delivery, OperationCall, OperationResult, Replica
from mock_tavus.operations._context import OperationContext
from mock_tavus.scenarios import Outcome
from mock_tavus.training import plan_training, planned_delivery


def handle(call: OperationCall, context: OperationContext) -> OperationResult:
    """Remember a new replica, with the plan of its training, and plan its callback.

    An empty or missing `callback_url` means none (observed: the official quickstart sends `""`).

    Raises:
        OutOfCredits: The account has started as many trainings as it may.
    """
    account = context.account
    if context.max_trainings is not None and account.training_count() >= context.max_trainings:
        raise OutOfCredits
    replica = Replica(
        replica_id=account.new_replica_id(),
        account_id=account.account_id,
        name=_text(call, "replica_name"),
        plan=plan_training(
            _text(call, "train_video_url"),
            account.now(),
            context.training,
            cause=context.outcome.training_error,
            duration=context.outcome.training_time,
        ),
    )
    callback_url = _text(call, "callback_url")
    deliveries = _planned(replica, callback_url, account.now(), context.outcome) if callback_url else ()
    account.add(replica, deliveries)
    return OperationResult({"replica_id": replica.replica_id, "status": "started"}, deliveries)


def _planned(replica: Replica, url: str, now: float, outcome: Outcome) -> tuple[Delivery, ...]:
    """Return the callbacks of a training: one at its end, unless something else is armed."""
    if outcome.callback == "never" or replica.plan.ends_at == math.inf:
        return ()
    first = planned_delivery(replica, url)
    due_at = now if outcome.callback == "before-answer" else first.due_at + (outcome.callback_delay or 0.0)
    body = first.body if outcome.callback_body is None else outcome.callback_body
    first = replace(first, due_at=due_at, body=body, retries=outcome.callback_retries)
    if outcome.callback == "twice":
        return first, first.copy(f"{first.delivery_id}_twice")
    return (first,)


def _text(call: OperationCall, name: str) -> str:
    # An edited contract may let pass what ours does not: another type, or a field left out.
    value = call.body.get(name)
    return value if isinstance(value, str) else ""
