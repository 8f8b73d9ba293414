from __future__ import annotations

import threading

from mock_tavus.clock import SystemClock
from mock_tavus.store.changes import Changes
from mock_tavus.store.inboxes import MAX_BODY_BYTES, MAX_INBOXES, MAX_MESSAGES, MAX_TOTAL_BYTES, InboxAnswer, Inboxes


def take(inboxes: Inboxes, name: str, body: bytes = b"{}") -> int:
    return inboxes.take(name, at=0.0, method="POST", query="", headers={}, body=body).status


def test_an_inbox_keeps_what_comes() -> None:
    inboxes = Inboxes(Changes(SystemClock()))
    take(inboxes, "a", b"1")
    take(inboxes, "b", b"2")

    assert [message.body for message in inboxes.messages("a")] == [b"1"]
    assert inboxes.messages("c") == []
    inboxes.clear("a")
    assert inboxes.messages("a") == []
    inboxes.clear()
    assert inboxes.messages("b") == []


def test_its_answers_can_be_said() -> None:
    inboxes = Inboxes(Changes(SystemClock()))
    inboxes.configure("a", InboxAnswer(status=201, fail_first=2))

    assert [take(inboxes, "a") for _ in range(4)] == [500, 500, 201, 201]
    assert [message.status for message in inboxes.messages("a")] == [500, 500, 201, 201]
    assert take(inboxes, "b") == 204


def test_waiting_ends_as_soon_as_there_is_enough() -> None:
    inboxes = Inboxes(Changes(SystemClock()))
    threading.Timer(0.05, lambda: [take(inboxes, "a") for _ in range(2)]).start()

    assert len(inboxes.wait("a", count=2, timeout=20)) == 2
    assert len(inboxes.wait("a", count=3, timeout=0)) == 2


def test_everything_is_bounded() -> None:
    inboxes = Inboxes(Changes(SystemClock()))
    for number in range(MAX_INBOXES + 1):
        take(inboxes, f"inbox{number}")
    for _ in range(MAX_MESSAGES + 1):
        take(inboxes, "a", b"x" * (MAX_BODY_BYTES + 1))

    assert inboxes.messages("inbox0") == []
    assert len(inboxes.messages("a")) == MAX_MESSAGES
    assert len(inboxes.messages("a")[0].body) == MAX_BODY_BYTES
    assert inboxes.messages("a")[0].length == MAX_BODY_BYTES + 1


def test_all_together_are_bounded_by_bytes_and_the_oldest_messages_go_first() -> None:
    inboxes = Inboxes(Changes(SystemClock()))
    for number in range(1500):
        name = f"inbox{number % 3}"
        inboxes.take(name, at=float(number), method="POST", query="", headers={}, body=b"x" * MAX_BODY_BYTES)

    assert inboxes.size <= MAX_TOTAL_BYTES
    kept = [message.at for number in range(3) for message in inboxes.messages(f"inbox{number}")]
    assert max(kept) == 1499
    assert min(kept) > 400
    inboxes.clear()
    assert inboxes.size == 0


def test_the_busiest_inbox_is_not_the_first_forgotten() -> None:
    inboxes = Inboxes(Changes(SystemClock()))
    for number in range(2 * MAX_INBOXES):
        take(inboxes, "busy")
        take(inboxes, f"inbox{number}")

    assert len(inboxes.messages("busy")) == MAX_MESSAGES
