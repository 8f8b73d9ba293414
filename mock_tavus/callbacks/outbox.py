"""Where the dispatcher takes callbacks from, and tells what became of them."""

from __future__ import annotations

from typing import Protocol

from mock_tavus.messages import Delivery


class Outbox(Protocol):
    """Where the dispatcher takes callbacks from, and tells what became of them."""

    def claim_due(self, limit: int) -> tuple[Delivery, ...]:
        """Take at most `limit` callbacks that are due, in the order in which they fell due."""
        ...

    def next_due(self) -> tuple[float, float]:
        """Return the base clock's moment and the monotonic one at which to look again."""
        ...

    def is_claimed(self, delivery: Delivery) -> bool:
        """Return whether a claimed callback is still to be sent.

        Args:
            delivery: The callback.
        """
        ...

    def account_now(self, account_id: str) -> float:
        """Return an account's moment.

        Args:
            account_id: The account's id.
        """
        ...

    def take_back(self) -> None:
        """Let every claimed callback be claimed again: whoever claimed it has stopped."""
        ...

    def finish(self, delivery: Delivery) -> None:
        """Take note of what became of a callback, that it is to be tried again for one.

        Args:
            delivery: The callback.
        """
        ...
