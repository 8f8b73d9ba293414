"""What accounts have created, in memory."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import islice
from threading import RLock

from mock_tavus.messages import Replica

_Key = tuple[str, str]


class _Owned:
    """What one account has: by id, and in the order of its creation."""

    __slots__ = ("by_id", "numbers", "resource_ids")

    def __init__(self) -> None:
        self.by_id: dict[str, tuple[int, Replica]] = {}
        self.numbers: list[int] = []
        self.resource_ids: list[str] = []

    def add(self, number: int, resource: Replica) -> None:
        self.by_id[resource.replica_id] = (number, resource)
        self.numbers.append(number)
        self.resource_ids.append(resource.replica_id)

    def remove(self, resource_id: str) -> Replica:
        number, resource = self.by_id.pop(resource_id)
        place = bisect_left(self.numbers, number)
        del self.numbers[place], self.resource_ids[place]
        return resource

    def page(self, first: int, count: int) -> list[Replica]:
        end = len(self.resource_ids) - first
        wanted = self.resource_ids[max(0, end - count) : max(0, end)]
        return [self.by_id[resource_id][1] for resource_id in reversed(wanted)]


class MemoryResources:
    """Keep resources by account; any page of an account's list costs the same, however long the list is.

    Args:
        lock: Shared by the stores of an emulator.
        max_resources: How many are kept over all accounts. Beyond that the oldest that have ended are forgotten, a
            hundredth of them at once; if none has ended, the oldest of all.
        has_ended: Tells whether a resource's life is over, in its own account's time.
    """

    def __init__(self, lock: RLock, max_resources: int, has_ended: Callable[[Replica], bool]) -> None:
        self._lock = lock
        self._max_resources = max_resources
        self._has_ended = has_ended
        self._accounts: defaultdict[str, _Owned] = defaultdict(_Owned)
        self._by_age: dict[_Key, None] = {}
        self._last_number = 0
        self._forgotten = 0

    def add(self, resource: Replica) -> Sequence[Replica]:
        """Remember a new one; return what was forgotten to make room.

        Args:
            resource: The resource.
        """
        with self._lock:
            forgotten = self._make_room() if len(self._by_age) >= self._max_resources else ()
            self._last_number += 1
            self._accounts[resource.account_id].add(self._last_number, resource)
            self._by_age[resource.account_id, resource.replica_id] = None
            return forgotten

    def get(self, account_id: str, resource_id: str) -> Replica | None:
        """Return one, None if the account has none of this id.

        Args:
            account_id: The account's id.
            resource_id: The resource's id.
        """
        with self._lock:
            found = self._owned(account_id).by_id.get(resource_id)
            return None if found is None else found[1]

    def replace(self, resource: Replica) -> bool:
        """Put `resource` in the place of the one with its id; return False if there is none."""
        with self._lock:
            by_id = self._owned(resource.account_id).by_id
            known = by_id.get(resource.replica_id)
            if known is None:
                return False
            by_id[resource.replica_id] = (known[0], resource)
            return True

    def delete(self, account_id: str, resource_id: str) -> Replica | None:
        """Forget one and return it; None if the account has none of this id.

        Args:
            account_id: The account's id.
            resource_id: The resource's id.
        """
        with self._lock:
            return self._remove((account_id, resource_id)) if (account_id, resource_id) in self._by_age else None

    def page(self, account_id: str, first: int, count: int) -> Sequence[Replica]:
        """Return at most `count` of an account's, the newest first, from the one at place `first`, counted from 0."""
        with self._lock:
            return self._owned(account_id).page(first, count)

    def find(self, account_id: str, resource_ids: Sequence[str]) -> Sequence[Replica]:
        """Return those of an account that have one of these ids, the newest first.

        Args:
            account_id: The account's id.
            resource_ids: The ids that are wanted.
        """
        with self._lock:
            by_id = self._owned(account_id).by_id
            found = {by_id[one][0]: by_id[one][1] for one in resource_ids if one in by_id}
            return [found[number] for number in sorted(found, reverse=True)]

    def latest(self, limit: int, account_id: str | None = None) -> Sequence[Replica]:
        """Return at most `limit` of one account, or of all, the newest first."""
        with self._lock:
            if account_id is not None:
                return self._owned(account_id).page(0, limit)
            keys = islice(reversed(self._by_age), limit)
            return [self._accounts[owner].by_id[resource_id][1] for owner, resource_id in keys]

    def count(self, account_id: str | None = None) -> int:
        """Return how many one account has, or all together.

        Args:
            account_id: The account's id; None for all of them.
        """
        return len(self._by_age) if account_id is None else len(self._owned(account_id).by_id)

    def drop_account(self, account_id: str) -> None:
        """Forget all that an account has created.

        Args:
            account_id: The account's id.
        """
        with self._lock:
            for resource_id in self._accounts.pop(account_id, _Owned()).by_id:
                del self._by_age[account_id, resource_id]

    @property
    def forgotten_count(self) -> int:
        """Return how many were forgotten to make room."""
        return self._forgotten

    def _owned(self, account_id: str) -> _Owned:
        return self._accounts.get(account_id) or _NOTHING

    def _remove(self, key: _Key) -> Replica:
        owned = self._accounts[key[0]]
        del self._by_age[key]
        resource = owned.remove(key[1])
        if not owned.by_id:
            del self._accounts[key[0]]
        return resource

    def _make_room(self) -> Sequence[Replica]:
        # A hundredth at once: the search starts at the oldest, and may pass many that still live.
        wanted = max(1, self._max_resources // 100)
        ended = (key for key in self._by_age if self._has_ended(self._accounts[key[0]].by_id[key[1]][1]))
        victims = list(islice(ended, wanted)) or list(islice(self._by_age, wanted))
        self._forgotten += len(victims)
        return [self._remove(key) for key in victims]


_NOTHING = _Owned()
