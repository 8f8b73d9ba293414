"""What every store of callbacks can do, with the queue of those that wait for their time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from mock_tavus.clock import ClockState
from mock_tavus.messages import Delivery, DeliveryState


class DeliveryStore(Protocol):
    """Remember callbacks, and the queue of those that wait for their time."""

    def plan(self, delivery: Delivery) -> Delivery:
        """Remember a callback, which is not to be sent before it is released; return it with its serial.

        Args:
            delivery: The callback.
        """
        ...

    def release(self, delivery: Delivery, not_before: float = 0.0) -> None:
        """Let a planned callback be sent when it is due, and not before this moment of the monotonic clock.

        Args:
            delivery: The callback.
            not_before: Monotonic seconds; 0 for at once.
        """
        ...

    def claim_due(self, base: float, monotonic: float, limit: int) -> Sequence[Delivery]:
        """Take at most `limit` callbacks that are due for sending, in one step, in the order in which they fell due."""
        ...

    def next_due(self) -> tuple[float, float]:
        """Return when to look again: the base clock's moment, and that of the monotonic clock; infinity for never."""
        ...

    def take_back(self) -> None:
        """Put every claimed callback back into the queue: whoever claimed it sends no more."""
        ...

    def is_claimed(self, delivery: Delivery) -> bool:
        """Return whether a callback is still to be sent by whoever has claimed it.

        Args:
            delivery: The callback.
        """
        ...

    def finish(self, delivery: Delivery) -> bool:
        """Replace a claimed callback, one that is to be tried again too; return False if it was cancelled meanwhile.

        Args:
            delivery: The callback.
        """
        ...

    def cancel(self, account_id: str, resource_id: str | None = None) -> Sequence[Delivery]:
        """Cancel what has not ended, of an account or of one of its resources; return what was cancelled.

        Args:
            account_id: The account's id.
            resource_id: The resource's id.
        """
        ...

    def set_clock(self, account_id: str, clock: ClockState) -> None:
        """Take note of an account's clock, which decides when its callbacks are due.

        Args:
            account_id: The account's id.
            clock: The account's clock.
        """
        ...

    def get(self, delivery_id: str, account_id: str | None = None) -> Delivery | None:
        """Return a callback of one account, or of any; None if none of this id is remembered.

        Args:
            delivery_id: The callback's id.
            account_id: The account's id; None for all of them.
        """
        ...

    def now(self, serial: int) -> Delivery | None:
        """Return the callback with a serial; None if it is not remembered.

        Args:
            serial: The callback's serial.
        """
        ...

    def find(
        self, account_id: str | None = None, resource_id: str | None = None, state: DeliveryState | None = None
    ) -> Sequence[Delivery]:
        """Return the callbacks that match, the oldest first.

        Args:
            account_id: The account's id; None for all of them.
            resource_id: The resource's id.
            state: How far the callbacks have come; None for any.
        """
        ...

    def pending(self, account_id: str, until: float) -> Sequence[Delivery]:
        """Return an account's callbacks that have not ended and are due at `until`, in the order of that."""
        ...

    def latest(self, limit: int, account_id: str | None = None) -> Sequence[Delivery]:
        """Return at most `limit` callbacks of one account, or of all, the newest first."""
        ...

    def clear(self, account_id: str | None = None) -> None:
        """Forget the ended callbacks of one account, or of all.

        Args:
            account_id: The account's id; None for all of them.
        """
        ...

    @property
    def pending_count(self) -> int:
        """Return how many callbacks have not ended, over all accounts."""
        ...
