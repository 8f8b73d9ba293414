"""What every store can do. Each implementation passes these same tests."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, precondition, rule

from mock_tavus.messages import Delivery, DeliveryState, Replica, TrainingPlan
from mock_tavus.store import MemoryStore, Store

A, B = "acct_aaaaaaaaaaaa", "acct_bbbbbbbbbbbb"


def memory_store(*, max_replicas: int = 100, max_ended: int = 100, now: Callable[[], float] = lambda: 0.0) -> Store:
    return MemoryStore(max_replicas, max_ended, lambda replica: replica.plan.ends_at <= now())


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
    known = store.get_delivery(f"cb_{replica_id}", account)
    return None if known is None else store.claim_delivery(known)


def is_pending(store: Store, replica_id: str) -> bool:
    known = store.get_delivery(f"cb_{replica_id}", A)
    return known is not None and store.is_pending(known)


def add(store: Store, *replicas: Replica) -> None:
    for one in replicas:
        store.add_replica(one, [delivery(one)])


def test_accounts_share_nothing(store: Store) -> None:
    add(store, replica("r1", A), replica("r1", B), replica("r2", B))

    assert [one.replica_id for one in store.list_replicas(A)] == ["r1"]
    assert [one.replica_id for one in store.list_replicas(B)] == ["r2", "r1"]
    assert store.get_replica(A, "r2") is None
    assert store.delete_replica(A, "r2") is None
    assert store.rename_replica(A, "r2", "x", 1.0) is None
    assert (store.next_count(A), store.next_count(A), store.next_count(B)) == (0, 1, 0)
    assert [one.account_id for one in store.list_deliveries(A)] == [A]
    assert len(store.list_deliveries()) == 3


def test_a_name_can_be_changed(store: Store) -> None:
    add(store, replica("r1"))

    renamed = store.rename_replica(A, "r1", "New", 5.0)

    assert renamed == store.get_replica(A, "r1")
    assert renamed is not None
    assert (renamed.name, renamed.renamed_at) == ("New", 5.0)


def test_a_deleted_replica_is_gone_and_calls_nobody_back(store: Store) -> None:
    add(store, replica("r1"))

    assert store.delete_replica(A, "r1") == replica("r1")
    assert store.get_replica(A, "r1") is None
    assert store.list_replicas(A) == []
    assert claim(store, "r1") is None
    assert [one.state for one in store.list_deliveries(A)] == [DeliveryState.CANCELLED]
    assert (store.replica_count, store.pending_count) == (0, 0)


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

    assert store.save_delivery(replace(claimed, state=DeliveryState.PLANNED))

    assert is_pending(store, "r1")
    assert store.pending_count == 1
    assert claim(store, "r1") is not None


def test_a_delivery_cancelled_while_it_is_sent_stays_cancelled(store: Store) -> None:
    add(store, replica("r1"))
    claimed = claim(store, "r1")
    assert claimed is not None
    store.delete_replica(A, "r1")

    assert not store.save_delivery(replace(claimed, state=DeliveryState.DELIVERED))
    assert [one.state for one in store.list_deliveries()] == [DeliveryState.CANCELLED]


def test_what_is_unknown_is_neither_claimed_nor_saved(store: Store) -> None:
    assert claim(store, "r1") is None
    assert not store.save_delivery(delivery(replica("r1")))
    assert not is_pending(store, "r1")


@pytest.mark.parametrize("make", STORES)
def test_the_oldest_that_have_ended_are_forgotten_first(make: Callable[..., Store]) -> None:
    store = make(max_replicas=3, now=lambda: 10.0)
    add(store, replica("r1", ends_at=99.0), replica("r2"), replica("r3", B), replica("r4"), replica("r5"))

    assert [one.replica_id for one in store.list_replicas(A)] == ["r5", "r4", "r1"]
    assert store.list_replicas(B) == []
    assert (store.replica_count, store.forgotten_count) == (3, 2)
    # what was forgotten had ended: its callback is on its way, and stays so
    assert claim(store, "r2") is not None


@pytest.mark.parametrize("make", STORES)
def test_if_none_has_ended_the_oldest_is_forgotten_with_its_callback(make: Callable[..., Store]) -> None:
    store = make(max_replicas=2)
    add(store, replica("r1"), replica("r2"), replica("r3"))

    assert [one.replica_id for one in store.list_replicas(A)] == ["r3", "r2"]
    assert claim(store, "r1") is None
    assert (store.replica_count, store.forgotten_count, store.pending_count) == (2, 1, 2)


@pytest.mark.parametrize("make", STORES)
def test_ended_deliveries_are_bounded(make: Callable[..., Store]) -> None:
    store = make(max_ended=2)
    add(store, *[replica(f"r{number}") for number in range(5)])
    for number in range(4):
        claimed = claim(store, f"r{number}")
        assert claimed is not None
        store.save_delivery(replace(claimed, state=DeliveryState.DELIVERED))

    assert [one.delivery_id for one in store.list_deliveries()] == ["cb_r2", "cb_r3", "cb_r4"]
    assert store.pending_count == 1


class StoreMachine(RuleBasedStateMachine):
    """Any order of calls leaves the store as a plain model of it: a list of what was added and not removed."""

    added = Bundle("added")

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.store = memory_store(max_replicas=5, max_ended=3, now=lambda: self.now)
        self.model: list[Replica] = []
        self.forgotten = 0
        self.number = 0

    @rule(target=added, account=st.sampled_from([A, B]), lasts=st.integers(0, 5))
    def add(self, account: str, lasts: int) -> Replica:
        self.number += 1
        one = replica(f"r{self.number}", account, self.now + lasts)
        if len(self.model) == 5:
            ended = [kept for kept in self.model if kept.plan.ends_at <= self.now]
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
        assert (self.store.delete_replica(one.account_id, one.replica_id) is not None) == known

    @rule(one=added, state=st.sampled_from([DeliveryState.DELIVERED, DeliveryState.FAILED, DeliveryState.PLANNED]))
    def send(self, one: Replica, state: DeliveryState) -> None:
        claimed = claim(self.store, one.replica_id, one.account_id)
        if claimed is not None:
            assert self.store.save_delivery(replace(claimed, state=state))

    @rule(by=st.integers(1, 3))
    def pass_time(self, by: int) -> None:
        self.now += by

    @precondition(lambda self: self.model)
    @invariant()
    def every_replica_is_found(self) -> None:
        for one in self.model:
            assert self.store.get_replica(one.account_id, one.replica_id) == one

    @invariant()
    def lists_and_counts_agree(self) -> None:
        for account in (A, B):
            expected = [one for one in reversed(self.model) if one.account_id == account]
            assert self.store.list_replicas(account) == expected
        deliveries = self.store.list_deliveries()
        waiting = [one for one in deliveries if not one.state.is_final]
        assert self.store.replica_count == len(self.model)
        assert self.store.forgotten_count == self.forgotten
        assert self.store.pending_count == len(waiting)
        assert len(deliveries) - len(waiting) <= 3


TestStoreMachine = StoreMachine.TestCase


@pytest.mark.parametrize("make", STORES)
def test_callbacks_that_pile_up_are_bounded(make: Callable[..., Store]) -> None:
    store = make(max_replicas=10, now=lambda: 10.0)
    add(store, *[replica(f"r{number}") for number in range(1000)])

    assert store.pending_count <= 11


def test_a_callback_that_had_the_same_id_before_is_another(store: Store) -> None:
    add(store, replica("r1"))
    before = store.get_delivery("cb_r1", A)
    assert before is not None
    store.drop_account(A)
    store.clear_deliveries(A)
    add(store, replica("r1"))

    assert store.claim_delivery(before) is None
    assert not store.save_delivery(replace(before, state=DeliveryState.DELIVERED))
    assert not store.is_known(before)
    assert is_pending(store, "r1")


def test_replanning_what_is_gone_does_nothing(store: Store) -> None:
    add(store, replica("r1"))
    store.delete_replica(A, "r1")

    assert not store.replan(replica("r1"), [])
    assert store.get_replica(A, "r1") is None
