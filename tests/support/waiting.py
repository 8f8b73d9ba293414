"""Wait for what another thread or process will do."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


def wait_until(condition: Callable[[], object], timeout: float = 20.0) -> None:
    """Return as soon as a condition holds; fail if it does not within so many seconds."""
    deadline = time.monotonic() + timeout
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, "what was waited for did not happen"
        pause.wait(0.005)
