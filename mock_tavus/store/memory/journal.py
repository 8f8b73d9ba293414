"""The latest exchanges, in memory."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Sequence
from threading import RLock

from mock_tavus.messages import Exchange
from mock_tavus.store.owned import without


class MemoryJournal:
    """Keep the latest exchanges.

    Args:
        lock: Shared by the stores of an emulator.
        size: How many are kept; the oldest are dropped first, and counted.
    """

    def __init__(self, lock: RLock, size: int) -> None:
        self._lock = lock
        self._exchanges: deque[Exchange] = deque(maxlen=size)
        self._numbers = itertools.count(1)
        self._dropped = 0

    def next_number(self) -> int:
        """Return the number of the next exchange, counted from 1."""
        return next(self._numbers)

    def add(self, exchange: Exchange) -> None:
        """Remember an exchange.

        Args:
            exchange: The request with its response.
        """
        with self._lock:
            self._dropped += len(self._exchanges) == self._exchanges.maxlen
            self._exchanges.append(exchange)

    def find(self, matches: Callable[[Exchange], bool], limit: int | None = None) -> Sequence[Exchange]:
        """Return at most `limit` of those that match, the latest, the newest first."""
        with self._lock:
            latest = list(self._exchanges)
        found = (exchange for exchange in reversed(latest) if matches(exchange))
        return list(itertools.islice(found, limit))

    def clear(self, account_id: str | None = None) -> int:
        """Forget those of one account, or all, and return how many there were.

        Args:
            account_id: The account's id; None for all of them.
        """
        with self._lock:
            self._exchanges, count = without(self._exchanges, account_id)
            return count

    @property
    def dropped_count(self) -> int:
        """Return how many were forgotten to make room."""
        return self._dropped
