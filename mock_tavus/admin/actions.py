"""What can be decided about accounts: the same functions for HTTP and for Python."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from mock_tavus.admin.context import AdminError
from mock_tavus.emulator import Emulator
from mock_tavus.engine.scenarios import ScenarioError, outcome_from
from mock_tavus.families.lifecycle import callback_body, has_ended
from mock_tavus.families.replicas.create import OPERATION_ID as CREATE
from mock_tavus.messages import Delivery, Replica
from mock_tavus.outcomes import Scenario
from mock_tavus.store import Account
from mock_tavus.training_errors import TRAINING_ERRORS

SETTLE_SECONDS = 5.0
"""The longest that a jump waits for the callbacks that it has made due, in real seconds."""


def advance(
    emulator: Emulator, accounts: Sequence[Account], seconds: float, timeout: float = SETTLE_SECONDS
) -> Sequence[Delivery]:
    """Move accounts forward, and return the callbacks that fell due, in order, once each has been tried.

    Args:
        emulator: Whose accounts.
        accounts: Which of them.
        seconds: How far; 0 or more.
        timeout: How long to wait for the callbacks, in real seconds.

    Raises:
        AdminError: An account would come to where moments can no longer be written; then none is moved.
    """
    base = emulator.clock.now()
    try:
        for account in accounts:
            account.clock.advanced(seconds, base)
    except ValueError as error:
        raise AdminError(str(error)) from error
    pending = emulator.stores.deliveries.pending
    due = [one for account in accounts for one in pending(account.account_id, account.now() + seconds)]

    def act() -> None:
        for account in accounts:
            account.advance(seconds)
        emulator.deliveries.reschedule()

    return emulator.deliveries.settle(due, act, timeout, emulator.deliveries.is_due)


def freeze(emulator: Emulator, accounts: Sequence[Account]) -> None:
    """Stop the time of accounts; `advance` still moves it.

    Args:
        emulator: The emulator that it is about.
        accounts: The accounts.
    """
    for account in accounts:
        account.freeze()
    emulator.deliveries.reschedule()


def resume(emulator: Emulator, accounts: Sequence[Account]) -> None:
    """Let the time of accounts go on from where it stood.

    Args:
        emulator: The emulator that it is about.
        accounts: The accounts.
    """
    for account in accounts:
        account.resume()
    emulator.deliveries.reschedule()


def end_training(
    emulator: Emulator, account: Account, replica: Replica, error_message: str | None
) -> tuple[Replica, Sequence[Delivery]]:
    """End a training now, and send its callbacks in place of those that were planned.

    Args:
        emulator: Whose replica.
        account: Whose replica it is.
        replica: With its plan.
        error_message: Why it fails; None to complete it.

    Returns:
        The replica and the callbacks as they are now.

    Raises:
        AdminError: The training has ended, or the replica is gone.
    """
    now = account.now()
    if has_ended(replica.plan, now):
        raise AdminError(f"the training of {replica.replica_id} has ended already", status=409)
    ended = replace(replica, plan=replace(replica.plan, ends_at=now, error_message=error_message))
    deliveries = account.replan(ended, _forced(emulator, ended, now))
    if deliveries is None:
        raise AdminError(f"{replica.replica_id} has just been deleted", status=404)
    emulator.deliveries.changed(deliveries)
    emulator.deliveries.release(deliveries)
    return ended, deliveries


def _forced(emulator: Emulator, replica: Replica, now: float) -> Sequence[Delivery]:
    """Return the callbacks that tell the end of a training that was forced, in place of those that were planned."""
    words = emulator.contract.operations[CREATE].callback
    if words is None:
        return ()
    body = callback_body(replica.replica_id, replica.plan.error_message, words)
    planned = emulator.stores.deliveries.find(replica.account_id, replica.replica_id)
    return [one.copy(f"{one.delivery_id}_forced", due_at=now, body=body) for one in planned if not one.state.is_final]


def failure_message(emulator: Emulator, cause: str, message: str | None) -> str:
    """Return what a failed training says.

    Args:
        emulator: Whose messages.
        cause: One of the 26 documented causes.
        message: What is said instead of the cause's own message; None for that.

    Raises:
        AdminError: The cause is not one of those that are documented.
    """
    if cause not in TRAINING_ERRORS:
        raise AdminError(f"unknown cause {cause!r}; the documented ones are {', '.join(TRAINING_ERRORS)}")
    return message or emulator.training.messages[cause]


def replay(emulator: Emulator, delivery_id: str, account_id: str | None) -> Delivery:
    """Send a callback once more, now, whatever became of it before.

    Args:
        emulator: Whose callback.
        delivery_id: The callback's id.
        account_id: Whose it is; None to look for it in all accounts.

    Raises:
        AdminError: No callback of this id is remembered.
    """
    original = emulator.stores.deliveries.get(delivery_id, account_id)
    if original is None:
        raise AdminError(f"no callback {delivery_id!r} is remembered", status=404)
    now = emulator.accounts.open(original.account_id).now()
    stem = original.delivery_id.partition("_replay")[0]
    with emulator.stores.transaction():
        number = 1
        while emulator.stores.deliveries.get(f"{stem}_replay{number}", original.account_id) is not None:
            number += 1
        delivery = emulator.stores.deliveries.plan(original.copy(f"{stem}_replay{number}", due_at=now))
    emulator.deliveries.changed()
    emulator.deliveries.release([delivery])
    return delivery


def reset(emulator: Emulator, accounts: Sequence[Account], *, journal: bool = False) -> None:
    """Forget the replicas, callbacks, scenarios and time of accounts.

    Args:
        emulator: Whose accounts.
        accounts: Which of them.
        journal: Whether to forget their requests, too.
    """
    for account in accounts:
        emulator.accounts.reset(account.account_id)
        emulator.scenarios.disarm(account_id=account.account_id)
        emulator.lines.disarm(account.account_id)
        if journal:
            emulator.journal.clear(account.account_id)
            emulator.lines.clear(account.account_id)
    emulator.deliveries.reschedule()


def arm(
    emulator: Emulator,
    outcome: Mapping[str, Any],
    *,
    account_id: str | None,
    operation_id: str | None = None,
    body: Mapping[str, Any] | None = None,
    times: int | None = None,
    probability: float = 1.0,
) -> Scenario:
    """Arm an outcome for the requests that match, and return the scenario with its id.

    Args:
        emulator: Whose requests.
        outcome: What happens to them, by the names that the control plane's contract has.
        account_id: Only requests of this account; None for all.
        operation_id: Only requests for this operation; None for all.
        body: Only requests whose body has these fields with these values.
        times: For how many requests; None for any number.
        probability: The share of these requests that it touches, 0 to 1.

    Raises:
        AdminError: The outcome cannot be read, or the contract has no such operation.
    """
    _must_know(operation_id, emulator)
    try:
        scenario = Scenario("", outcome_from(outcome), account_id, operation_id, body or {}, times, probability)
        return emulator.scenarios.arm(scenario)
    except ScenarioError as error:
        raise AdminError(str(error)) from error


def find_replica(emulator: Emulator, replica_id: str, account_id: str | None) -> tuple[Account, Replica]:
    """Return a replica and its account.

    Args:
        emulator: Whose replica.
        replica_id: Its id.
        account_id: Whose it is; None to look for it in all accounts.

    Raises:
        AdminError: No account has a replica of this id.
    """
    accounts = emulator.accounts
    look: Callable[[], Sequence[Account | None]] = (
        accounts.all if account_id is None else lambda: [accounts.get(account_id)]
    )
    for account in filter(None, look()):
        if (replica := account.get(replica_id)) is not None:
            return account, replica
    raise AdminError(f"no replica {replica_id!r} is known", status=404)


def _must_know(operation_id: str | None, emulator: Emulator) -> None:
    known = emulator.contract.operations
    if operation_id is not None and operation_id not in known:
        near = difflib.get_close_matches(operation_id, known, n=1, cutoff=0.4)
        hint = f"did you mean {near[0]}?" if near else f"the contract has {', '.join(known)}"
        raise AdminError(f"match.operation: unknown operation {operation_id!r}; {hint}")
