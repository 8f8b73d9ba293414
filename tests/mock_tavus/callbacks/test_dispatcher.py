"""When callbacks are sent, with a clock that is moved by hand and a sender that sends nothing."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest

from mock_tavus.callbacks import Deliveries, DeliveryPattern, Target, TargetPolicy
from mock_tavus.callbacks import dispatcher as dispatcher_module
from mock_tavus.clock import SystemClock, TestClock
from mock_tavus.errors import ServerError
from mock_tavus.ids import SeededIds
from mock_tavus.messages import Delivery, DeliveryAttempt, DeliveryState, Replica, TrainingPlan
from mock_tavus.store import Accounts, memory_stores
from tests.support import wait_until

ACCOUNT = "acct_aaaaaaaaaaaa"
MAX_SENDING_PER_RECEIVER = 1


class FakeSender:
    """Note what is to be sent, and answer what the test says, in a thread: the loop goes on meanwhile."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.answer: Callable[[Target], str | None] = lambda target: None
        self._threads = ThreadPoolExecutor(64)

    async def send(self, target: Target, addresses: Sequence[str], body: Any, at: float) -> DeliveryAttempt:
        self.sent.append(body["replica_id"])
        error = await asyncio.get_running_loop().run_in_executor(self._threads, self.answer, target)
        return DeliveryAttempt(at, 0.0, 204, error)


@dataclass
class Bench:
    clock: TestClock = field(default_factory=TestClock)
    sender: FakeSender = field(default_factory=FakeSender)
    ended: list[Delivery] = field(default_factory=list)
    retries: int = 0

    def __post_init__(self) -> None:
        self.stores = memory_stores(
            self.clock, lambda replica: False, max_resources=10_000, journal_size=10_000, max_accounts=10_000
        )
        self.accounts = Accounts(self.stores, self.clock, SeededIds(1))
        self.policy = TargetPolicy()
        self.deliveries = Deliveries(self.stores, self.policy, self.sender, self.clock, retries=self.retries)
        self.dispatcher = self.deliveries._dispatcher
        self.deliveries.on_ended(self.ended.append)
        self.deliveries.start()

    def pending(self, replica_id: str) -> bool:
        known = self.stores.deliveries.get(f"cb_{replica_id}", ACCOUNT)
        return known is not None and known.state is DeliveryState.PLANNED

    def plan(self, replica_id: str, after: float, url: str = "http://127.0.0.1:9000/", *, grace: float = 0.0) -> None:
        due_at = self.clock.now() + after
        body = {"replica_id": replica_id, "status": "ready"}
        delivery = Delivery(f"cb_{replica_id}", ACCOUNT, replica_id, url, body, due_at)
        replica = Replica(replica_id, ACCOUNT, "", TrainingPlan(0.0, due_at))
        self.deliveries.release(self.accounts.open(ACCOUNT).add(replica, [delivery]), grace)

    def look_up_slowly(self) -> tuple[threading.Event, threading.Event]:
        """Have names looked up from now on, and return what is set when one is, and what then ends it."""
        asked, release = threading.Event(), threading.Event()

        def resolve(host: str, port: int) -> list[str]:
            asked.set()
            release.wait(30)
            return ["127.0.0.1"]

        self.policy._resolve = resolve
        return asked, release

    def delete(self, replica_id: str) -> None:
        self.accounts.open(ACCOUNT).delete(replica_id)


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.deliveries.stop()


def test_nothing_is_sent_before_its_time(bench: Bench) -> None:
    bench.plan("r1", after=60)
    bench.plan("r2", after=0)
    wait_until(lambda: bench.ended)

    assert bench.sender.sent == ["r2"]
    bench.clock.advance(60)
    wait_until(lambda: len(bench.ended) == 2)
    assert bench.sender.sent == ["r2", "r1"]


def test_a_jump_sends_what_falls_due_in_order(bench: Bench) -> None:
    for number, after in enumerate([30, 10, 20, 40]):
        bench.plan(f"r{number}", after, url=f"http://127.0.0.1:{9000 + number}/")

    bench.clock.advance(15)
    wait_until(lambda: len(bench.ended) == 1)
    bench.clock.advance(10)
    wait_until(lambda: len(bench.ended) == 2)
    bench.clock.advance(100)
    wait_until(lambda: len(bench.ended) == 4)

    assert bench.sender.sent[:2] == ["r1", "r2"]
    assert bench.stores.deliveries.pending_count == 0


def test_the_grace_is_real_time_whatever_the_accounts_clock_says(bench: Bench) -> None:
    clock = SystemClock()
    began = clock.monotonic()
    bench.plan("r1", after=0, grace=0.2)
    bench.clock.advance(1000)
    wait_until(lambda: bench.ended)

    assert clock.monotonic() - began >= 0.2


def test_a_target_that_is_not_allowed_is_held_back(bench: Bench) -> None:
    bench.plan("r1", 0, "https://yourwebsite.com/webhook")
    bench.plan("r2", 0, "http://no-such-name.test/")
    wait_until(lambda: len(bench.ended) == 2)

    assert bench.sender.sent == []
    assert {one.state for one in bench.ended} == {DeliveryState.HELD_BACK}
    assert all(one.note and not one.attempts for one in bench.ended)


def test_a_cancelled_callback_is_not_sent(bench: Bench) -> None:
    bench.plan("r1", after=10)
    bench.plan("r2", after=10)
    bench.delete("r1")
    bench.clock.advance(10)
    wait_until(lambda: bench.ended)

    assert bench.sender.sent == ["r2"]


def test_failures_end_after_one_attempt_by_default(bench: Bench) -> None:
    bench.sender.answer = lambda target: "answered 500"
    bench.plan("r1", 0)
    wait_until(lambda: bench.ended)

    assert [one.state for one in bench.ended] == [DeliveryState.FAILED]
    assert len(bench.ended[0].attempts) == 1


def test_retries_wait_longer_each_time_on_the_accounts_clock() -> None:
    bench = Bench(retries=3)
    bench.sender.answer = lambda target: "answered 500" if len(bench.sender.sent) < 4 else None
    bench.plan("r1", 0)
    for tried, backoff in enumerate([1, 2, 4], start=1):
        wait_until(lambda tried=tried: len(bench.sender.sent) == tried and bench.pending("r1"))  # type: ignore[misc]
        bench.clock.advance(backoff - 0.5)
        assert bench.pending("r1")
        bench.clock.advance(0.5)
    wait_until(lambda: bench.ended)
    bench.deliveries.stop()

    assert bench.sender.sent == ["r1"] * 4
    assert [one.state for one in bench.ended] == [DeliveryState.DELIVERED]
    assert [attempt.error for attempt in bench.ended[0].attempts] == ["answered 500"] * 3 + [None]


def test_a_receiver_that_hangs_keeps_nobody_else_waiting(bench: Bench) -> None:
    release = threading.Event()
    bench.sender.answer = lambda target: "too late" if target.port == 9000 and release.wait(30) else None
    for number in range(20):
        bench.plan(f"slow{number}", 0, "http://127.0.0.1:9000/")
    wait_until(lambda: len(bench.sender.sent) == 1)
    bench.plan("quick", 0, "http://127.0.0.1:9001/")
    wait_until(lambda: bench.ended)

    assert [one.replica_id for one in bench.ended] == ["quick"]
    assert bench.sender.sent == ["slow0", "quick"]
    release.set()
    wait_until(lambda: len(bench.ended) == 21)
    assert bench.sender.sent[2:] == [f"slow{number}" for number in range(1, 20)]


def test_a_fault_of_the_sender_ends_one_callback_and_no_other(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    def fail(target: Target) -> str | None:
        if target.port == 9000:
            raise RuntimeError("a bug")
        return None

    bench.sender.answer = fail
    bench.plan("r1", 0)
    bench.plan("r2", 0, "http://127.0.0.1:9001/")
    wait_until(lambda: len(bench.ended) == 2)

    states = {one.replica_id: one.state for one in bench.ended}
    assert states == {"r1": DeliveryState.FAILED, "r2": DeliveryState.DELIVERED}
    assert "a bug" in caplog.text


def test_cancelled_callbacks_do_not_fill_memory(bench: Bench) -> None:
    queue = getattr(bench.stores.deliveries, "_queue")  # noqa: B009 - what only this implementation has
    for number in range(3000):
        bench.plan(f"r{number}", after=3600)
        bench.delete(f"r{number}")
    bench.plan("last", after=0)
    wait_until(lambda: bench.ended)
    wait_until(lambda: len(queue) <= 1001)


def test_stopping_sends_nothing_more(bench: Bench) -> None:
    bench.plan("r1", after=10)
    bench.deliveries.stop()
    bench.clock.advance(10)

    assert bench.sender.sent == []
    assert bench.pending("r1")


def test_a_queued_callback_can_still_be_cancelled(bench: Bench) -> None:
    release = threading.Event()
    bench.sender.answer = lambda target: None if release.wait(30) else "too late"
    for number in range(MAX_SENDING_PER_RECEIVER + 1):
        bench.plan(f"r{number}", after=0)
    wait_until(lambda: len(bench.sender.sent) == MAX_SENDING_PER_RECEIVER)
    waiting = ({f"r{number}" for number in range(MAX_SENDING_PER_RECEIVER + 1)} - set(bench.sender.sent)).pop()

    bench.delete(waiting)
    release.set()
    wait_until(lambda: len(bench.ended) == MAX_SENDING_PER_RECEIVER)
    wait_until(lambda: not bench.dispatcher._run.tasks)

    assert waiting not in bench.sender.sent


def test_more_hanging_receivers_than_senders_still_take_turns(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatcher_module, "MAX_SENDING", 3)
    turn = threading.Semaphore(0)
    bench.sender.answer = lambda target: None if turn.acquire(timeout=30) else "too late"
    for receiver in range(5):
        for number in range(3):
            bench.plan(f"r{receiver}-{number}", 0, f"http://127.0.0.1:{9000 + receiver}/")
    wait_until(lambda: len(bench.sender.sent) == 3)
    wait_until(lambda: bench.deliveries.starved_count == 2)
    for _ in range(12):
        turn.release()
    wait_until(lambda: len(bench.ended) == 12)

    assert {replica_id.partition("-")[0] for replica_id in bench.sender.sent} == {f"r{number}" for number in range(5)}
    for _ in range(3):
        turn.release()
    wait_until(lambda: len(bench.ended) == 15)
    wait_until(lambda: not bench.dispatcher._run.tasks)
    assert bench.dispatcher._queues == {}
    assert bench.dispatcher._busy == set()


def test_waiting_sees_new_plans_and_cancellations(bench: Bench) -> None:
    def plan_one_more() -> None:
        bench.plan("r2", after=3600)
        bench.deliveries.changed()

    def cancel_both() -> None:
        bench.delete("r1")
        bench.delete("r2")
        bench.deliveries.changed()

    bench.plan("r1", after=3600)
    everything = DeliveryPattern(ACCOUNT)
    timer = threading.Timer(0.05, plan_one_more)
    timer.start()
    assert len(bench.deliveries.wait_for(everything, 2, timeout=20)) == 2

    known = bench.stores.deliveries.find(ACCOUNT)
    began = SystemClock().monotonic()
    threading.Timer(0.05, cancel_both).start()
    bench.deliveries.settle(known, lambda: None, timeout=20)
    assert SystemClock().monotonic() - began < 10


def test_what_was_claimed_when_it_stopped_is_sent_after_the_next_start(bench: Bench) -> None:
    release = threading.Event()
    bench.sender.answer = lambda target: None if release.wait(30) else "too late"
    bench.plan("r1", after=0)
    bench.plan("r2", after=0)
    wait_until(lambda: bench.sender.sent == ["r1"])
    bench.deliveries.stop()
    release.set()
    bench.deliveries.start()
    wait_until(lambda: len(bench.ended) == 2)

    assert bench.sender.sent == ["r1", "r1", "r2"]
    assert bench.stores.deliveries.pending_count == 0


def test_a_name_that_is_looked_up_for_long_does_not_end_the_next_run(bench: Bench) -> None:
    asked, release = bench.look_up_slowly()
    bench.plan("slow", after=0, url="http://name.test/")
    assert asked.wait(20)
    bench.deliveries.stop()
    bench.deliveries.start()
    release.set()
    bench.plan("r1", after=0)
    wait_until(lambda: len(bench.ended) == 2)

    assert bench.deliveries.is_running


def test_what_was_stopped_can_be_started_again(bench: Bench) -> None:
    bench.deliveries.stop()
    bench.plan("r1", after=0)
    assert bench.ended == []
    bench.deliveries.start()
    wait_until(lambda: bench.ended)

    assert bench.sender.sent == ["r1"]


def test_a_fault_in_judging_a_target_ends_one_callback_and_no_other(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    judge = bench.policy.target

    def fails_for_some(url: str) -> Target:
        if "fault" in url:
            raise RuntimeError("a fault of ours")
        return judge(url)

    bench.policy.target = fails_for_some  # type: ignore[method-assign]
    bench.plan("r1", after=0, url="http://127.0.0.1:9000/fault")
    bench.plan("r2", after=0)
    wait_until(lambda: len(bench.ended) == 2)

    told = {delivery.replica_id: (delivery.state, delivery.note) for delivery in bench.ended}
    assert told["r1"] == (DeliveryState.FAILED, "a fault of the emulator; see its log")
    assert told["r2"][0] is DeliveryState.DELIVERED
    assert "callbacks: a fault of ours" in caplog.text


def test_a_callback_whose_end_cannot_be_noted_stops_no_other(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    outbox = bench.dispatcher._outbox
    finish = outbox.finish

    def fails_for_some(delivery: Delivery) -> None:
        if delivery.replica_id == "r1":
            raise RuntimeError("the store is broken")
        finish(delivery)

    outbox.finish = fails_for_some  # type: ignore[method-assign]
    bench.plan("r1", after=0)
    bench.plan("r2", after=0)
    wait_until(lambda: [delivery.replica_id for delivery in bench.ended] == ["r2"])

    assert bench.sender.sent == ["r1", "r2"]
    assert caplog.text.count("the store is broken") >= 2


def test_more_than_may_be_queued_waits_in_the_store_until_there_is_room(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatcher_module, "_MAX_QUEUED", 3)
    monkeypatch.setattr(dispatcher_module, "_MAX_CLAIMED", 2)
    release = threading.Event()
    bench.sender.answer = lambda target: None if release.wait(30) else "too late"
    for number in range(20):
        bench.plan(f"r{number}", after=0)
    wait_until(lambda: bench.dispatcher._queued >= 3)
    assert bench.dispatcher._queued <= 3 + 2
    release.set()
    wait_until(lambda: len(bench.ended) == 20)

    assert bench.sender.sent == [f"r{number}" for number in range(20)]


def test_a_name_that_no_thread_can_look_up_is_told(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench.dispatcher._background, "try_start", lambda name, target: False)
    bench.plan("r1", after=0, url="http://name.test/")
    wait_until(lambda: bench.ended)

    assert bench.ended[0].state is DeliveryState.HELD_BACK
    assert bench.ended[0].note == "name.test cannot be looked up: the system has no room for one more thread"


def test_a_callback_that_is_cancelled_while_its_name_is_looked_up_is_not_sent(bench: Bench) -> None:
    asked, release = bench.look_up_slowly()
    bench.plan("r1", after=0, url="http://name.test/")
    assert asked.wait(20)
    bench.delete("r1")
    release.set()
    bench.plan("r2", after=0, url="http://name.test/")
    wait_until(lambda: [delivery.replica_id for delivery in bench.ended if delivery.attempts] == ["r2"])

    assert bench.sender.sent == ["r2"]


def test_a_dispatcher_without_a_thread_says_so_and_is_not_running(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.deliveries.stop()
    monkeypatch.setattr(bench.dispatcher._background, "try_start", lambda name, target: False)
    with pytest.raises(ServerError, match="'callbacks' cannot be started"):
        bench.dispatcher.start()

    assert not bench.dispatcher.is_running
