"""Replicas of all accounts, and the end of a training, forced."""

from __future__ import annotations

from mock_tavus.admin import actions
from mock_tavus.admin.context import AdminCall
from mock_tavus.admin.views import delivery_view, replica_view
from mock_tavus.emulator import Emulator
from mock_tavus.messages import JsonObject


def list_all_replicas(call: AdminCall, emulator: Emulator) -> JsonObject:
    """Return the latest replicas of one account, or of all, the newest first.

    Args:
        call: What was asked for, as the contract has accepted it.
        emulator: The emulator that it is about.
    """
    resources = emulator.stores.resources
    latest = resources.latest(call.query["limit"], call.account_id)
    shown = [replica_view(replica, emulator.deliveries.account_now(replica.account_id)) for replica in latest]
    return {"replicas": shown, "total_count": resources.count(call.account_id)}


def complete_replica(call: AdminCall, emulator: Emulator) -> JsonObject:
    """Complete a training now and send its callback.

    Args:
        call: What was asked for, as the contract has accepted it.
        emulator: The emulator that it is about.
    """
    return _end(call, emulator, error_message=None)


def fail_replica(call: AdminCall, emulator: Emulator) -> JsonObject:
    """Fail a training now and send its callback.

    Args:
        call: What was asked for, as the contract has accepted it.
        emulator: The emulator that it is about.

    Raises:
        AdminError: The cause is not one of the 26 that are documented.
    """
    message = actions.failure_message(emulator, call.body["cause"], call.body.get("message"))
    return _end(call, emulator, error_message=message)


def _end(call: AdminCall, emulator: Emulator, error_message: str | None) -> JsonObject:
    account, replica = actions.find_replica(emulator, call.path["replica_id"], call.account_id)
    ended, deliveries = actions.end_training(emulator, account, replica, error_message)
    return {
        "replica": replica_view(ended, ended.plan.ends_at),
        "callbacks": [delivery_view(delivery) for delivery in deliveries],
    }
