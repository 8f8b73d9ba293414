"""Accounts in memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from itertools import islice
from threading import RLock

from mock_tavus.clock import ClockState

_REAL_TIME = ClockState()


class _Account:
    __slots__ = ("clock", "creations")

    def __init__(self) -> None:
        self.clock = _REAL_TIME
        self.creations: dict[str, int] = {}


class MemoryAccounts:
    """Keep accounts in the order of their last use.

    Args:
        lock: Shared by the stores of an emulator.
        max_accounts: How many are kept; beyond that, the one not used for the longest time is forgotten.
    """

    def __init__(self, lock: RLock, max_accounts: int) -> None:
        self._lock = lock
        self._max_accounts = max_accounts
        self._accounts: OrderedDict[str, _Account] = OrderedDict()
        self._forgotten = 0

    def open(self, account_id: str) -> str | None:
        """Note that an account is used, a new one if it is not known; return the id of the one forgotten for it.

        Args:
            account_id: The account's id.
        """
        with self._lock:
            if account_id in self._accounts:
                self._accounts.move_to_end(account_id)
                return None
            oldest = None
            if len(self._accounts) >= self._max_accounts:
                oldest, _ = self._accounts.popitem(last=False)
                self._forgotten += 1
            self._accounts[account_id] = _Account()
            return oldest

    def clock(self, account_id: str) -> ClockState:
        """Return an account's clock; one that goes with the base clock if the account is not known.

        Args:
            account_id: The account's id.
        """
        account = self._accounts.get(account_id)
        return _REAL_TIME if account is None else account.clock

    def set_clock(self, account_id: str, old: ClockState, new: ClockState) -> bool:
        """Replace an account's clock in one step; return False if it is not `old` any more."""
        with self._lock:
            account = self._accounts.get(account_id)
            if account is None or account.clock != old:
                return False
            account.clock = new
            return True

    def count_creation(self, account_id: str, family: str, limit: int | None) -> int | None:
        """Count one more creation in one step; return how many there were, None if that would go beyond `limit`."""
        with self._lock:
            creations = self._accounts.setdefault(account_id, _Account()).creations
            count = creations.get(family, 0)
            if limit is not None and count >= limit:
                return None
            creations[family] = count + 1
            return count

    def creations(self, family: str) -> Mapping[str, int]:
        """Return how much of `family` each account has created."""
        with self._lock:
            return {
                account_id: account.creations[family]
                for account_id, account in self._accounts.items()
                if family in account.creations
            }

    def forget(self, account_id: str) -> None:
        """Forget an account's clock and counts.

        Args:
            account_id: The account's id.
        """
        with self._lock:
            self._accounts.pop(account_id, None)

    def known(self, limit: int | None = None) -> Sequence[str]:
        """Return the ids of at most `limit` accounts, the one that was used last first."""
        with self._lock:
            return list(islice(reversed(self._accounts), limit))

    def has(self, account_id: str) -> bool:
        """Return whether an account is known, without counting that as use.

        Args:
            account_id: The account's id.
        """
        return account_id in self._accounts

    @property
    def forgotten_count(self) -> int:
        """Return how many accounts were forgotten to make room."""
        return self._forgotten
