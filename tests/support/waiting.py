"""Wait for what another thread or process will do."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import psutil


def wait_until(
    condition: Callable[[], object], timeout: float = 20.0, instead: Callable[[], object] = lambda: ""
) -> None:
    """Return as soon as a condition holds; fail, saying what was there instead, if it does not in so many seconds."""
    deadline = time.monotonic() + timeout
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, f"what was waited for did not happen\n{instead()}"
        pause.wait(0.005)


def has_ended(pid: int) -> bool:
    """Return whether a process is no more, whoever should take note of its end."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
