"""What is armed for the wire, and what was seen on it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from mock_tavus.store.changes import Changes, Topic
from mock_tavus.store.owned import without
from mock_tavus.wire.script import NORMAL, ScriptError, WireScript

MAX_ARMED = 1000
MAX_EXCHANGES = 500
MAX_RECORDED_TIMES = 1000
MAX_RECORDED_BYTES = 64 * 1024
"""So much of what was read, and of what was written, is kept for each exchange; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Listener:
    """One port at which the listener is to be found.

    Args:
        name: `wire`; `other`, another origin for redirects; `untrusted-tls`, whose certificate nobody has signed.
        url: Its origin.
    """

    name: str
    url: str


@dataclass(slots=True)
class Traffic:
    """The bytes that went one way.

    Args:
        data: The first of them.
        length: How many there were.
        times: For each read or write: milliseconds since the exchange began, and how many bytes.
    """

    data: bytearray = field(default_factory=bytearray)
    length: int = 0
    times: list[tuple[float, int]] = field(default_factory=list)

    def add(self, data: bytes, at: float) -> None:
        """Note some more bytes.

        Args:
            data: The bytes.
            at: Milliseconds since the exchange began.
        """
        self.data += data[: max(0, MAX_RECORDED_BYTES - len(self.data))]
        self.length += len(data)
        if len(self.times) < MAX_RECORDED_TIMES:
            self.times.append((at, len(data)))


@dataclass(slots=True)
class WireExchange:
    """One request and its answer, byte by byte; or a connection on which no request came.

    Args:
        number: Counted from 1 over all listeners.
        listener: The name of the listener at which it came.
        connection: Counted from 1; several exchanges may share a connection.
        began_at: Real, monotonic seconds.
        account_id: Whose key the request carries; None as long as there is none.
        request: What the client sent.
        answer: What was written.
        script: What was armed for it.
        is_complete: Whether the request came whole.
        status: What the emulator answered; None if it was not asked.
        withheld: How many bytes of the answer were not written.
        ended: What became of the connection: `kept`, `fin`, `rst`, `hang`, or `client` if the client ended it.
        error: Why the request could not be read, or the answer not be written.
    """

    number: int
    listener: str
    connection: int
    began_at: float
    account_id: str | None = None
    request: Traffic = field(default_factory=Traffic)
    answer: Traffic = field(default_factory=Traffic)
    script: WireScript = NORMAL
    is_complete: bool = False
    status: int | None = None
    withheld: int = 0
    ended: str | None = None
    error: str | None = None

    @property
    def exchange_id(self) -> str:
        """Return what the exchange is called in URLs."""
        return f"wx_{self.number:06d}"


@dataclass(frozen=True, slots=True)
class _Armed:
    script: WireScript
    account_id: str | None


class WireLog:
    """The scripts that wait for their exchange, and the latest exchanges.

    Args:
        changes: Told of each exchange that has come to its end.
    """

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._lock = threading.RLock()
        self._armed: deque[_Armed] = deque()
        self._exchanges: deque[WireExchange] = deque(maxlen=MAX_EXCHANGES)
        self._last = 0
        self.listeners: Sequence[Listener] = ()

    def arm(self, scripts: Sequence[WireScript], account_id: str | None) -> None:
        """Have scripts played, one after the other, for the next exchanges of an account, or of any.

        Args:
            scripts: What is to be played, in order.
            account_id: The account's id; None for all of them.

        Raises:
            ScriptError: Too many are armed.
        """
        with self._lock:
            if len(self._armed) + len(scripts) > MAX_ARMED:
                raise ScriptError(f"{len(self._armed)} scripts are armed, and {MAX_ARMED} may be; disarm some first")
            self._armed.extend(_Armed(script, account_id) for script in scripts)

    def armed(self, account_id: str | None = None) -> Sequence[tuple[WireScript, str | None]]:
        """Return what is armed, for one account or for all, in order.

        Args:
            account_id: The account's id; None for all of them.
        """
        with self._lock:
            return [(one.script, one.account_id) for one in self._armed if account_id in (None, one.account_id)]

    def disarm(self, account_id: str | None = None) -> int:
        """Forget the scripts for one account, or all, and return how many there were.

        Args:
            account_id: The account's id; None for all of them.
        """
        with self._lock:
            self._armed, count = without(self._armed, account_id)
            return count

    def pick(self, account_id: str | None) -> WireScript:
        """Return the script for an exchange, and count it as played; without one, to answer normally.

        Args:
            account_id: The account's id; None for all of them.
        """
        with self._lock:
            for number, one in enumerate(self._armed):
                if one.account_id in (None, account_id):
                    if one.script.times > 1:
                        self._armed[number] = replace(one, script=replace(one.script, times=one.script.times - 1))
                    else:
                        del self._armed[number]
                    return one.script
        return NORMAL

    def pick_unread(self) -> WireScript | None:
        """Return the next script if it is for any account, and reads nothing."""
        with self._lock:
            first = self._armed[0] if self._armed else None
            if first is None or first.account_id is not None or first.script.read != "nothing":
                return None
            return self.pick(None)  # the lock may be taken again by who has it

    def begin(self, listener: str, connection: int, at: float) -> WireExchange:
        """Note that an exchange begins.

        Args:
            listener: Who is told.
            connection: The connection's number.
            at: Milliseconds since the exchange began.
        """
        with self._lock:
            self._last += 1
            exchange = WireExchange(self._last, listener, connection, at)
            self._exchanges.append(exchange)
            return exchange

    def end(self, exchange: WireExchange, how: str) -> None:
        """Note what became of an exchange's connection, unless that is known already.

        Args:
            exchange: The request with its response.
            how: What became of the connection.
        """
        exchange.ended = exchange.ended or how
        self._changes.publish(Topic.WIRE)

    def wait_until_ended(self, since: int, timeout: float) -> None:
        """Wait until every exchange after number `since` has come to its end or `timeout` real seconds have passed."""
        self._changes.wait_for(Topic.WIRE, lambda: all(one.ended for one in self.exchanges(since)), timeout)

    def exchanges(self, since: int = 0, account_id: str | None = None) -> Sequence[WireExchange]:
        """Return what was seen after an exchange's number, of one account or of all, the oldest first.

        Args:
            since: The number of the last exchange that is known.
            account_id: The account's id; None for all of them.
        """
        with self._lock:
            return [one for one in self._exchanges if one.number > since and account_id in (None, one.account_id)]

    @property
    def last_id(self) -> str:
        """Return the id of the latest exchange."""
        with self._lock:
            return f"wx_{self._last:06d}"

    def clear(self, account_id: str | None = None) -> int:
        """Forget the exchanges of one account, or all, and return how many there were.

        Args:
            account_id: The account's id; None for all of them.
        """
        with self._lock:
            self._exchanges, count = without(self._exchanges, account_id)
            return count
