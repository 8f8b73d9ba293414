"""The queue of callbacks that wait for their time, each in its own account's."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

from mock_tavus.clock import ClockState
from mock_tavus.messages import Delivery

_REAL_TIME = ClockState()
_SLACK = 1000
"""How many entries may be out of date before memory is worth a pass over all of them."""


class Due(NamedTuple):
    """One callback in its account's queue.

    Args:
        due_at: In the account's time.
        serial: The callback's; equal times keep their order.
    """

    due_at: float
    serial: int


class DueQueue:
    """Keep a queue for each account, and one of accounts by the moment at which their next callback is due.

    A jump of one account's clock moves that account, however many callbacks wait.
    """

    def __init__(self) -> None:
        self._clocks: dict[str, ClockState] = {}
        self._queues: dict[str, list[Due]] = {}
        self._accounts: list[tuple[float, str]] = []
        self._next: dict[str, float] = {}
        self._held: list[tuple[float, int]] = []
        self._size = 0

    def hold(self, serial: int, not_before: float) -> None:
        """Keep a callback back until a moment of the monotonic clock; `released` gives it then.

        Args:
            serial: The callback's.
            not_before: Monotonic seconds.
        """
        heapq.heappush(self._held, (not_before, serial))

    def released(self, monotonic: float) -> Iterator[int]:
        """Yield the serials of the callbacks that were held back until `monotonic` seconds or before."""
        while self._held and self._held[0][0] <= monotonic:
            yield heapq.heappop(self._held)[1]

    def push(self, delivery: Delivery) -> None:
        """Queue a callback in its account.

        Args:
            delivery: The callback.
        """
        queue = self._queues.setdefault(delivery.account_id, [])
        heapq.heappush(queue, Due(delivery.due_at, delivery.serial))
        self._size += 1
        if queue[0].serial == delivery.serial:
            self._announce(delivery.account_id)

    def pop(self, base: float) -> Due | None:
        """Return the next callback that is due at `base`, the base clock's moment; None if there is none."""
        while self._accounts and self._accounts[0][0] <= base:
            moment, account_id = self._accounts[0]
            queue = self._queues.get(account_id)
            if self._next.get(account_id) != moment or not queue:
                heapq.heappop(self._accounts)  # out of date
                continue
            entry = heapq.heappop(queue)
            self._size -= 1
            heapq.heappop(self._accounts)
            self._next.pop(account_id, None)
            self._announce(account_id)
            return entry
        return None

    def set_clock(self, account_id: str, clock: ClockState) -> None:
        """Take note of an account's clock.

        Args:
            account_id: The account's id.
            clock: The account's clock.
        """
        if clock == _REAL_TIME:
            self._clocks.pop(account_id, None)
        else:
            self._clocks[account_id] = clock
        self._announce(account_id)

    def next_moments(self) -> tuple[float, float]:
        """Return the base clock's moment of the next callback, and the monotonic one at which a held one goes."""
        while self._accounts and self._next.get(self._accounts[0][1]) != self._accounts[0][0]:
            heapq.heappop(self._accounts)
        base = self._accounts[0][0] if self._accounts else math.inf
        return base, self._held[0][0] if self._held else math.inf

    def compact(self, planned_count: int, is_planned: Callable[[int], bool]) -> None:
        """Drop what is out of date if it is the greater part.

        Args:
            planned_count: How many callbacks wait, at most.
            is_planned: Tells by its serial whether a callback still waits.
        """
        if self._size > 2 * planned_count + _SLACK:
            for account_id, queue in list(self._queues.items()):
                queue[:] = [entry for entry in queue if is_planned(entry.serial)]
                heapq.heapify(queue)
                self._announce(account_id)
            self._size = sum(map(len, self._queues.values()))
        if len(self._held) > 2 * planned_count + _SLACK:
            self._held = [held for held in self._held if is_planned(held[1])]
            heapq.heapify(self._held)
        if len(self._accounts) > 2 * len(self._queues) + _SLACK:
            self._accounts = [(moment, account_id) for account_id, moment in self._next.items()]
            heapq.heapify(self._accounts)

    def __len__(self) -> int:
        return self._size + len(self._held)

    def _announce(self, account_id: str) -> None:
        """Put an account where its next callback belongs, if it has one that comes."""
        queue = self._queues.get(account_id)
        if not queue:
            self._queues.pop(account_id, None)
            self._next.pop(account_id, None)
            return
        moment = self._clocks.get(account_id, _REAL_TIME).base_moment(queue[0].due_at)
        if moment == math.inf:
            self._next.pop(account_id, None)
        elif self._next.get(account_id) != moment:
            self._next[account_id] = moment
            heapq.heappush(self._accounts, (moment, account_id))
