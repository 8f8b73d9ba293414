"""What every store can do. The same tests hold for each implementation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from mock_tavus.clock import ClockState
from mock_tavus.messages import Exchange, Replica
from mock_tavus.outcomes import Scenario
from mock_tavus.store.changes import Changes
from mock_tavus.store.delivery_port import DeliveryStore
from mock_tavus.store.inboxes import Inboxes


class AccountStore(Protocol):
    """Remember accounts: their clocks, and how much each has created."""

    def open(self, account_id: str) -> str | None:
        """Note that an account is used, a new one if it is not known; return the id of the one forgotten for it.

        Args:
            account_id: The account's id.
        """
        ...

    def clock(self, account_id: str) -> ClockState:
        """Return an account's clock; one that goes with the base clock if the account is not known.

        Args:
            account_id: The account's id.
        """
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
        """Forget an account's clock and counts.

        Args:
            account_id: The account's id.
        """
        ...

    def known(self, limit: int | None = None) -> Sequence[str]:
        """Return the ids of at most `limit` accounts, the one that was used last first."""
        ...

    def has(self, account_id: str) -> bool:
        """Return whether an account is known, without counting that as use.

        Args:
            account_id: The account's id.
        """
        ...

    @property
    def forgotten_count(self) -> int:
        """Return how many accounts were forgotten to make room."""
        ...


class ResourceStore(Protocol):
    """Remember what accounts have created."""

    def add(self, resource: Replica) -> Sequence[Replica]:
        """Remember a new one; return what was forgotten to make room.

        Args:
            resource: The resource.
        """
        ...

    def get(self, account_id: str, resource_id: str) -> Replica | None:
        """Return one, None if the account has none of this id.

        Args:
            account_id: The account's id.
            resource_id: The resource's id.
        """
        ...

    def replace(self, resource: Replica) -> bool:
        """Put `resource` in the place of the one with its id; return False if there is none."""
        ...

    def delete(self, account_id: str, resource_id: str) -> Replica | None:
        """Forget one and return it; None if the account has none of this id.

        Args:
            account_id: The account's id.
            resource_id: The resource's id.
        """
        ...

    def page(self, account_id: str, first: int, count: int) -> Sequence[Replica]:
        """Return at most `count` of an account's, the newest first, from the one at place `first`, counted from 0."""
        ...

    def find(self, account_id: str, resource_ids: Sequence[str]) -> Sequence[Replica]:
        """Return those of an account that have one of these ids, the newest first.

        Args:
            account_id: The account's id.
            resource_ids: The ids that are wanted.
        """
        ...

    def latest(self, limit: int, account_id: str | None = None) -> Sequence[Replica]:
        """Return at most `limit` of one account, or of all, the newest first."""
        ...

    def count(self, account_id: str | None = None) -> int:
        """Return how many one account has, or all together.

        Args:
            account_id: The account's id; None for all of them.
        """
        ...

    def drop_account(self, account_id: str) -> None:
        """Forget all that an account has created.

        Args:
            account_id: The account's id.
        """
        ...

    @property
    def forgotten_count(self) -> int:
        """Return how many were forgotten to make room."""
        ...


class ScenarioStore(Protocol):
    """Remember what is armed."""

    def arm(self, scenario: Scenario, limit: int) -> Scenario | None:
        """Remember a scenario and return it with an id of its own; None if `limit` are armed already."""
        ...

    def armed(self, account_id: str | None = None) -> Sequence[Scenario]:
        """Return what is armed for one account alone, or all that is armed, the oldest first.

        Args:
            account_id: The account's id; None for all of them.
        """
        ...

    def use(self, scenario: Scenario) -> bool:
        """Count a scenario as used once more, in one step; return False if it is not armed any more.

        Args:
            scenario: The scenario.
        """
        ...

    def disarm(self, scenario_id: str | None = None, account_id: str | None = None) -> int:
        """Forget one scenario, an account's, or all, and return how many there were.

        Args:
            scenario_id: The scenario's id; None for every one.
            account_id: The account's id; None for all of them.
        """
        ...


class JournalStore(Protocol):
    """Remember the latest exchanges."""

    def next_number(self) -> int:
        """Return the number of the next exchange, counted from 1."""
        ...

    def add(self, exchange: Exchange) -> None:
        """Remember an exchange.

        Args:
            exchange: The request with its response.
        """
        ...

    def find(self, matches: Callable[[Exchange], bool], limit: int | None = None) -> Sequence[Exchange]:
        """Return at most `limit` of those that match, the latest, the newest first."""
        ...

    def clear(self, account_id: str | None = None) -> int:
        """Forget those of one account, or all, and return how many there were.

        Args:
            account_id: The account's id; None for all of them.
        """
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
