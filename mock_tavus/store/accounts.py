"""All accounts: one for each API key, made when the key is first seen."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from itertools import islice

from mock_tavus.clock import AccountClock, Clock
from mock_tavus.ids import IdFactory
from mock_tavus.store.account import Account
from mock_tavus.store.ports import Store


class Accounts:
    """Open accounts, and forget those that were not used for the longest time when there are too many.

    Args:
        store: Where all accounts have their replicas.
        base_clock: What goes on below each account's own clock.
        ids: What names replicas.
        max_accounts: How many are kept; a forgotten one takes its replicas and callbacks with it.
        on_jump: Called after every jump of any account's clock.
    """

    def __init__(
        self,
        store: Store,
        base_clock: Clock,
        ids: IdFactory,
        max_accounts: int,
        on_jump: Callable[[], None] = lambda: None,
    ) -> None:
        self._store = store
        self._base_clock = base_clock
        self._ids = ids
        self._max_accounts = max_accounts
        self._on_jump = on_jump
        self._lock = threading.Lock()
        self._accounts: OrderedDict[str, Account] = OrderedDict()
        self.forgotten_count = 0

    def open(self, account_id: str) -> Account:
        """Return an account, a new one if it is not known, and count it as used."""
        with self._lock:
            account = self._accounts.get(account_id)
            if account is not None:
                self._accounts.move_to_end(account_id)
                return account
            if len(self._accounts) >= self._max_accounts:
                oldest, _ = self._accounts.popitem(last=False)
                self._store.drop_account(oldest)
                self.forgotten_count += 1
            account = Account(account_id, self._store, AccountClock(self._base_clock, self._on_jump), self._ids)
            self._accounts[account_id] = account
            return account

    def get(self, account_id: str) -> Account | None:
        """Return an account that is known, without counting it as used.

        Without the lock: the store asks for an account's time while it holds its own.
        """
        return self._accounts.get(account_id)

    def beginning_with(self, prefix: str) -> Sequence[str]:
        """Return the ids of the accounts that are known and whose ids begin with `prefix`."""
        with self._lock:
            return [account_id for account_id in self._accounts if account_id.startswith(prefix)]

    def all(self) -> Sequence[Account]:
        """Return every account that is known, the one that was used last at the end."""
        with self._lock:
            return list(self._accounts.values())

    def latest(self, limit: int) -> Sequence[Account]:
        """Return at most so many accounts, the one that was used last first."""
        with self._lock:
            return list(islice(reversed(self._accounts.values()), limit))

    def reset(self, account_id: str) -> None:
        """Forget an account: its replicas, its callbacks, its time."""
        with self._lock:
            self._accounts.pop(account_id, None)
            self._store.drop_account(account_id)
        self._store.clear_deliveries(account_id)
