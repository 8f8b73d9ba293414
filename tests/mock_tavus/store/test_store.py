"""What every store can do. Each implementation passes these same tests."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, precondition, rule

from mock_tavus.clock import ClockState, TestClock
from mock_tavus.ids import SeededIds
from mock_tavus.messages import Delivery, DeliveryState, Replica, TrainingPlan
from mock_tavus.store import Account, Accounts, Stores, memory_stores

A, B = "acct_aaaaaaaaaaaa", "acct_bbbbbbbbbbbb"


class Store:
    """Every port of one implementation, as an emulator uses them together."""

    def __init__(self, stores: Stores, clock: TestClock) -> None:
        self.stores = stores
        self.clock = clock
        self.accounts = Accounts(stores, clock, SeededIds(1))

    def account(self, account_id: str) -> Account:
        return self.accounts.open(account_id)

    def replicas(self, account_id: str) -> list[Replica]:
        return list(self.account(account_id).page(0, 10_000))

    def claimed(self) -> list[Delivery]:
        return list(self.stores.deliveries.claim_due(self.clock.now(), 0.0, 10_000))

    def advance(self, seconds: float) -> None:
        self.clock.advance(seconds)


def memory_store(*, max_replicas: int = 100, max_ended: int = 100, now: float = 0.0) -> Store:
    clock = TestClock(now)
    stores = memory_stores(
        clock,
        lambda replica: replica.plan.ends_at <= clock.now(),
        max_resources=max_replicas,
        journal_size=max_ended,
    )
    return Store(stores, clock)


STORES = [memory_store]


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest) -> Store:
    made: Store = request.param()
    return made


def replica(replica_id: str, account: str = A, ends_at: float = 1.0) -> Replica:
    return Replica(replica_id, account, "Rio", TrainingPlan(0.0, ends_at))


def delivery(of: Replica) -> Delivery:
    return Delivery(f"cb_{of.replica_id}", of.account_id, of.replica_id, "http://127.0.0.1/", {}, of.plan.ends_at)


def claim(store: Store, replica_id: str, account: str = A) -> Delivery | None:
    """Take one callback, whenever it is due; what else is due goes back."""
    due = list(store.stores.deliveries.claim_due(math.inf, math.inf, 10_000))
    for other in due:
        if (other.replica_id, other.account_id) != (replica_id, account):
            store.stores.deliveries.finish(replace(other, state=DeliveryState.PLANNED))
    return next((one for one in due if (one.replica_id, one.account_id) == (replica_id, account)), None)


def is_pending(store: Store, replica_id: str) -> bool:
    known = store.stores.deliveries.get(f"cb_{replica_id}", A)
    return known is not None and known.state is DeliveryState.PLANNED


def add(store: Store, *replicas: Replica) -> None:
    for one in replicas:
        for planned in store.account(one.account_id).add(one, [delivery(one)]):
            store.stores.deliveries.release(planned)


def test_accounts_share_nothing(store: Store) -> None:
    add(store, replica("r1", A), replica("r1", B), replica("r2", B))

    assert [one.replica_id for one in store.replicas(A)] == ["r1"]
    assert [one.replica_id for one in store.replicas(B)] == ["r2", "r1"]
    assert store.account(A).get("r2") is None
    assert store.account(A).delete("r2") is None
    assert store.account(A).rename("r2", "x") is None
    assert [store.account(one).count_creation("x", None) for one in (A, A, B)] == [0, 1, 0]
    assert [one.account_id for one in store.stores.deliveries.find(A)] == [A]
    assert len(store.stores.deliveries.find()) == 3


def test_a_name_can_be_changed(store: Store) -> None:
    add(store, replica("r1"))

    store.advance(5.0)
    renamed = store.account(A).rename("r1", "New")

    assert renamed == store.account(A).get("r1")
    assert renamed is not None
    assert (renamed.name, renamed.renamed_at) == ("New", 5.0)


def test_a_deleted_replica_is_gone_and_calls_nobody_back(store: Store) -> None:
    add(store, replica("r1"))

    assert store.account(A).delete("r1") == replica("r1")
    assert store.account(A).get("r1") is None
    assert store.replicas(A) == []
    assert claim(store, "r1") is None
    assert [one.state for one in store.stores.deliveries.find(A)] == [DeliveryState.CANCELLED]
    assert (store.stores.resources.count(), store.stores.deliveries.pending_count) == (0, 0)


def test_one_of_many_gets_a_delivery(store: Store) -> None:
    add(store, replica("r1"))
    claimed: list[Delivery | None] = []
    together = threading.Barrier(8)

    def claim_it() -> None:
        together.wait()
        claimed.append(claim(store, "r1"))

    threads = [threading.Thread(target=claim_it) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(claimed) == 8
    assert sum(one is not None for one in claimed) == 1


def test_a_delivery_that_is_to_be_tried_again_can_be_claimed_again(store: Store) -> None:
    add(store, replica("r1"))
    claimed = claim(store, "r1")
    assert claimed is not None
    assert not is_pending(store, "r1")

    assert store.stores.deliveries.finish(replace(claimed, state=DeliveryState.PLANNED))

    assert is_pending(store, "r1")
    assert store.stores.deliveries.pending_count == 1
    assert claim(store, "r1") is not None


def test_a_delivery_cancelled_while_it_is_sent_stays_cancelled(store: Store) -> None:
    add(store, replica("r1"))
    claimed = claim(store, "r1")
    assert claimed is not None
    store.account(A).delete("r1")

    assert not store.stores.deliveries.finish(replace(claimed, state=DeliveryState.DELIVERED))
    assert [one.state for one in store.stores.deliveries.find()] == [DeliveryState.CANCELLED]


def test_what_is_unknown_is_neither_claimed_nor_saved(store: Store) -> None:
    assert claim(store, "r1") is None
    assert not store.stores.deliveries.finish(delivery(replica("r1")))
    assert not is_pending(store, "r1")


@pytest.mark.parametrize("make", STORES)
def test_the_oldest_that_have_ended_are_forgotten_first(make: Callable[..., Store]) -> None:
    store = make(max_replicas=3, now=10.0)
    add(store, replica("r1", ends_at=99.0), replica("r2"), replica("r3", B), replica("r4"), replica("r5"))

    assert [one.replica_id for one in store.replicas(A)] == ["r5", "r4", "r1"]
    assert store.replicas(B) == []
    assert (store.stores.resources.count(), store.stores.resources.forgotten_count) == (3, 2)
    # what was forgotten had ended: its callback is on its way, and stays so
    assert claim(store, "r2") is not None


@pytest.mark.parametrize("make", STORES)
def test_if_none_has_ended_the_oldest_is_forgotten_with_its_callback(make: Callable[..., Store]) -> None:
    store = make(max_replicas=2)
    add(store, replica("r1"), replica("r2"), replica("r3"))

    assert [one.replica_id for one in store.replicas(A)] == ["r3", "r2"]
    assert claim(store, "r1") is None
    assert (
        store.stores.resources.count(),
        store.stores.resources.forgotten_count,
        store.stores.deliveries.pending_count,
    ) == (2, 1, 2)


@pytest.mark.parametrize("make", STORES)
def test_ended_deliveries_are_bounded(make: Callable[..., Store]) -> None:
    store = make(max_ended=2)
    add(store, *[replica(f"r{number}") for number in range(5)])
    for number in range(4):
        claimed = claim(store, f"r{number}")
        assert claimed is not None
        store.stores.deliveries.finish(replace(claimed, state=DeliveryState.DELIVERED))

    assert [one.delivery_id for one in store.stores.deliveries.find()] == ["cb_r2", "cb_r3", "cb_r4"]
    assert store.stores.deliveries.pending_count == 1


class StoreMachine(RuleBasedStateMachine):
    """Any order of calls leaves the store as a plain model of it: a list of what was added and not removed."""

    added = Bundle("added")

    def __init__(self) -> None:
        super().__init__()
        self.store = memory_store(max_replicas=5, max_ended=3, now=0.0)
        self.model: list[Replica] = []
        self.forgotten = 0
        self.number = 0

    @rule(target=added, account=st.sampled_from([A, B]), lasts=st.integers(0, 5))
    def add(self, account: str, lasts: int) -> Replica:
        self.number += 1
        one = replica(f"r{self.number}", account, self.store.clock.now() + lasts)
        if len(self.model) == 5:
            ended = [kept for kept in self.model if kept.plan.ends_at <= self.store.clock.now()]
            self.model.remove((ended or self.model)[0])
            self.forgotten += 1
        self.model.append(one)
        add(self.store, one)
        return one

    @rule(one=added)
    def delete(self, one: Replica) -> None:
        known = one in self.model
        if known:
            self.model.remove(one)
        assert (self.store.account(one.account_id).delete(one.replica_id) is not None) == known

    @rule(one=added, state=st.sampled_from([DeliveryState.DELIVERED, DeliveryState.FAILED, DeliveryState.PLANNED]))
    def send(self, one: Replica, state: DeliveryState) -> None:
        claimed = claim(self.store, one.replica_id, one.account_id)
        if claimed is not None:
            assert self.store.stores.deliveries.finish(replace(claimed, state=state))

    @rule(by=st.integers(1, 3))
    def pass_time(self, by: int) -> None:
        self.store.advance(by)

    @precondition(lambda self: self.model)
    @invariant()
    def every_replica_is_found(self) -> None:
        for one in self.model:
            assert self.store.account(one.account_id).get(one.replica_id) == one

    @invariant()
    def lists_and_counts_agree(self) -> None:
        for account in (A, B):
            expected = [one for one in reversed(self.model) if one.account_id == account]
            assert self.store.replicas(account) == expected
        deliveries = self.store.stores.deliveries.find()
        waiting = [one for one in deliveries if not one.state.is_final]
        assert self.store.stores.resources.count() == len(self.model)
        assert self.store.stores.resources.forgotten_count == self.forgotten
        assert self.store.stores.deliveries.pending_count == len(waiting)
        assert len(deliveries) - len(waiting) <= 3


TestStoreMachine = StoreMachine.TestCase


@pytest.mark.parametrize("make", STORES)
def test_callbacks_that_pile_up_are_bounded(make: Callable[..., Store]) -> None:
    store = make(max_replicas=10, now=10.0)
    add(store, *[replica(f"r{number}") for number in range(1000)])

    assert store.stores.deliveries.pending_count <= 11


def test_a_callback_that_had_the_same_id_before_is_another(store: Store) -> None:
    add(store, replica("r1"))
    before = store.stores.deliveries.get("cb_r1", A)
    assert before is not None
    store.accounts.reset(A)
    add(store, replica("r1"))

    assert not store.stores.deliveries.is_claimed(before)
    assert not store.stores.deliveries.finish(replace(before, state=DeliveryState.DELIVERED))
    assert store.stores.deliveries.now(before.serial) is None
    assert is_pending(store, "r1")


def test_replanning_what_is_gone_does_nothing(store: Store) -> None:
    add(store, replica("r1"))
    store.account(A).delete("r1")

    assert store.account(A).replan(replica("r1"), []) is None
    assert store.account(A).get("r1") is None


def test_a_budget_is_checked_and_counted_in_one_step(store: Store) -> None:
    together = threading.Barrier(8)
    granted: list[int | None] = []

    def create() -> None:
        together.wait()
        granted.append(store.account(A).count_creation("replica", 3))

    threads = [threading.Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(one for one in granted if one is not None) == [0, 1, 2]


def test_callbacks_are_claimed_in_the_order_in_which_they_fall_due(store: Store) -> None:
    add(store, replica("r1", ends_at=3.0), replica("r2", ends_at=1.0), replica("r3", B, ends_at=2.0))

    assert store.stores.deliveries.next_due()[0] == 1.0
    assert store.claimed() == []
    store.advance(3.0)
    assert [one.replica_id for one in store.claimed()] == ["r2", "r3", "r1"]
    assert store.claimed() == []


def test_each_account_has_its_own_time(store: Store) -> None:
    add(store, replica("r1", ends_at=10.0), replica("r2", B, ends_at=10.0))
    store.account(A).freeze()
    store.advance(100.0)

    assert [one.replica_id for one in store.claimed()] == ["r2"]
    assert store.stores.deliveries.next_due()[0] == math.inf
    store.account(A).advance(9.0)
    assert store.claimed() == []
    store.account(A).advance(1.0)
    assert [one.replica_id for one in store.claimed()] == ["r1"]


def test_what_is_held_back_in_real_time_waits_for_that(store: Store) -> None:
    one = replica("r1", ends_at=0.0)
    (planned,) = store.account(A).add(one, [delivery(one)])
    assert store.claimed() == []  # not released
    store.stores.deliveries.release(planned, not_before=50.0)

    assert store.claimed() == []
    assert store.stores.deliveries.next_due() == (math.inf, 50.0)
    assert [due.replica_id for due in store.stores.deliveries.claim_due(0.0, 50.0, 10)] == ["r1"]


def test_a_jump_of_one_of_many_accounts_moves_that_account(store: Store) -> None:
    for number in range(20):
        account = f"acct_{number}"
        add(store, *(replica(f"r{number}-{place}", account, ends_at=100.0 + place) for place in range(3)))
    store.account("acct_7").advance(100.0)

    assert [one.replica_id for one in store.claimed()] == ["r7-0"]
    store.account("acct_7").resume()
    store.account("acct_7").advance(50.0)
    assert [one.replica_id for one in store.claimed()] == ["r7-1", "r7-2"]


def test_any_page_of_a_list_is_there(store: Store) -> None:
    add(store, *(replica(f"r{number}") for number in range(25)))
    for gone in (3, 20, 24):
        store.account(A).delete(f"r{gone}")
    left = [f"r{number}" for number in reversed(range(25)) if number not in (3, 20, 24)]

    pages = [[one.replica_id for one in store.account(A).page(first, 10)] for first in (0, 10, 20, 30)]

    assert pages == [left[:10], left[10:20], left[20:], []]
    assert [one.replica_id for one in store.account(A).find(["r5", "r3", "r9", "r5"])] == ["r9", "r5"]


def test_a_clock_is_set_in_one_step(store: Store) -> None:
    store.account(A)
    old = store.stores.accounts.clock(A)

    assert store.stores.accounts.set_clock(A, old, ClockState(5.0))
    assert not store.stores.accounts.set_clock(A, old, ClockState(6.0))
    assert store.account(A).now() == store.clock.now() + 5.0
