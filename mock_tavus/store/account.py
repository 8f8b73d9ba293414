"""One API key's own world, as an operation sees it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from mock_tavus.clock import BaseClock, ClockState
from mock_tavus.ids import IdFactory
from mock_tavus.messages import Delivery, Replica
from mock_tavus.store.ports import Stores


@dataclass(frozen=True, slots=True)
class Account:
    """Bind the stores, the clock and the ids to one account.

    Args:
        account_id: `acct_` and 24 hexadecimal digits; never the key.
        stores: Where everything is.
        base: The clock below the account's own.
        ids: What names resources.
    """

    account_id: str
    stores: Stores
    base: BaseClock
    ids: IdFactory

    @property
    def clock(self) -> ClockState:
        """Return the account's clock as it is now."""
        return self.stores.accounts.clock(self.account_id)

    def now(self) -> float:
        """Return the account's moment."""
        return self.clock.now(self.base.now())

    def advance(self, seconds: float) -> None:
        """Move the account's time forward by `seconds`, 0 or more; the dispatcher is to be told.

        Raises:
            ValueError: `seconds` is negative or not a number, or leads to where moments can no longer be written.
        """
        self._change_clock(lambda clock: clock.advanced(seconds, self.base.now()))

    def freeze(self) -> None:
        """Stop the account's time, until `resume`; `advance` still moves it."""
        self._change_clock(lambda clock: clock.frozen(self.base.now()))

    def resume(self) -> None:
        """Let the account's time go on from where it stood; the dispatcher is to be told."""
        self._change_clock(lambda clock: clock.resumed(self.base.now()))

    def _change_clock(self, change: Callable[[ClockState], ClockState]) -> None:
        with self.stores.transaction():
            new = change(self.clock)
            if self.stores.accounts.set_clock(self.account_id, self.clock, new):  # else it was forgotten meanwhile
                self.stores.deliveries.set_clock(self.account_id, new)

    def count_creation(self, family: str, limit: int | None) -> int | None:
        """Count one more creation in one step.

        Args:
            family: Of what.
            limit: How many there may be; None for any number.

        Returns:
            How many there were before; None if that would go beyond `limit`.
        """
        return self.stores.accounts.count_creation(self.account_id, family, limit)

    def add(self, replica: Replica, deliveries: Sequence[Delivery]) -> tuple[Delivery, ...]:
        """Remember a new replica and the callbacks planned for it; return these with their serials.

        Args:
            replica: The replica, with its plan.
            deliveries: The callbacks.
        """
        with self.stores.transaction():
            for forgotten in self.stores.resources.add(replica):
                self._let_go(forgotten)
            return tuple(self.stores.deliveries.plan(delivery) for delivery in deliveries)

    def _let_go(self, forgotten: Replica) -> None:
        """Cancel the callbacks of a replica that was forgotten in training, or of any if they pile up."""
        clock = self.stores.accounts.clock(forgotten.account_id)
        has_ended = forgotten.plan.ends_at <= clock.now(self.base.now())
        # What has ended may still be on its way; but callbacks that pile up before a dead receiver are bounded too.
        if not has_ended or self.stores.deliveries.pending_count > self.stores.resources.count():
            self.stores.deliveries.cancel(forgotten.account_id, forgotten.replica_id)

    def get(self, replica_id: str) -> Replica | None:
        """Return a replica, None if there is none of this id.

        Args:
            replica_id: The replica's id.
        """
        return self.stores.resources.get(self.account_id, replica_id)

    def page(self, first: int, count: int) -> Sequence[Replica]:
        """Return at most `count` replicas, the newest first, from the one at place `first`, counted from 0."""
        return self.stores.resources.page(self.account_id, first, count)

    def find(self, replica_ids: Sequence[str]) -> Sequence[Replica]:
        """Return the replicas that have one of these ids, the newest first.

        Args:
            replica_ids: The ids that are wanted.
        """
        return self.stores.resources.find(self.account_id, replica_ids)

    def replica_count(self) -> int:
        """Return how many replicas there are."""
        return self.stores.resources.count(self.account_id)

    def rename(self, replica_id: str, name: str) -> Replica | None:
        """Give a replica another name; None if there is none of this id.

        Args:
            replica_id: The replica's id.
            name: Its name.
        """
        with self.stores.transaction():
            if (replica := self.get(replica_id)) is None:
                return None
            renamed = replace(replica, name=name, renamed_at=self.now())
            self.stores.resources.replace(renamed)
            return renamed

    def delete(self, replica_id: str) -> Replica | None:
        """Forget a replica and cancel its callbacks; None if there is none of this id.

        Args:
            replica_id: The replica's id.
        """
        with self.stores.transaction():
            replica = self.stores.resources.delete(self.account_id, replica_id)
            if replica is not None:
                self.stores.deliveries.cancel(self.account_id, replica_id)
            return replica

    def replan(self, replica: Replica, deliveries: Sequence[Delivery]) -> tuple[Delivery, ...] | None:
        """Put a replica with a new plan, and new callbacks, in the place of the old.

        Args:
            replica: With the new plan.
            deliveries: The new callbacks.

        Returns:
            The new callbacks with their serials; None if the replica is gone meanwhile.
        """
        with self.stores.transaction():
            if not self.stores.resources.replace(replica):
                return None
            self.stores.deliveries.cancel(self.account_id, replica.replica_id)
            return tuple(self.stores.deliveries.plan(delivery) for delivery in deliveries)
