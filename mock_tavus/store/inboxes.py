"""Receivers that are built in: `callback_url: http://…/__inbox/NAME`."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from threading import RLock

from mock_tavus.store.changes import Changes, Topic

MAX_INBOXES = 1000
MAX_MESSAGES = 1000
MAX_BODY_BYTES = 64 * 1024
MAX_TOTAL_BYTES = 64 * 1024 * 1024
"""How much all inboxes keep together; beyond that, the oldest messages are forgotten, whosever they are."""

MAX_NAME_LENGTH = 200

_MESSAGE_BYTES = 512
"""What a message takes beside its own bytes, roughly."""


@dataclass(frozen=True, slots=True)
class Message:
    """One request that an inbox took.

    Args:
        at: When it came, in real time.
        method: In capitals.
        query: The raw query string.
        headers: By lower-case name.
        body: Cut off at 64 KiB.
        status: What the inbox answered.
        length: How long the body was, in bytes.
    """

    at: float
    method: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    status: int
    length: int = 0

    @property
    def size(self) -> int:
        """Return roughly how many bytes it takes in memory."""
        names = sum(len(name) + len(value) for name, value in self.headers.items())
        return _MESSAGE_BYTES + len(self.body) + len(self.query) + names


@dataclass(frozen=True, slots=True)
class InboxAnswer:
    """What an inbox answers.

    Args:
        status: Its HTTP status.
        delay: How long it takes, in real seconds.
        fail_first: How many requests it answers with 500 before that.
    """

    status: int = 204
    delay: float = 0.0
    fail_first: int = 0


@dataclass(slots=True)
class _Inbox:
    answer: InboxAnswer = field(default_factory=InboxAnswer)
    taken: int = 0
    messages: deque[Message] = field(default_factory=deque)


class Inboxes:
    """All inboxes, by name, the one that was used last at the end; one is there as soon as something comes for it.

    Args:
        changes: Told of each message.
    """

    def __init__(self, changes: Changes) -> None:
        self._lock = RLock()
        self._changes = changes
        self._inboxes: OrderedDict[str, _Inbox] = OrderedDict()
        self._size = 0

    def configure(self, name: str, answer: InboxAnswer) -> None:
        """Have the inbox `name` answer like this from now on."""
        with self._lock:
            inbox = self._open(name)
            inbox.answer, inbox.taken = answer, 0

    def take(
        self, name: str, *, at: float, method: str, query: str, headers: Mapping[str, str], body: bytes
    ) -> InboxAnswer:
        """Keep a request, and return what to answer.

        Args:
            name: The inbox's.
            at: When it came, in real time.
            method: In capitals.
            query: The raw query string.
            headers: By lower-case name.
            body: The bytes.
        """
        with self._lock:
            inbox = self._open(name)
            inbox.taken += 1
            answer = inbox.answer
            if inbox.taken <= answer.fail_first:
                answer = InboxAnswer(500, answer.delay)
            message = Message(at, method, query, headers, body[:MAX_BODY_BYTES], answer.status, len(body))
            inbox.messages.append(message)
            self._size += message.size
            self._make_room(inbox)
        self._changes.publish(Topic.INBOXES)
        return answer

    def messages(self, name: str) -> Sequence[Message]:
        """Return what the inbox `name` has taken, the oldest first."""
        with self._lock:
            inbox = self._inboxes.get(name)
            return [] if inbox is None else list(inbox.messages)

    def names(self) -> Mapping[str, int]:
        """Return how many messages each inbox has, the one that was used last first."""
        with self._lock:
            return {name: len(inbox.messages) for name, inbox in reversed(self._inboxes.items())}

    def wait(self, name: str, count: int, timeout: float) -> Sequence[Message]:
        """Wait until an inbox holds `count` messages or `timeout` real seconds have passed; return its messages.

        Args:
            name: The inbox's.
            count: How many messages to wait for.
            timeout: How long to wait at most, in real seconds.
        """
        self._changes.wait_for(Topic.INBOXES, lambda: len(self.messages(name)) >= count, timeout)
        return self.messages(name)

    def clear(self, name: str | None = None) -> None:
        """Forget the inbox `name`, or all of them, with what was said of its answers."""
        with self._lock:
            for each in list(self._inboxes) if name is None else [name]:
                self._forget(each)
        self._changes.publish(Topic.INBOXES)

    @property
    def size(self) -> int:
        """Return roughly how many bytes all messages take."""
        return self._size

    def _open(self, name: str) -> _Inbox:
        inbox = self._inboxes.get(name)
        if inbox is None:
            if len(self._inboxes) >= MAX_INBOXES:
                self._forget(next(iter(self._inboxes)))
            inbox = self._inboxes[name] = _Inbox()
        self._inboxes.move_to_end(name)
        return inbox

    def _forget(self, name: str) -> None:
        inbox = self._inboxes.pop(name, None)
        if inbox is not None:
            self._size -= sum(message.size for message in inbox.messages)

    def _make_room(self, latest: _Inbox) -> None:
        if len(latest.messages) > MAX_MESSAGES:
            self._size -= latest.messages.popleft().size
        while self._size > MAX_TOTAL_BYTES:
            oldest = min((one for one in self._inboxes.values() if one.messages), key=lambda one: one.messages[0].at)
            self._size -= oldest.messages.popleft().size
