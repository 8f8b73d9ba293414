"""What every store can do. The same tests hold for each implementation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from mock_tavus.clock import ClockState
from mock_tavus.messages import Delivery, DeliveryState, Exchange, Replica
from mock_tavus.outcomes import Scenario
from mock_tavus.store.changes import Changes
from mock_tavus.store.inboxes import Inboxes


class AccountStore(Protocol):
    """Remember accounts: their clocks, and how much each has created."""

    def open(self, account_id: str) -> str | None:
        """Note that an account is used, a new one if it is not known; return the id of the one forgotten for it."""
        ...

    def clock(self, account_id: str) -> ClockState:
        """Return an account's clock; one that goes with the base clock if the account is not known."""
        ...

    def set_clock(self, account_id: str, old: ClockState, new: ClockState) -> bool:
        """Replace an account's clock in one step; return False if it is not `old` any more."""
        ...

    def count_creation(self, account_id: str, family: str, limit: int | None) -> int | None:
        """Count one more creation in one step; return how many there were, None if that would go beyond `limit`."""
        ...

    def creations(self, family: str) -> Mapping[str, int]:
        """Return how much of `family` each account has created."""
        ...

    def forget(self, account_id: str) -> None:
        """Forget an account's clock and counts."""
        ...

    def known(self, limit: int | None = None) -> Sequence[str]:
        """Return the ids of at most `limit` accounts, the one that was used last first."""
        ...

    def has(self, account_id: str) -> bool:
        """Return whether an account is known, without counting that as use."""
        ...

    @property
    def forgotten_count(self) -> int:
        """Return how many accounts were forgotten to make room."""
        ...


class ResourceStore(Protocol):
    """Remember what accounts have created."""

    def add(self, resource: Replica) -> Sequence[Replica]:
        """Remember a new one; return what was forgotten to make room."""
        ...

    def get(self, account_id: str, resource_id: str) -> Replica | None:
        """Return one, None if the account has none of this id."""
        ...

    def replace(self, resource: Replica) -> bool:
        """Put `resource` in the place of the one with its id; return False if there is none."""
        ...

    def delete(self, account_id: str, resource_id: str) -> Replica | None:
        """Forget one and return it; None if the account has none of this id."""
        ...

    def page(self, account_id: str, first: int, count: int) -> Sequence[Replica]:
        """Return at most `count` of an account's, the newest first, from the one at place `first`, counted from 0."""
        ...

    def find(self, account_id: str, resource_ids: Sequence[str]) -> Sequence[Replica]:
        """Return those of an account that have one of these ids, the newest first."""
        ...

    def latest(self, limit: int, account_id: str | None = None) -> Sequence[Replica]:
        """Return at most `limit` of one account, or of all, the newest first."""
        ...

    def count(self, account_id: str | None = None) -> int:
        """Return how many one account has, or all together."""
        ...

    def drop_account(self, account_id: str) -> None:
        """Forget all that an account has created."""
        ...

    @property
    def forgotten_count(self) -> int:
        """Return how many were forgotten to make room."""
        ...


class DeliveryStore(Protocol):
    """Remember callbacks, and the queue of those that wait for their time."""

    def plan(self, delivery: Delivery) -> Delivery:
        """Remember a callback, which is not to be sent before it is released; return it with its serial."""
        ...

    def release(self, delivery: Delivery, not_before: float = 0.0) -> None:
        """Let a planned callback be sent when it is due, and not before this moment of the monotonic clock."""
        ...

    def claim_due(self, base: float, monotonic: float, limit: int) -> Sequence[Delivery]:
        """Take at most `limit` callbacks that are due for sending, in one step, in the order in which they fell due."""
        ...

    def next_due(self) -> tuple[float, float]:
        """Return when to look again: the base clock's moment, and that of the monotonic clock; infinity for never."""
        ...

    def is_claimed(self, delivery: Delivery) -> bool:
        """Return whether a callback is still to be sent by whoever has claimed it."""
        ...

    def finish(self, delivery: Delivery) -> bool:
        """Replace a claimed callback, one that is to be tried again too; return False if it was cancelled meanwhile."""
        ...

    def cancel(self, account_id: str, resource_id: str | None = None) -> Sequence[Delivery]:
        """Cancel what has not ended, of an account or of one of its resources; return what was cancelled."""
        ...

    def set_clock(self, account_id: str, clock: ClockState) -> None:
        """Take note of an account's clock, which decides when its callbacks are due."""
        ...

    def get(self, delivery_id: str, account_id: str | None = None) -> Delivery | None:
        """Return a callback of one account, or of any; None if none of this id is remembered."""
        ...

    def now(self, serial: int) -> Delivery | None:
        """Return the callback with a serial; None if it is not remembered."""
        ...

    def find(
        self, account_id: str | None = None, resource_id: str | None = None, state: DeliveryState | None = None
    ) -> Sequence[Delivery]:
        """Return the callbacks that match, the oldest first."""
        ...

    def pending(self, account_id: str, until: float) -> Sequence[Delivery]:
        """Return an account's callbacks that have not ended and are due at `until`, in the order of that."""
        ...

    def latest(self, limit: int, account_id: str | None = None) -> Sequence[Delivery]:
        """Return at most `limit` callbacks of one account, or of all, the newest first."""
        ...

    def clear(self, account_id: str | None = None) -> None:
        """Forget the ended callbacks of one account, or of all."""
        ...

    @property
    def pending_count(self) -> int:
        """Return how many callbacks have not ended, over all accounts."""
        ...


class ScenarioStore(Protocol):
    """Remember what is armed."""

    def arm(self, scenario: Scenario, limit: int) -> Scenario | None:
        """Remember a scenario and return it with an id of its own; None if `limit` are armed already."""
        ...

    def armed(self, account_id: str | None = None) -> Sequence[Scenario]:
        """Return what is armed for one account alone, or all that is armed, the oldest first."""
        ...

    def use(self, scenario: Scenario) -> bool:
        """Count a scenario as used once more, in one step; return False if it is not armed any more."""
        ...

    def disarm(self, scenario_id: str | None = None, account_id: str | None = None) -> int:
        """Forget one scenario, an account's, or all, and return how many there were."""
        ...


class JournalStore(Protocol):
    """Remember the latest exchanges."""

    def next_number(self) -> int:
        """Return the number of the next exchange, counted from 1."""
        ...

    def add(self, exchange: Exchange) -> None:
        """Remember an exchange."""
        ...

    def find(self, matches: Callable[[Exchange], bool], limit: int | None = None) -> Sequence[Exchange]:
        """Return at most `limit` of those that match, the latest, the newest first."""
        ...

    def clear(self, account_id: str | None = None) -> int:
        """Forget those of one account, or all, and return how many there were."""
        ...

    @property
    def dropped_count(self) -> int:
        """Return how many were forgotten to make room."""
        ...


@dataclass(frozen=True, slots=True)
class Stores:
    """Every store of one emulator.

    Args:
        accounts: Clocks and counts.
        resources: What accounts have created.
        deliveries: Callbacks.
        scenarios: What is armed.
        journal: The latest exchanges.
        inboxes: Receivers that are built in.
        changes: Wakes whoever waits.
        transaction: Gives a context in which several stores change in one step.
    """

    accounts: AccountStore
    resources: ResourceStore
    deliveries: DeliveryStore
    scenarios: ScenarioStore
    journal: JournalStore
    inboxes: Inboxes
    changes: Changes
    transaction: Callable[[], AbstractContextManager[object]]
