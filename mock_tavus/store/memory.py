"""The default store: what it knows ends with the process."""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from mock_tavus.messages import Delivery, DeliveryState, Replica

_Key = tuple[str, str]


class MemoryStore:
    """Keep everything in dictionaries, behind one lock.

    Args:
        max_replicas: How many replicas are kept over all accounts. Beyond that the oldest whose training has ended are
            forgotten, a hundredth of them at once; if none has ended, the oldest of all, with their callbacks.
        max_ended_deliveries: How many callbacks are remembered after they have ended, the oldest forgotten first.
        has_ended: Tells whether a replica's training is over, in its own account's time.
    """

    def __init__(self, max_replicas: int, max_ended_deliveries: int, has_ended: Callable[[Replica], bool]) -> None:
        self._max_replicas = max_replicas
        self._max_ended = max_ended_deliveries
        self._has_ended = has_ended
        self._lock = threading.Lock()
        self._counts: defaultdict[str, int] = defaultdict(int)
        self._accounts: defaultdict[str, dict[str, Replica]] = defaultdict(dict)
        self._by_age: dict[_Key, None] = {}
        self._deliveries: dict[_Key, Delivery] = {}
        self._pending: defaultdict[_Key, set[str]] = defaultdict(set)
        self._pending_total = 0
        self._ended: deque[tuple[_Key, int]] = deque()
        self._forgotten = 0

    def next_count(self, account_id: str) -> int:
        """Return how many replicas the account has asked for before this one."""
        with self._lock:
            count = self._counts[account_id]
            self._counts[account_id] = count + 1
            return count

    def add_replica(self, replica: Replica, deliveries: Sequence[Delivery] = ()) -> None:
        """Remember a new replica and its planned callbacks, and forget old ones if there are too many."""
        with self._lock:
            if len(self._by_age) >= self._max_replicas:
                self._make_room()
            self._accounts[replica.account_id][replica.replica_id] = replica
            self._by_age[replica.account_id, replica.replica_id] = None
            for delivery in deliveries:
                self._add_delivery(delivery)

    def get_replica(self, account_id: str, replica_id: str) -> Replica | None:
        """Return a replica, or None if the account has none of this id."""
        with self._lock:
            return self._replicas(account_id).get(replica_id)

    def list_replicas(self, account_id: str) -> Sequence[Replica]:
        """Return an account's replicas, the newest first."""
        with self._lock:
            return list(reversed(self._replicas(account_id).values()))

    def rename_replica(self, account_id: str, replica_id: str, name: str, at: float) -> Replica | None:
        """Give a replica another name, and return it; None if the account has none of this id."""
        with self._lock:
            replicas = self._replicas(account_id)
            if (replica := replicas.get(replica_id)) is None:
                return None
            replicas[replica_id] = replace(replica, name=name, renamed_at=at)
            return replicas[replica_id]

    def delete_replica(self, account_id: str, replica_id: str) -> Replica | None:
        """Forget a replica, cancel its callbacks, and return it; None if the account has none of this id."""
        with self._lock:
            replica = self._remove((account_id, replica_id))
            self._cancel_deliveries((account_id, replica_id))
            return replica

    def drop_account(self, account_id: str) -> None:
        """Forget an account's replicas, and cancel their callbacks."""
        with self._lock:
            for replica_id in list(self._replicas(account_id)):
                self._remove((account_id, replica_id))
                self._cancel_deliveries((account_id, replica_id))
            self._counts.pop(account_id, None)

    def clear_deliveries(self, account_id: str | None = None) -> None:
        """Forget the ended callbacks of one account, or of all."""
        with self._lock:
            ended = [key for key, item in self._deliveries.items() if item.state.is_final]
            for key in ended:
                if account_id in (None, key[0]):
                    del self._deliveries[key]
            self._ended = deque((key, serial) for key, serial in self._ended if key in self._deliveries)

    def replan(self, replica: Replica, deliveries: Sequence[Delivery]) -> bool:
        """Put a replica with a new plan, and new callbacks, in the place of the old; False if it is gone meanwhile."""
        key = (replica.account_id, replica.replica_id)
        with self._lock:
            if key not in self._by_age:
                return False
            self._accounts[key[0]][key[1]] = replica
            self._cancel_deliveries(key)
            for delivery in deliveries:
                self._add_delivery(delivery)
            return True

    def get_delivery(self, delivery_id: str, account_id: str | None = None) -> Delivery | None:
        """Return a callback of one account, or of any."""
        with self._lock:
            if account_id is not None:
                return self._deliveries.get((account_id, delivery_id))
            return next((item for key, item in self._deliveries.items() if key[1] == delivery_id), None)

    def add_delivery(self, delivery: Delivery) -> None:
        """Remember one more planned callback."""
        with self._lock:
            self._add_delivery(delivery)

    def claim_delivery(self, delivery: Delivery) -> Delivery | None:
        """Take a planned callback for sending; None if it was taken already, or cancelled."""
        with self._lock:
            known = self._known(delivery)
            if known is None or known.state is not DeliveryState.PLANNED:
                return None
            claimed = replace(known, state=DeliveryState.SENDING)
            self._deliveries[known.account_id, known.delivery_id] = claimed
            return claimed

    def save_delivery(self, delivery: Delivery) -> bool:
        """Replace a callback that the caller has claimed; False if it has been cancelled meanwhile."""
        with self._lock:
            known = self._known(delivery)
            if known is None or known.state.is_final:
                return False
            self._put(delivery)
            return True

    def is_known(self, delivery: Delivery) -> bool:
        """Return whether a callback is remembered and has not been cancelled."""
        with self._lock:
            known = self._known(delivery)
            return known is not None and known.state is not DeliveryState.CANCELLED

    def is_pending(self, delivery: Delivery) -> bool:
        """Return whether a callback still waits for its time."""
        with self._lock:
            known = self._known(delivery)
            return known is not None and known.state is DeliveryState.PLANNED

    def list_deliveries(self, account_id: str | None = None) -> Sequence[Delivery]:
        """Return the callbacks of one account, or of all, the oldest first."""
        with self._lock:
            return [item for key, item in self._deliveries.items() if account_id in (None, key[0])]

    def latest_replicas(self, limit: int, account_id: str | None = None) -> Sequence[Replica]:
        """Return at most so many replicas of one account, or of all, the newest first."""
        with self._lock:
            if account_id is not None:
                return list(islice(reversed(self._replicas(account_id).values()), limit))
            return [self._accounts[owner][replica_id] for owner, replica_id in islice(reversed(self._by_age), limit)]

    def latest_deliveries(self, limit: int, account_id: str | None = None) -> Sequence[Delivery]:
        """Return at most so many callbacks of one account, or of all, the newest first."""
        with self._lock:
            wanted = (item for key, item in reversed(self._deliveries.items()) if account_id in (None, key[0]))
            return list(islice(wanted, limit))

    def training_count(self, account_id: str) -> int:
        """Return how many trainings an account has started."""
        with self._lock:
            return self._counts.get(account_id, 0)

    def training_counts(self) -> Mapping[str, int]:
        """Return how many trainings each account has started."""
        with self._lock:
            return dict(self._counts)

    @property
    def replica_count(self) -> int:
        """Return how many replicas are kept, over all accounts."""
        return len(self._by_age)

    @property
    def pending_count(self) -> int:
        """Return how many callbacks have not ended, over all accounts."""
        return self._pending_total

    @property
    def forgotten_count(self) -> int:
        """Return how many replicas were forgotten to make room."""
        return self._forgotten

    def _replicas(self, account_id: str) -> dict[str, Replica]:
        return self._accounts.get(account_id, {})

    def _known(self, delivery: Delivery) -> Delivery | None:
        known = self._deliveries.get((delivery.account_id, delivery.delivery_id))
        return known if known is not None and known.serial == delivery.serial else None

    def _add_delivery(self, delivery: Delivery) -> None:
        self._deliveries[delivery.account_id, delivery.delivery_id] = delivery
        self._pending[delivery.account_id, delivery.replica_id].add(delivery.delivery_id)
        self._pending_total += 1

    def _remove(self, key: _Key) -> Replica | None:
        account_id, replica_id = key
        replicas = self._replicas(account_id)
        replica = replicas.pop(replica_id, None)
        if replica is not None:
            del self._by_age[key]
        if not replicas:
            self._accounts.pop(account_id, None)
        return replica

    def _make_room(self) -> None:
        # A hundredth at once: the search starts at the oldest, and may pass many that are still in training.
        wanted = max(1, self._max_replicas // 100)
        ended = list(islice((key for key in self._by_age if self._has_ended(self._accounts[key[0]][key[1]])), wanted))
        victims = ended or list(islice(self._by_age, wanted))
        for key in victims:
            self._remove(key)
            # What has ended may still be on its way; but callbacks that pile up before a dead receiver are bounded too.
            if not ended or self._pending_total > self._max_replicas:
                self._cancel_deliveries(key)
        self._forgotten += len(victims)

    def _cancel_deliveries(self, key: _Key) -> None:
        for delivery_id in list(self._pending.get(key, ())):
            delivery = self._deliveries[key[0], delivery_id]
            self._put(replace(delivery, state=DeliveryState.CANCELLED))

    def _put(self, delivery: Delivery) -> None:
        key = (delivery.account_id, delivery.delivery_id)
        self._deliveries[key] = delivery
        if delivery.state.is_final:
            self._end(key, (delivery.account_id, delivery.replica_id))

    def _end(self, key: _Key, replica_key: _Key) -> None:
        waiting = self._pending[replica_key]
        waiting.discard(key[1])
        if not waiting:
            del self._pending[replica_key]
        self._pending_total -= 1
        self._ended.append((key, self._deliveries[key].serial))
        while len(self._ended) > self._max_ended:
            old, serial = self._ended.popleft()
            if old in self._deliveries and self._deliveries[old].serial == serial:
                del self._deliveries[old]
