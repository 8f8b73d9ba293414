"""Receivers that are built in."""

from __future__ import annotations

from mock_tavus.admin.context import Control, ControlCall, NotDone
from mock_tavus.admin.views import message_view
from mock_tavus.durations import parse_duration
from mock_tavus.messages import Json
from mock_tavus.store.inboxes import InboxAnswer

MAX_DELAY = 60.0


def read_inbox(call: ControlCall, control: Control) -> Json:
    """Return what an inbox has taken, the oldest first."""
    return {
        "messages": [
            message_view(message, control.emulator.masker) for message in control.inboxes.messages(call.path["name"])
        ]
    }


def wait_for_inbox(call: ControlCall, control: Control) -> Json:
    """Return what an inbox has taken as soon as it is so much."""
    count, timeout = call.query["count"], call.query["timeout"]
    messages = control.inboxes.wait(call.path["name"], count, timeout)
    if len(messages) < count:
        raise NotDone(f"{len(messages)} of {count} messages came within {timeout:g} s", status=408)
    return {"messages": [message_view(message, control.emulator.masker) for message in messages]}


def configure_inbox(call: ControlCall, control: Control) -> Json:
    """Say what an inbox answers from now on."""
    delay = parse_duration(call.body.get("delay", "0s"))
    if delay > MAX_DELAY:
        raise NotDone(f"delay: expected at most {MAX_DELAY:g} s, received {call.body['delay']}")
    answer = InboxAnswer(call.body.get("status", 204), delay, call.body.get("fail_first", 0))
    control.inboxes.configure(call.path["name"], answer)
    return {"status": answer.status, "delay": f"{answer.delay:g}s", "fail_first": answer.fail_first}


def clear_inbox(call: ControlCall, control: Control) -> Json:
    """Forget an inbox, with what was said of its answers."""
    control.inboxes.clear(call.path["name"])
    return {}
