"""Receivers that are built in: `callback_url: http://…/__inbox/NAME`."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from threading import Condition

MAX_INBOXES = 1000
MAX_MESSAGES = 1000
MAX_BODY_BYTES = 64 * 1024


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
    """

    at: float
    method: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    status: int


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
    messages: deque[Message] = field(default_factory=lambda: deque(maxlen=MAX_MESSAGES))


class Inboxes:
    """All inboxes, by name; one is there as soon as something comes for it."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._inboxes: OrderedDict[str, _Inbox] = OrderedDict()

    def configure(self, name: str, answer: InboxAnswer) -> None:
        """Say what an inbox answers from now on."""
        with self._changed:
            inbox = self._open(name)
            inbox.answer, inbox.taken = answer, 0

    def take(
        self, name: str, *, at: float, method: str, query: str, headers: Mapping[str, str], body: bytes
    ) -> InboxAnswer:
        """Keep a request, and return what to answer."""
        with self._changed:
            inbox = self._open(name)
            inbox.taken += 1
            answer = inbox.answer
            if inbox.taken <= answer.fail_first:
                answer = InboxAnswer(500, answer.delay)
            inbox.messages.append(Message(at, method, query, headers, body[:MAX_BODY_BYTES], answer.status))
            self._changed.notify_all()
            return answer

    def messages(self, name: str) -> Sequence[Message]:
        """Return what an inbox has taken, the oldest first."""
        with self._changed:
            inbox = self._inboxes.get(name)
            return [] if inbox is None else list(inbox.messages)

    def wait(self, name: str, count: int, timeout: float) -> Sequence[Message]:
        """Return what an inbox has as soon as it is so much, or what there is after so many real seconds."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._inboxes.get(name, _Inbox()).messages) >= count, timeout)
        return self.messages(name)

    def clear(self, name: str | None = None) -> None:
        """Forget an inbox, or all of them, with what was said of its answers."""
        with self._changed:
            if name is None:
                self._inboxes.clear()
            else:
                self._inboxes.pop(name, None)

    def _open(self, name: str) -> _Inbox:
        inbox = self._inboxes.get(name)
        if inbox is None:
            if len(self._inboxes) >= MAX_INBOXES:
                self._inboxes.popitem(last=False)
            inbox = self._inboxes[name] = _Inbox()
        return inbox
