"""Callbacks, from their plan to their end: the one place that says what becomes of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from mock_tavus.background import Background
from mock_tavus.callbacks.dispatcher import CallbackDispatcher
from mock_tavus.callbacks.sender import Sender
from mock_tavus.callbacks.targets import TargetPolicy
from mock_tavus.clock import BaseClock
from mock_tavus.messages import Delivery, DeliveryState
from mock_tavus.store import Stores, Topic


@dataclass(frozen=True, slots=True)
class DeliveryPattern:
    """Which callbacks are wanted; what is None does not matter.

    Args:
        account_id: Of whom.
        replica_id: About which replica.
        state: How far they have come.
        only_ended: Whether only those count of which nothing more will come.
    """

    account_id: str | None = None
    replica_id: str | None = None
    state: DeliveryState | None = None
    only_ended: bool = False


class Deliveries:
    """Release callbacks, wait for them, and tell of them.

    Args:
        stores: Where they are remembered.
        policy: Where they may go.
        sender: What posts them.
        clock: The clock below the accounts' own.
        retries: How often a failed callback is tried again.
        background: What starts the thread that sends.
    """

    def __init__(
        self,
        stores: Stores,
        policy: TargetPolicy,
        sender: Sender,
        clock: BaseClock,
        *,
        retries: int = 0,
        background: Background | None = None,
    ) -> None:
        self._stores = stores
        self._clock = clock
        self._background = background or Background()
        self._listeners: list[Callable[[Delivery], None]] = []
        self._lock = threading.Lock()
        self._watched: list[dict[int, Delivery]] = []
        self._dispatcher = CallbackDispatcher(self, policy, sender, clock, retries=retries, background=self._background)
        clock.on_change(self._dispatcher.wake)

    def start(self) -> None:
        """Begin to send what is due.

        Raises:
            ServerError: The system cannot start a thread.
        """
        self._dispatcher.start()

    def stop(self) -> None:
        """Stop sending callbacks at once."""
        self._dispatcher.stop()

    @property
    def is_running(self) -> bool:
        """Return whether callbacks are sent."""
        return self._dispatcher.is_running

    @property
    def starved_count(self) -> int:
        """Return how many receivers have callbacks that are due, and no room to send them."""
        return self._dispatcher.starved_count

    def on_ended(self, listener: Callable[[Delivery], None]) -> None:
        """Call `listener` with every callback that has been delivered, has failed for good, or was held back."""
        self._listeners.append(listener)

    def release(self, deliveries: Sequence[Delivery], grace: float = 0.0) -> None:
        """Let planned callbacks be sent when their account's clock says so.

        Args:
            deliveries: The callbacks.
            grace: How long they must wait in real seconds, whatever that clock says.
        """
        not_before = self._clock.monotonic() + grace if grace else 0.0
        for delivery in deliveries:
            self._stores.deliveries.release(delivery, not_before)
        self._dispatcher.wake_for(*self._stores.deliveries.next_due())

    def reschedule(self) -> None:
        """Look again for what is due: an account's clock has jumped."""
        self._dispatcher.wake()
        self._stores.changes.publish(Topic.CALLBACKS)

    def settle(
        self,
        deliveries: Sequence[Delivery],
        act: Callable[[], None],
        timeout: float = 5.0,
        is_due: Callable[[Delivery], bool] = lambda delivery: True,
    ) -> Sequence[Delivery]:
        """Act, wait until each callback was tried once more or has ended, and return each as it is then.

        Args:
            deliveries: The callbacks.
            act: What makes them due.
            timeout: How long to wait at most, in real seconds.
            is_due: Asked once `act` has been done; callbacks that are not due are not waited for.
        """
        latest = {delivery.serial: delivery for delivery in deliveries}
        open_ones: dict[int, Delivery] = {}

        def all_tried() -> bool:
            for serial, before in list(open_ones.items()):
                if self._was_tried(before, latest):
                    del open_ones[serial]
            return not open_ones

        with self._lock:
            self._watched.append(latest)
        try:
            act()
            open_ones.update({serial: one for serial, one in latest.items() if is_due(one)})
            self._stores.changes.wait_for(Topic.CALLBACKS, all_tried, timeout if self.is_running else 0.0)
        finally:
            with self._lock:
                self._watched = [other for other in self._watched if other is not latest]
        return [latest[delivery.serial] for delivery in deliveries]

    def is_due(self, delivery: Delivery) -> bool:
        """Return whether the moment of a callback has come, as the queue of what is due sees it.

        Args:
            delivery: The callback.
        """
        clock = self._stores.accounts.clock(delivery.account_id)
        return clock.base_moment(delivery.due_at) <= self._clock.now()

    def wait_for(self, pattern: DeliveryPattern, count: int, timeout: float) -> Sequence[Delivery]:
        """Wait until `count` callbacks match or `timeout` real seconds have passed; return those that match.

        Args:
            pattern: Which callbacks.
            count: How many to wait for.
            timeout: How long to wait at most, in real seconds.
        """
        self._stores.changes.wait_for(Topic.CALLBACKS, lambda: len(self.find(pattern)) >= count, timeout)
        return self.find(pattern)

    def find(self, pattern: DeliveryPattern) -> Sequence[Delivery]:
        """Return the callbacks that match, the oldest first.

        Args:
            pattern: What is wanted.
        """
        found = self._stores.deliveries.find(pattern.account_id, pattern.replica_id, pattern.state)
        return [one for one in found if one.state.is_final] if pattern.only_ended else found

    def changed(self, deliveries: Sequence[Delivery] = ()) -> None:
        """Tell whoever waits that callbacks were planned, or these were cancelled.

        Args:
            deliveries: The callbacks.
        """
        for delivery in deliveries:
            self._note(delivery)
        self._stores.changes.publish(Topic.CALLBACKS)

    def claim_due(self, limit: int) -> tuple[Delivery, ...]:
        """Take at most `limit` callbacks that are due; for the dispatcher."""
        return tuple(self._stores.deliveries.claim_due(self._clock.now(), self._clock.monotonic(), limit))

    def next_due(self) -> tuple[float, float]:
        """Return when to look again, on the base clock and the monotonic one; for the dispatcher."""
        return self._stores.deliveries.next_due()

    def is_claimed(self, delivery: Delivery) -> bool:
        """Return whether a claimed callback is still to be sent; for the dispatcher.

        Args:
            delivery: The callback.
        """
        return self._stores.deliveries.is_claimed(delivery)

    def account_now(self, account_id: str) -> float:
        """Return an account's moment; for the dispatcher.

        Args:
            account_id: The account's id.
        """
        return self._stores.accounts.clock(account_id).now(self._clock.now())

    def take_back(self) -> None:
        """Let every claimed callback be claimed again; for the dispatcher, which has started anew.

        One that was under way when sending stopped may reach its receiver twice.
        """
        self._stores.deliveries.take_back()

    def finish(self, delivery: Delivery) -> None:
        """Take note of what became of a callback; for the dispatcher.

        Args:
            delivery: The callback.
        """
        if not self._stores.deliveries.finish(delivery):
            self._stores.changes.publish(Topic.CALLBACKS)
            return
        self.changed([delivery])
        if not delivery.state.is_final:
            return
        for listener in self._listeners:
            try:
                listener(delivery)
            except Exception as error:  # one that listens must not keep the others from it
                self._background.report("callbacks", error)

    def _was_tried(self, before: Delivery, latest: Mapping[int, Delivery]) -> bool:
        now = latest[before.serial]
        if now.state.is_final or len(now.attempts) > len(before.attempts):
            return True
        known = self._stores.deliveries.now(before.serial)
        return known is None or known.state is DeliveryState.CANCELLED

    def _note(self, delivery: Delivery) -> None:
        """Keep the latest that is known of a callback for whoever settles it: the store may forget it meanwhile."""
        if not self._watched:
            return
        with self._lock:
            for latest in self._watched:
                if delivery.serial in latest:
                    latest[delivery.serial] = delivery
