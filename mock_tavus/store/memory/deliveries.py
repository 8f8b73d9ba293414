"""Callbacks in memory, by account and by number."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice
from threading import RLock

from mock_tavus.clock import ClockState
from mock_tavus.messages import Delivery, DeliveryState
from mock_tavus.store.memory.due import DueQueue


class MemoryDeliveries:
    """Keep callbacks, and forget the oldest that have ended.

    Args:
        lock: Shared by the stores of an emulator.
        max_ended: How many callbacks are remembered after they have ended, the oldest forgotten first.
    """

    def __init__(self, lock: RLock, max_ended: int) -> None:
        self._lock = lock
        self._max_ended = max_ended
        self._last_serial = 0
        self._all: dict[int, Delivery] = {}
        self._by_account: defaultdict[str, dict[str, int]] = defaultdict(dict)
        self._pending: defaultdict[str, defaultdict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
        self._pending_total = 0
        self._ended: deque[int] = deque()
        self._queue = DueQueue()

    def plan(self, delivery: Delivery) -> Delivery:
        """Remember a callback, which is not to be sent before it is released; return it with its serial.

        Args:
            delivery: The callback.
        """
        with self._lock:
            self._last_serial += 1
            planned = replace(delivery, serial=self._last_serial)
            self._all[planned.serial] = planned
            self._by_account[planned.account_id][planned.delivery_id] = planned.serial
            self._pending[planned.account_id][planned.replica_id].add(planned.serial)
            self._pending_total += 1
            return planned

    def release(self, delivery: Delivery, not_before: float = 0.0) -> None:
        """Let a planned callback be sent when it is due, and not before this moment of the monotonic clock.

        Args:
            delivery: The callback.
            not_before: Monotonic seconds; 0 for at once.
        """
        with self._lock:
            known = self._all.get(delivery.serial)
            if known is None or known.state is not DeliveryState.PLANNED:
                return
            if not_before:
                self._queue.hold(known.serial, not_before)
            else:
                self._queue.push(known)

    def claim_due(self, base: float, monotonic: float, limit: int) -> Sequence[Delivery]:
        """Take at most `limit` callbacks that are due for sending, in one step, in the order in which they fell due."""
        with self._lock:
            for serial in self._queue.released(monotonic):
                if (held := self._all.get(serial)) is not None and held.state is DeliveryState.PLANNED:
                    self._queue.push(held)
            claimed: list[Delivery] = []
            while len(claimed) < limit and (entry := self._queue.pop(base)) is not None:
                known = self._all.get(entry.serial)
                if known is not None and known.state is DeliveryState.PLANNED and known.due_at == entry.due_at:
                    claimed.append(replace(known, state=DeliveryState.SENDING))
                    self._all[known.serial] = claimed[-1]
            self._queue.compact(self._pending_total, self._is_planned)
            return claimed

    def next_due(self) -> tuple[float, float]:
        """Return when to look again: the base clock's moment, and that of the monotonic clock; infinity for never."""
        with self._lock:
            return self._queue.next_moments()

    def take_back(self) -> None:
        """Put every claimed callback back into the queue: whoever claimed it sends no more."""
        with self._lock:
            serials = sorted(serial for account in self._pending.values() for one in account.values() for serial in one)
            for serial in serials:
                known = self._all[serial]
                if known.state is DeliveryState.SENDING:
                    self._all[serial] = replace(known, state=DeliveryState.PLANNED)
                    self._queue.push(self._all[serial])

    def is_claimed(self, delivery: Delivery) -> bool:
        """Return whether a callback is still to be sent by whoever has claimed it.

        Args:
            delivery: The callback.
        """
        known = self._all.get(delivery.serial)
        return known is not None and known.state is DeliveryState.SENDING

    def finish(self, delivery: Delivery) -> bool:
        """Replace a claimed callback, one that is to be tried again too; return False if it was cancelled meanwhile.

        Args:
            delivery: The callback.
        """
        with self._lock:
            known = self._all.get(delivery.serial)
            if known is None or known.state.is_final:
                return False
            self._put(delivery)
            if delivery.state is DeliveryState.PLANNED:
                self._queue.push(delivery)
            return True

    def cancel(self, account_id: str, resource_id: str | None = None) -> Sequence[Delivery]:
        """Cancel what has not ended, of an account or of one of its resources; return what was cancelled.

        Args:
            account_id: The account's id.
            resource_id: The resource's id.
        """
        with self._lock:
            pending: Mapping[str, set[int]] = self._pending.get(account_id, {})
            sets = list(pending.values()) if resource_id is None else [pending.get(resource_id, set())]
            gone = [replace(self._all[serial], state=DeliveryState.CANCELLED) for one in sets for serial in sorted(one)]
            for delivery in gone:
                self._put(delivery)
            return gone

    def set_clock(self, account_id: str, clock: ClockState) -> None:
        """Take note of an account's clock, which decides when its callbacks are due.

        Args:
            account_id: The account's id.
            clock: The account's clock.
        """
        with self._lock:
            self._queue.set_clock(account_id, clock)

    def get(self, delivery_id: str, account_id: str | None = None) -> Delivery | None:
        """Return a callback of one account, or of any; None if none of this id is remembered.

        Args:
            delivery_id: The callback's id.
            account_id: The account's id; None for all of them.
        """
        with self._lock:
            if account_id is not None:
                serial = self._by_account.get(account_id, {}).get(delivery_id)
            else:
                serials = (known.get(delivery_id) for known in self._by_account.values())
                serial = next((one for one in serials if one is not None), None)
            return None if serial is None else self._all.get(serial)

    def now(self, serial: int) -> Delivery | None:
        """Return the callback with a serial; None if it is not remembered.

        Args:
            serial: The callback's serial.
        """
        return self._all.get(serial)

    def find(
        self, account_id: str | None = None, resource_id: str | None = None, state: DeliveryState | None = None
    ) -> Sequence[Delivery]:
        """Return the callbacks that match, the oldest first.

        Args:
            account_id: The account's id; None for all of them.
            resource_id: The resource's id.
            state: How far the callbacks have come; None for any.
        """
        with self._lock:
            if account_id is None:
                known = list(self._all.values())
            else:
                serials = sorted(self._by_account.get(account_id, {}).values())
                known = [self._all[serial] for serial in serials if serial in self._all]
        return [one for one in known if resource_id in (None, one.replica_id) and (state is None or one.state is state)]

    def pending(self, account_id: str, until: float) -> Sequence[Delivery]:
        """Return an account's callbacks that have not ended and are due at `until`, in the order of that."""
        with self._lock:
            serials = (serial for one in self._pending.get(account_id, {}).values() for serial in one)
            due = [known for serial in serials if (known := self._all[serial]).due_at <= until]
        return sorted(due, key=lambda delivery: (delivery.due_at, delivery.serial))

    def latest(self, limit: int, account_id: str | None = None) -> Sequence[Delivery]:
        """Return at most `limit` callbacks of one account, or of all, the newest first."""
        with self._lock:
            if account_id is None:
                return list(islice(reversed(self._all.values()), limit))
            serials = reversed(self._by_account.get(account_id, {}).values())
            return [self._all[serial] for serial in islice(serials, limit)]

    def clear(self, account_id: str | None = None) -> None:
        """Forget the ended callbacks of one account, or of all.

        Args:
            account_id: The account's id; None for all of them.
        """
        with self._lock:
            kept: deque[int] = deque()
            for serial in self._ended:
                delivery = self._all.get(serial)
                if delivery is None:
                    continue
                if account_id in (None, delivery.account_id):
                    self._forget(delivery)
                else:
                    kept.append(serial)
            self._ended = kept

    @property
    def pending_count(self) -> int:
        """Return how many callbacks have not ended, over all accounts."""
        return self._pending_total

    def _is_planned(self, serial: int) -> bool:
        known = self._all.get(serial)
        return known is not None and known.state is DeliveryState.PLANNED

    def _put(self, delivery: Delivery) -> None:
        self._all[delivery.serial] = delivery
        if not delivery.state.is_final:
            return
        account = self._pending[delivery.account_id]
        account[delivery.replica_id].discard(delivery.serial)
        if not account[delivery.replica_id]:
            del account[delivery.replica_id]
        if not account:
            del self._pending[delivery.account_id]
        self._pending_total -= 1
        self._ended.append(delivery.serial)
        while len(self._ended) > self._max_ended:
            if (oldest := self._all.get(self._ended.popleft())) is not None:
                self._forget(oldest)

    def _forget(self, delivery: Delivery) -> None:
        del self._all[delivery.serial]
        known = self._by_account[delivery.account_id]
        if known.get(delivery.delivery_id) == delivery.serial:
            del known[delivery.delivery_id]
        if not known:
            del self._by_account[delivery.account_id]
