"""What was sent to receivers, or not."""

from __future__ import annotations

from mock_tavus.admin import actions
from mock_tavus.admin.context import AdminCall
from mock_tavus.admin.views import delivery_view
from mock_tavus.callbacks import DeliveryPattern
from mock_tavus.emulator import Emulator
from mock_tavus.messages import DeliveryState, JsonObject


def list_callbacks(call: AdminCall, emulator: Emulator) -> JsonObject:
    """Return the callbacks that match the query, the oldest first.

    Args:
        call: What was asked for, as the contract has accepted it.
        emulator: The emulator that it is about.
    """
    return {"callbacks": [delivery_view(delivery) for delivery in emulator.deliveries.find(_pattern(call))]}


def wait_for_callbacks(call: AdminCall, emulator: Emulator) -> JsonObject:
    """Wait until `count` callbacks match the query, as a rule those that have ended; return them.

    Args:
        call: What was asked for, as the contract has accepted it.
        emulator: The emulator that it is about.

    Raises:
        AdminError: There are fewer within the timeout.
    """
    pattern = _pattern(call, only_ended="state" not in call.query)
    found = emulator.deliveries.wait_for(pattern, call.query["count"], call.query["timeout"])
    call.must_have(found, "callbacks have ended")
    return {"callbacks": [delivery_view(delivery) for delivery in found]}


def replay_callback(call: AdminCall, emulator: Emulator) -> JsonObject:
    """Send a callback once more, whatever became of it before.

    Args:
        call: What was asked for, as the contract has accepted it.
        emulator: The emulator that it is about.
    """
    return delivery_view(actions.replay(emulator, call.path["callback_id"], call.account_id))


def _pattern(call: AdminCall, *, only_ended: bool = False) -> DeliveryPattern:
    state = call.query.get("state")
    return DeliveryPattern(
        call.account_id, call.query.get("replica_id"), None if state is None else DeliveryState(state), only_ended
    )
