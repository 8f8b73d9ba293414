"""The emulator's own threads: none ends unnoticed, and none that cannot be started ends anything else."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from mock_tavus.errors import ServerError

_PAUSE_SECONDS = 0.2
"""How long a loop that has raised rests before it goes on: one that always raises must not take the processor."""

_log = logging.getLogger("mock_tavus")


class Background:
    """Start threads, and know what has gone wrong in them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self.fault_count = 0
        self.refused_count = 0
        """How many threads the system could not start."""
        self.last_fault = ""
        """The last fault in words; empty if there was none."""

    def try_start(self, name: str, target: Callable[[], None]) -> bool:
        """Run `target` in a thread of its own; return False if the system cannot start one more.

        What `target` raises is logged and counted.

        Args:
            name: What the thread is called.
            target: What it does.
        """

        def run() -> None:
            try:
                target()
            except Exception as error:
                self.report(name, error)

        try:
            threading.Thread(target=run, name=name, daemon=True).start()
        except (RuntimeError, MemoryError) as error:  # no process id, or no memory, is left for it
            with self._lock:
                self.refused_count += 1
                self.last_fault = f"{name}: {error or type(error).__name__}"
            return False
        return True

    def keep_running(self, name: str, loop: Callable[[], None]) -> None:
        """Run `loop` in a thread of its own until it returns; what it raises is logged, and it is run again.

        Args:
            name: What the thread is called.
            loop: What it does; it returns when it is to end.

        Raises:
            ServerError: The system cannot start one more thread.
        """

        def run() -> None:
            while not self._stopping.is_set():
                try:
                    loop()
                    break
                except Exception as error:
                    self.report(name, error)
                    self._stopping.wait(_PAUSE_SECONDS)

        if not self.try_start(name, run):
            raise ServerError(f"the thread {name!r} cannot be started: this system has no room for one more")

    def report(self, name: str, error: Exception) -> None:
        """Log and count a fault.

        Args:
            name: Where it came up.
            error: What was raised.
        """
        with self._lock:
            self.fault_count += 1
            self.last_fault = f"{name}: {type(error).__name__}: {error}"
        _log.error("%s: %s", name, error, exc_info=error)

    def start(self) -> None:
        """Let loops run, after a stop too."""
        self._stopping.clear()

    def stop(self) -> None:
        """Let no loop begin again."""
        self._stopping.set()
