"""A bounded pool of threads, for what may wait."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue

from mock_tavus.background import Background


class Workers:
    """Run jobs in daemon threads, which are started as they are needed; a job that finds none free waits for one.

    The standard library's pool waits for its threads when the program ends, and loses jobs if a thread cannot be
    started.

    Args:
        name: What the threads are called.
        size: How many there are at most.
        background: What starts them.
        reserve: How many are started with the pool, so that work is done though the system has none left later.

    Raises:
        ServerError: The system cannot start the first of them.
    """

    def __init__(self, name: str, size: int, background: Background, reserve: int = 2) -> None:
        self._name = name
        self._size = size
        self._background = background
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._count = reserve
        self._free = reserve
        for _ in range(reserve):
            background.keep_running(name, self._work)

    def submit(self, job: Callable[[], None]) -> None:
        """Run a job soon, in a thread of the pool.

        Args:
            job: What to do; it tells of its own faults.
        """
        self._jobs.put(job)
        with self._lock:
            self._free -= 1
            if self._free >= 0 or self._count >= self._size:
                return
            self._count += 1
            self._free += 1
        if not self._background.try_start(self._name, self._work):
            with self._lock:
                self._count -= 1
                self._free -= 1

    def stop(self) -> None:
        """End every thread once it has done what it is doing."""
        with self._lock:
            count, self._size = self._count, 0
        for _ in range(count):
            self._jobs.put(None)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                job()
            except Exception as error:
                self._background.report(self._name, error)
            finally:
                with self._lock:
                    self._free += 1
