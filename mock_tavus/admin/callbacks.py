"""What was sent to receivers, or not."""

from __future__ import annotations

from dataclasses import replace

from mock_tavus.admin.context import Control, ControlCall, NotDone
from mock_tavus.admin.views import delivery_view
from mock_tavus.messages import Delivery, Json


def list_callbacks(call: ControlCall, control: Control) -> Json:
    """Return the callbacks that fit the query, the oldest first."""
    return {"callbacks": [delivery_view(delivery) for delivery in _fitting(call, control)]}


def wait_for_callbacks(call: ControlCall, control: Control) -> Json:
    """Return the callbacks that have ended as soon as there are so many."""
    count, timeout = call.query["count"], call.query["timeout"]

    def ended() -> list[Delivery]:
        found = _fitting(call, control)
        return found if "state" in call.query else [delivery for delivery in found if delivery.state.is_final]

    changed = control.emulator.deliveries_changed
    with changed:
        changed.wait_for(lambda: len(ended()) >= count, timeout)
    found = ended()
    if len(found) < count:
        raise NotDone(f"{len(found)} of {count} callbacks have ended within {timeout:g} s", status=408)
    return {"callbacks": [delivery_view(delivery) for delivery in found]}


def replay_callback(call: ControlCall, control: Control) -> Json:
    """Send a callback once more, whatever became of it before."""
    store = control.emulator.store
    original = store.get_delivery(call.path["callback_id"], call.account_id)
    if original is None:
        raise NotDone(f"no callback {call.path['callback_id']!r} is remembered", status=404)
    now = control.emulator.accounts.open(original.account_id).now()
    delivery = original.copy("", due_at=now)
    delivery = replace(delivery, delivery_id=f"{original.delivery_id.partition('_replay')[0]}_replay{delivery.serial}")
    store.add_delivery(delivery)
    control.emulator.schedule(delivery)
    return delivery_view(delivery)


def _fitting(call: ControlCall, control: Control) -> list[Delivery]:
    wanted = call.query
    return [
        delivery
        for delivery in control.emulator.store.list_deliveries(call.account_id)
        if wanted.get("replica_id") in (None, delivery.replica_id)
        and wanted.get("state") in (None, delivery.state.value)
    ]
