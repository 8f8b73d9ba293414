"""The seam for time: everything that happens later asks a clock when that is."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

_LAST_MOMENT = 221_845_392_000.0  # the year 9000: what is planned from there can still be written


class Clock(Protocol):
    """Tell an account's time, and real time beside it.

    Moments are seconds since 1970 in UTC, as floats; an account's time may be frozen or jump. Monotonic time is real
    and only good for differences: deadlines on sockets, and how long an answer took.
    """

    def now(self) -> float:
        """Return the account's moment."""
        ...

    def monotonic(self) -> float:
        """Return real, monotonic seconds."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait so many real seconds: for answers that are slow on purpose."""
        ...

    def real_seconds_until(self, moment: float) -> float:
        """Return how long to wait in real seconds for an account's moment: 0 if past, infinity if it is not coming."""
        ...


class BaseClock(Clock, Protocol):
    """The time below every account's own."""

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call `listener` after every jump, so that what waits for a moment can look again."""
        ...


class SystemClock:
    """Follow the computer's clock."""

    def now(self) -> float:
        """Return the current moment."""
        return time.time()

    def monotonic(self) -> float:
        """Return real, monotonic seconds."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait so many real seconds."""
        time.sleep(seconds)

    def real_seconds_until(self, moment: float) -> float:
        """Return the seconds until `moment`, 0 if it is past."""
        return max(0.0, moment - time.time())

    def on_change(self, listener: Callable[[], None]) -> None:
        """Do nothing: this clock never jumps."""


class TestClock:
    """Stand still until told to advance, for tests that own the time.

    Args:
        start: The first moment, in seconds since 1970 (default: 2026-01-01T00:00:00Z).
    """

    __test__ = False  # pytest would take the name for a test class

    def __init__(self, start: float = 1_767_225_600.0) -> None:
        self._now = start
        self._lock = threading.Lock()
        self._listeners: list[Callable[[], None]] = []

    def now(self) -> float:
        """Return the moment at which the clock stands."""
        return self._now

    def monotonic(self) -> float:
        """Return real, monotonic seconds: sockets do not stand still."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait so many real seconds: a slow answer is slow for the client's clock."""
        time.sleep(seconds)

    def real_seconds_until(self, moment: float) -> float:
        """Return 0 if `moment` has been reached, infinity otherwise: no waiting moves this clock."""
        return 0.0 if moment <= self._now else math.inf

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call `listener` after every advance."""
        self._listeners.append(listener)

    def advance(self, seconds: float) -> None:
        """Move the clock forward.

        Args:
            seconds: By how much; 0 or more.

        Raises:
            ValueError: `seconds` is negative or not a number: a clock that goes back would undo what has been seen.
        """
        if not seconds >= 0:
            raise ValueError(f"expected 0 seconds or more, received {seconds!r}")
        with self._lock:
            self._now += seconds
        for listener in self._listeners:
            listener()


class AccountClock:
    """One account's time: the base clock's, moved forward, or standing still.

    Args:
        base: What goes on below.
        on_jump: Called after every jump, so that what waits for a moment can look again.
    """

    def __init__(self, base: Clock, on_jump: Callable[[], None] = lambda: None) -> None:
        self._base = base
        self._on_jump = on_jump
        self._lock = threading.Lock()
        self._offset = 0.0
        self._frozen_at: float | None = None

    @property
    def is_frozen(self) -> bool:
        """Return whether the clock stands still."""
        return self._frozen_at is not None

    def now(self) -> float:
        """Return the account's moment."""
        frozen_at = self._frozen_at
        return self._base.now() + self._offset if frozen_at is None else frozen_at

    def monotonic(self) -> float:
        """Return real, monotonic seconds."""
        return self._base.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait so many real seconds."""
        self._base.sleep(seconds)

    def real_seconds_until(self, moment: float) -> float:
        """Return how long to wait for `moment`: infinity while the clock stands still before it."""
        frozen_at = self._frozen_at
        if frozen_at is None:
            return self._base.real_seconds_until(moment - self._offset)
        return 0.0 if moment <= frozen_at else math.inf

    def advance(self, seconds: float) -> None:
        """Move the account forward.

        Args:
            seconds: By how much; 0 or more.

        Raises:
            ValueError: `seconds` is negative or not a number, or leads to where moments can no longer be written.
        """
        if not 0 <= seconds < math.inf:
            raise ValueError(f"expected 0 seconds or more, received {seconds!r}")
        with self._lock:
            if self.now() + seconds > _LAST_MOMENT:
                raise ValueError("no clock goes beyond the year 9000; a reset brings it back")
            if self._frozen_at is None:
                self._offset += seconds
            else:
                self._frozen_at += seconds
        self._on_jump()

    def freeze(self) -> None:
        """Stand still, until `resume`; `advance` still moves it."""
        with self._lock:
            if self._frozen_at is None:
                self._frozen_at = self._base.now() + self._offset
        self._on_jump()

    def resume(self) -> None:
        """Go on from where the clock stood."""
        with self._lock:
            if self._frozen_at is not None:
                self._offset = self._frozen_at - self._base.now()
                self._frozen_at = None
        self._on_jump()


def format_moment(moment: float) -> str:
    """Write a moment as the API does, `2024-01-24T07:14:03.327Z` (documented)."""
    text = datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")
    return text.removesuffix("+00:00") + "Z"
