"""Load what takes long when it is first needed: one thread at a time, and nobody sees half of it.

Two threads that import packages which import each other in a circle may each find half of one: Python breaks such a
deadlock by handing out modules that are not finished. So all that is imported late is imported under one lock.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

_T = TypeVar("_T")

LOADING = threading.RLock()
"""Held by whoever imports or builds something late."""


class Lazy(Generic[_T]):
    """Build a value when it is first asked for, and once.

    Args:
        build: Makes the value; it may import what it needs.
    """

    __slots__ = ("_build", "_value")

    def __init__(self, build: Callable[[], _T]) -> None:
        self._build: Callable[[], _T] | None = build
        self._value: _T | None = None

    def get(self) -> _T:
        """Return the value."""
        if self._build is not None:
            with LOADING:
                if self._build is not None:
                    self._value = self._build()
                    self._build = None
        return self._value  # type: ignore[return-value]
