"""The seam for time: everything that happens later asks a clock when that is."""

from __future__ import annotations

import inspect
import math
import threading
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
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
        """Wait for `seconds` of real time: for responses that are slow on purpose."""
        ...

    def real_seconds_until(self, moment: float) -> float:
        """Return how long to wait in real seconds for an account's moment: 0 if past, infinity if it is not coming.

        Args:
            moment: Seconds since 1970.
        """
        ...


Settle = Callable[[Callable[[], None], float], None]
"""Moves a clock, and returns once what fell due has been tried, or after so many real seconds."""


class BaseClock(Clock, Protocol):
    """The time below every account's own."""

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call `listener` after every jump, so that what waits for a moment can look again."""
        ...

    def on_advance(self, settle: Settle) -> None:
        """Have every jump made by `settle`, which may wait for what falls due."""
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
        """Wait for `seconds` of real time."""
        time.sleep(seconds)

    def real_seconds_until(self, moment: float) -> float:
        """Return the seconds until `moment`, 0 if it is past."""
        return max(0.0, moment - time.time())

    def on_change(self, listener: Callable[[], None]) -> None:
        """Do nothing: this clock never jumps.

        Args:
            listener: Who is told.
        """

    def on_advance(self, settle: Settle) -> None:
        """Do nothing: this clock never jumps.

        Args:
            settle: Makes a jump, and waits for what falls due.
        """


class TestClock:
    """Stand still until told to advance, for tests that own the time.

    Args:
        start: The first moment, in seconds since 1970 (default: 2026-01-01T00:00:00Z).
    """

    __test__ = False  # pytest would take the name for a test class

    def __init__(self, start: float = 1_767_225_600.0) -> None:
        self._now = start
        self._lock = threading.Lock()
        self._listeners: list[Callable[[], Callable[[], None] | None]] = []
        self._settlers: list[Callable[[], Settle | None]] = []

    def now(self) -> float:
        """Return the moment at which the clock stands."""
        return self._now

    def monotonic(self) -> float:
        """Return real, monotonic seconds: sockets do not stand still."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait for `seconds` of real time: a slow response is slow for the client's clock."""
        time.sleep(seconds)

    def real_seconds_until(self, moment: float) -> float:
        """Return 0 if `moment` has been reached, infinity otherwise: no waiting moves this clock."""
        return 0.0 if moment <= self._now else math.inf

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call `listener` after every advance."""
        self._listeners.append(_weakly(listener))

    def on_advance(self, settle: Settle) -> None:
        """Have every advance made by `settle`, which waits for what falls due; a running emulator asks for that."""
        self._settlers.append(_weakly(settle))

    def advance(self, seconds: float, timeout: float = 5.0) -> None:
        """Move the clock forward, and return once each callback that falls due has been tried.

        Args:
            seconds: By how much; 0 or more.
            timeout: How long to wait for the callbacks, in real seconds; 0 waits for none.

        Raises:
            ValueError: `seconds` is negative or not a number: a clock that goes back would undo what has been seen.
        """
        if not seconds >= 0:
            raise ValueError(f"expected 0 seconds or more, received {seconds!r}")
        act: Callable[[], None] = partial(self._move, seconds)
        self._settlers = [one for one in self._settlers if one() is not None]
        for settle in filter(None, (one() for one in self._settlers)):
            act = partial(settle, act, timeout)
        act()

    def _move(self, seconds: float) -> None:
        with self._lock:
            self._now += seconds
        self._listeners = [one for one in self._listeners if one() is not None]
        for listener in filter(None, (one() for one in self._listeners)):
            listener()


@dataclass(frozen=True, slots=True)
class ClockState:
    """One account's time, as data: the base clock's, moved by an offset, or standing still.

    Args:
        offset: How far ahead of the base clock the account is, in seconds.
        frozen_at: The moment at which it stands; None while it goes on.
    """

    offset: float = 0.0
    frozen_at: float | None = None

    def now(self, base: float) -> float:
        """Return the account's moment when the base clock's is `base`."""
        return base + self.offset if self.frozen_at is None else self.frozen_at

    def base_moment(self, moment: float) -> float:
        """Return the base clock's moment at which the account's is `moment`; infinity if it stands still before."""
        if self.frozen_at is None:
            return moment - self.offset
        return -math.inf if moment <= self.frozen_at else math.inf

    def advanced(self, seconds: float, base: float) -> ClockState:
        """Return the state after a jump.

        Args:
            seconds: How far to jump; 0 or more.
            base: The base clock's moment.

        Raises:
            ValueError: `seconds` is negative or not a number, or leads to where moments can no longer be written.
        """
        if not 0 <= seconds < math.inf:
            raise ValueError(f"expected 0 seconds or more, received {seconds!r}")
        if self.now(base) + seconds > _LAST_MOMENT:
            raise ValueError("no clock goes beyond the year 9000; a reset brings it back")
        if self.frozen_at is None:
            return ClockState(self.offset + seconds)
        return ClockState(self.offset, self.frozen_at + seconds)

    def frozen(self, base: float) -> ClockState:
        """Return the state that stands still from `base`, the base clock's moment, on."""
        return self if self.frozen_at is not None else ClockState(self.offset, self.now(base))

    def resumed(self, base: float) -> ClockState:
        """Return the state that goes on, at `base`, the base clock's moment, from where it stood."""
        return self if self.frozen_at is None else ClockState(self.frozen_at - base)


def format_moment(moment: float) -> str:
    """Write `moment`, seconds since 1970, as the API does: `2024-01-24T07:14:03.327Z` (documented)."""
    text = datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")
    return text.removesuffix("+00:00") + "Z"


def _weakly(listener: Callable[..., None]) -> Callable[[], Callable[..., None] | None]:
    """Return what gives a listener for as long as its owner lives: a clock may outlive many emulators."""
    return weakref.WeakMethod(listener) if inspect.ismethod(listener) else lambda: listener
