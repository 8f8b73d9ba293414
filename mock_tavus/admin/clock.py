"""The accounts' time."""

from __future__ import annotations

from collections.abc import Sequence

from mock_tavus.admin import actions
from mock_tavus.admin.context import AdminCall, AdminError
from mock_tavus.admin.views import delivery_view
from mock_tavus.clock import format_moment
from mock_tavus.durations import parse_duration
from mock_tavus.emulator import Emulator
from mock_tavus.messages import JsonObject
from mock_tavus.store import Account


def get_clock(call: AdminCall, emulator: Emulator) -> JsonObject:
    """Return an account's time; without one, the time below them all.

    Args:
        call: What was asked for, as the contract has accepted it.
        emulator: The emulator that it is about.
    """
    known = None if call.account_id is None else emulator.accounts.get(call.account_id)
    if known is not None:
        return _view(known)
    return {"now": format_moment(emulator.clock.now()), "frozen": False}


def advance_clock(call: AdminCall, emulator: Emulator) -> JsonObject:
    """Jump forward, send what falls due, in order, and return it once each has been tried.

    Args:
        call: What was asked for, as the contract has accepted it.
        emulator: The emulator that it is about.

    Raises:
        AdminError: The duration is longer than ten years, or leads to where moments can no longer be written.
    """
    try:
        seconds = parse_duration(call.body["by"])
    except ValueError as error:
        raise AdminError(str(error)) from error
    accounts = call.accounts(emulator)
    due = actions.advance(emulator, accounts, seconds)
    return {**_times(accounts), "callbacks": [delivery_view(delivery) for delivery in due]}


def freeze_clock(call: AdminCall, emulator: Emulator) -> JsonObject:
    """Stop the time of an account, or of all; `advance` still moves it.

    Args:
        call: What was asked for, as the contract has accepted it.
        emulator: The emulator that it is about.
    """
    accounts = call.accounts(emulator)
    actions.freeze(emulator, accounts)
    return _times(accounts)


def resume_clock(call: AdminCall, emulator: Emulator) -> JsonObject:
    """Let the time of an account, or of all, go on.

    Args:
        call: What was asked for, as the contract has accepted it.
        emulator: The emulator that it is about.
    """
    accounts = call.accounts(emulator)
    actions.resume(emulator, accounts)
    return _times(accounts)


def _view(account: Account) -> JsonObject:
    is_frozen = account.clock.frozen_at is not None
    return {"account": account.account_id, "now": format_moment(account.now()), "frozen": is_frozen}


def _times(accounts: Sequence[Account]) -> JsonObject:
    return {"accounts": [_view(account) for account in accounts]}
