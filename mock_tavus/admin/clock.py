"""The accounts' time."""

from __future__ import annotations

from collections.abc import Sequence

from mock_tavus.admin.context import Control, ControlCall
from mock_tavus.admin.views import delivery_view
from mock_tavus.clock import format_moment
from mock_tavus.durations import parse_duration
from mock_tavus.messages import Delivery, Json
from mock_tavus.store import Account

SETTLE_SECONDS = 5.0
"""The longest that a jump waits for the callbacks that it has made due."""


def get_clock(call: ControlCall, control: Control) -> Json:
    """Return an account's time; without one, the time below them all."""
    known = None if call.account_id is None else control.emulator.accounts.get(call.account_id)
    if known is not None:
        return _view(known)
    return {"now": format_moment(control.emulator.clock.now()), "frozen": False}


def advance_clock(call: ControlCall, control: Control) -> Json:
    """Jump forward, send what falls due, in order, and return it once each has been tried."""
    seconds = parse_duration(call.body["by"])
    accounts = control.accounts(call)
    due = [delivery for account in accounts for delivery in _due(control, account, account.now() + seconds)]
    with control.emulator.following(due) as latest:
        for account in accounts:
            account.clock.advance(seconds)
        control.emulator.wait_until_tried(due, latest, SETTLE_SECONDS)
    return {**_times(accounts), "callbacks": [delivery_view(latest[delivery.serial]) for delivery in due]}


def freeze_clock(call: ControlCall, control: Control) -> Json:
    """Stop the time of an account, or of all; `advance` still moves it."""
    accounts = control.accounts(call)
    for account in accounts:
        account.clock.freeze()
    return _times(accounts)


def resume_clock(call: ControlCall, control: Control) -> Json:
    """Let the time of an account, or of all, go on."""
    accounts = control.accounts(call)
    for account in accounts:
        account.clock.resume()
    return _times(accounts)


def _view(account: Account) -> Json:
    return {"account": account.account_id, "now": format_moment(account.now()), "frozen": account.clock.is_frozen}


def _times(accounts: Sequence[Account]) -> Json:
    return {"accounts": [_view(account) for account in accounts]}


def _due(control: Control, account: Account, moment: float) -> list[Delivery]:
    waiting = control.emulator.store.list_deliveries(account.account_id)
    due = [delivery for delivery in waiting if not delivery.state.is_final and delivery.due_at <= moment]
    return sorted(due, key=lambda delivery: delivery.due_at)
