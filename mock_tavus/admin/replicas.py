"""Replicas of all accounts, and the end of a training, forced."""

from __future__ import annotations

from dataclasses import replace

from mock_tavus.admin.context import Control, ControlCall, NotDone
from mock_tavus.admin.views import delivery_view, replica_view
from mock_tavus.families.lifecycle import callback_body, has_ended
from mock_tavus.messages import Json, Replica
from mock_tavus.store import Account
from mock_tavus.training_errors import TRAINING_ERRORS


def list_all_replicas(call: ControlCall, control: Control) -> Json:
    """Return the replicas of one account, or of all, the newest first."""
    accounts = control.emulator.accounts
    known = accounts.all() if call.account_id is None else filter(None, [accounts.get(call.account_id)])
    found = [(replica, account.now()) for account in known for replica in account.replicas()]
    found.sort(key=lambda pair: pair[0].plan.begins_at, reverse=True)
    shown = [replica_view(replica, now) for replica, now in found[: call.query["limit"]]]
    return {"replicas": shown, "total_count": len(found)}


def complete_replica(call: ControlCall, control: Control) -> Json:
    """End a training now, well, and send its callback."""
    return _end(call, control, error_message=None)


def fail_replica(call: ControlCall, control: Control) -> Json:
    """End a training now, in error, and send its callback.

    Raises:
        NotDone: The cause is not one of the 26 that are documented.
    """
    cause = call.body["cause"]
    if cause not in TRAINING_ERRORS:
        raise NotDone(f"unknown cause {cause!r}; the documented ones are {', '.join(TRAINING_ERRORS)}")
    return _end(call, control, error_message=call.body.get("message") or control.emulator.training.messages[cause])


def _end(call: ControlCall, control: Control, error_message: str | None) -> Json:
    account, replica = _find(call, control)
    now = account.now()
    if has_ended(replica.plan, now):
        raise NotDone(f"the training of {replica.replica_id} has ended already", status=409)
    ended = replace(replica, plan=replace(replica.plan, ends_at=now, error_message=error_message))
    store = control.emulator.store
    deliveries = [
        delivery.copy(f"{delivery.delivery_id}_forced", due_at=now, body=callback_body(ended.replica_id, error_message))
        for delivery in store.list_deliveries(account.account_id)
        if delivery.replica_id == replica.replica_id and not delivery.state.is_final
    ]
    if not store.replan(ended, deliveries):
        raise NotDone(f"{replica.replica_id} has just been deleted", status=404)
    for delivery in deliveries:
        control.emulator.schedule(delivery)
    return {"replica": replica_view(ended, now), "callbacks": [delivery_view(delivery) for delivery in deliveries]}


def _find(call: ControlCall, control: Control) -> tuple[Account, Replica]:
    replica_id = call.path["replica_id"]
    accounts = control.emulator.accounts
    for account in accounts.all() if call.account_id is None else filter(None, [accounts.get(call.account_id)]):
        if (replica := account.get(replica_id)) is not None:
            return account, replica
    raise NotDone(f"no replica {replica_id!r} is known", status=404)
