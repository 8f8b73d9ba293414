"""A terminal, in which somebody types."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import subprocess
import termios
import time
from collections.abc import Sequence
from pathlib import Path

import psutil


class Terminal:
    """A command in a terminal of its own, which `setsid` gives it.

    Args:
        command: What runs there.
        folder: Where.
        environment: More variables.
        columns: How wide it is.
    """

    def __init__(self, command: Sequence[str], folder: Path, *, columns: int = 80, **environment: str) -> None:
        self._terminal, other_end = pty.openpty()
        termios.tcsetwinsize(other_end, (30, columns))
        self.process = subprocess.Popen(
            ["setsid", "--ctty", *command],
            stdin=other_end,
            stdout=other_end,
            stderr=other_end,
            cwd=folder,
            env={**os.environ, **environment},
        )
        os.close(other_end)
        self._shown = ""

    def type(self, text: str) -> None:
        """Type a text."""
        os.write(self._terminal, text.encode())

    def wait_for(self, words: str, timeout: float = 30.0) -> str:
        """Return what is shown up to some words; fail if they are not shown in so many seconds."""
        deadline = time.monotonic() + timeout
        while words not in self._shown:
            is_readable, _, _ = select.select([self._terminal], [], [], max(0.0, deadline - time.monotonic()))
            assert is_readable, f"{words!r} is not shown; {self._shown!r} is"
            self._shown += os.read(self._terminal, 4096).decode()
        before, _, self._shown = self._shown.partition(words)
        return before

    def end(self) -> None:
        """End the command and what it has started."""
        if self.process.poll() is None:
            for started in psutil.Process(self.process.pid).children(recursive=True):
                with contextlib.suppress(psutil.NoSuchProcess):
                    started.kill()
            self.process.kill()
            self.process.wait(10)
        os.close(self._terminal)
