"""Receivers that are built in."""

from __future__ import annotations

from mock_tavus.admin.context import AdminCall, AdminError
from mock_tavus.admin.views import message_view
from mock_tavus.durations import parse_duration
from mock_tavus.emulator import Emulator
from mock_tavus.messages import JsonObject
from mock_tavus.store.inboxes import MAX_NAME_LENGTH, InboxAnswer

MAX_DELAY = 60.0
"""The longest that an inbox takes to answer, in seconds."""


def read_inbox(call: AdminCall, emulator: Emulator) -> JsonObject:
    """Return what an inbox has taken, the oldest first.

    Args:
        call: What was asked for, as the contract has accepted it.
        emulator: The emulator that it is about.
    """
    messages = emulator.stores.inboxes.messages(call.path["name"])
    return {"messages": [message_view(message, emulator.masker) for message in messages]}


def wait_for_inbox(call: AdminCall, emulator: Emulator) -> JsonObject:
    """Wait until an inbox holds `count` messages; return them.

    Args:
        call: What was asked for, as the contract has accepted it.
        emulator: The emulator that it is about.

    Raises:
        AdminError: There are fewer within the timeout.
    """
    messages = emulator.stores.inboxes.wait(call.path["name"], call.query["count"], call.query["timeout"])
    call.must_have(messages, "messages came")
    return {"messages": [message_view(message, emulator.masker) for message in messages]}


def configure_inbox(call: AdminCall, emulator: Emulator) -> JsonObject:
    """Say what an inbox answers from now on.

    Args:
        call: What was asked for, as the contract has accepted it.
        emulator: The emulator that it is about.

    Raises:
        AdminError: The delay is longer than a minute.
    """
    try:
        delay = parse_duration(call.body.get("delay", "0s"))
    except ValueError as error:
        raise AdminError(f"delay: {error}") from error
    if delay > MAX_DELAY:
        raise AdminError(f"delay: expected at most {MAX_DELAY:g} s, received {call.body['delay']}")
    answer = InboxAnswer(call.body.get("status", 204), delay, call.body.get("fail_first", 0))
    emulator.stores.inboxes.configure(call.path["name"], answer)
    return {"status": answer.status, "delay": f"{answer.delay:g}s", "fail_first": answer.fail_first}


def clear_inbox(call: AdminCall, emulator: Emulator) -> JsonObject:
    """Forget an inbox, with what was said of its answers.

    Args:
        call: What was asked for, as the contract has accepted it.
        emulator: The emulator that it is about.
    """
    emulator.stores.inboxes.clear(call.path["name"])
    return {}


def must_be_short(name: str) -> None:
    """Refuse an inbox's name that is over the limit, lest two long names share an inbox.

    Raises:
        AdminError: `name` has more than 200 characters.
    """
    if len(name) > MAX_NAME_LENGTH:
        raise AdminError(f"expected an inbox's name of at most {MAX_NAME_LENGTH} characters, received {len(name)}")
