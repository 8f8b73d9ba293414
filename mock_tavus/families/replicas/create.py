"""`createReplica`: start a training and answer at once."""

from __future__ import annotations

import math
from dataclasses import replace

from mock_tavus.contract.words import CallbackWords
from mock_tavus.errors import OutOfCredits
from mock_tavus.families.context import OperationContext
from mock_tavus.families.lifecycle import callback_body, plan_training, planned_delivery
from mock_tavus.messages import Delivery, JsonObject, OperationCall, OperationResult, Replica

OPERATION_ID = "createReplica"

FAMILY = "replica"
"""What creations are counted as."""


def handle(call: OperationCall, context: OperationContext) -> OperationResult:
    """Remember a new replica, with the plan of its training, and plan its callback.

    An empty or missing `callback_url` means none (observed: the official quickstart sends `""`).

    Args:
        call: What is asked for.
        context: Who asks.

    Raises:
        OutOfCredits: The account has started as many trainings as it may.
    """
    account = context.account
    count = account.count_creation(FAMILY, context.max_trainings)
    if count is None:
        raise OutOfCredits
    replica = Replica(
        replica_id=account.ids.replica_id(account.account_id, count),
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
    words = context.operation.callback
    callback_url = "" if words is None else words.url(call.body)
    deliveries = account.add(replica, _planned(replica, callback_url, words, context) if words and callback_url else ())
    return OperationResult({"replica_id": replica.replica_id, "status": "started"}, deliveries)


def _planned(replica: Replica, url: str, words: CallbackWords, context: OperationContext) -> tuple[Delivery, ...]:
    """Return the callbacks of a training: one at its end, unless something else is armed."""
    outcome = context.outcome
    if outcome.callback == "never" or replica.plan.ends_at == math.inf:
        return ()
    first = planned_delivery(replica, url, words)
    end = first.due_at + (outcome.callback_delay or 0.0)
    due_at = replica.plan.begins_at if outcome.callback == "before-answer" else end
    body = first.body if outcome.callback_body is None else outcome.callback_body
    first = replace(first, due_at=due_at, body=body, retries=outcome.callback_retries)
    if outcome.callback == "twice":
        return first, first.copy(f"{first.delivery_id}_twice")
    if outcome.callback == "out-of-order":
        return first, first.copy(f"{first.delivery_id}_overtaken", body=_opposite(replica, words, context))
    return (first,)


def _opposite(replica: Replica, words: CallbackWords, context: OperationContext) -> JsonObject:
    """Return what a callback says that is not true, or no longer."""
    error_message = context.training.messages["video_processing"] if replica.plan.error_message is None else None
    return callback_body(replica.replica_id, error_message, words)


def _text(call: OperationCall, name: str) -> str:
    # An edited contract may let pass what ours does not: another type, or a field left out.
    value = call.body.get(name)
    return value if isinstance(value, str) else ""
