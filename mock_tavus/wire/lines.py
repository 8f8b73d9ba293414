"""Lines: sets of wire listeners, each with scripts and exchanges of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Protocol

from mock_tavus.errors import MockTavusError
from mock_tavus.store.changes import Changes
from mock_tavus.wire.log import WireLog

MAX_LINES = 16
"""How many lines may be open at once, beside the main one."""


class LineError(MockTavusError):
    """A line cannot be opened, or no line has that name. The message says why."""


class LineServer(Protocol):
    """What listens for a line."""

    def stop(self) -> None:
        """Close its ports, and end what is under way."""


class WireLines:
    """The main line and those that were opened beside it: several test runs can share one emulator.

    Args:
        changes: Told of each exchange that has come to its end.
    """

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._lock = threading.Lock()
        self._count = 0
        self._open: dict[str, tuple[WireLog, LineServer]] = {}
        self.main = WireLog(changes)
        """The line whose ports the server was started with."""
        self.listen: Callable[[WireLog], LineServer] | None = None
        """Start to listen for a new line; None while the server has no wire."""

    def open(self) -> tuple[str, WireLog]:
        """Open a line, and return its name and its log.

        Raises:
            LineError: The server has no wire, too many lines are open, or no port can be had.
        """
        with self._lock:
            if self.listen is None:
                raise LineError("the wire is not listening; start the server with --wire-port")
            if len(self._open) >= MAX_LINES:
                raise LineError(f"{MAX_LINES} lines are open, and no more may be; close one first")
            log = WireLog(self._changes)
            try:
                server = self.listen(log)
            except OSError as error:
                raise LineError(f"no port can be had for another line: {error}") from error
            self._count += 1
            name = f"line-{self._count}"
            self._open[name] = (log, server)
            return name, log

    def close(self, name: str) -> None:
        """Close a line, and forget what was armed and seen there.

        Args:
            name: What `open` has returned.

        Raises:
            LineError: No line has that name.
        """
        with self._lock:
            found = self._open.pop(name, None)
        if found is None:
            raise LineError(f"no line is called {name!r}")
        found[1].stop()

    def close_all(self) -> None:
        """Close every line but the main one."""
        for name in list(self._open):
            self.close(name)

    def log(self, name: str | None) -> WireLog:
        """Return what is armed and seen on a line.

        Args:
            name: What `open` has returned; None for the main line.

        Raises:
            LineError: No line has that name.
        """
        if name is None:
            return self.main
        found = self._open.get(name)
        if found is None:
            raise LineError(f"no line is called {name!r}")
        return found[0]

    def disarm(self, account_id: str | None = None) -> None:
        """Forget the scripts on every line.

        Args:
            account_id: Whose scripts; None for all.
        """
        for log in (self.main, *self.logs.values()):
            log.disarm(account_id)

    def clear(self, account_id: str | None = None) -> None:
        """Forget the exchanges on every line.

        Args:
            account_id: Whose exchanges; None for all.
        """
        for log in (self.main, *self.logs.values()):
            log.clear(account_id)

    @property
    def logs(self) -> Mapping[str, WireLog]:
        """Return the lines beside the main one, by name."""
        return {name: log for name, (log, _) in self._open.items()}
