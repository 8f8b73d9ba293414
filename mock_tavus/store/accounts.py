"""All accounts: one for each API key, made when the key is first seen."""

from __future__ import annotations

from collections.abc import Sequence

from mock_tavus.clock import BaseClock, ClockState
from mock_tavus.ids import IdFactory
from mock_tavus.store.account import Account
from mock_tavus.store.ports import Stores


class Accounts:
    """Open accounts, and take along what belongs to those that are forgotten.

    Args:
        stores: Where everything is.
        base: The clock below each account's own.
        ids: What names resources.
    """

    def __init__(self, stores: Stores, base: BaseClock, ids: IdFactory) -> None:
        self._stores = stores
        self._base = base
        self._ids = ids

    def open(self, account_id: str) -> Account:
        """Return an account, a new one if it is not known, and count it as used.

        Args:
            account_id: The account's id.
        """
        forgotten = self._stores.accounts.open(account_id)
        if forgotten is not None:
            self._drop(forgotten)
        return Account(account_id, self._stores, self._base, self._ids)

    def get(self, account_id: str) -> Account | None:
        """Return an account that is known, without counting it as used.

        Args:
            account_id: The account's id.
        """
        known = self._stores.accounts.has(account_id)
        return Account(account_id, self._stores, self._base, self._ids) if known else None

    def beginning_with(self, prefix: str) -> Sequence[str]:
        """Return the ids of the accounts that are known and whose ids begin with `prefix`."""
        return [account_id for account_id in self._stores.accounts.known() if account_id.startswith(prefix)]

    def all(self) -> Sequence[Account]:
        """Return every account that is known, the one that was used last at the end."""
        return self.latest()[::-1]

    def latest(self, limit: int | None = None) -> Sequence[Account]:
        """Return at most `limit` accounts, the one that was used last first."""
        known = self._stores.accounts.known(limit)
        return [Account(account_id, self._stores, self._base, self._ids) for account_id in known]

    def reset(self, account_id: str) -> None:
        """Forget an account: its replicas, its callbacks, its time.

        Args:
            account_id: The account's id.
        """
        with self._stores.transaction():
            self._stores.accounts.forget(account_id)
            self._drop(account_id)
            self._stores.deliveries.clear(account_id)

    @property
    def forgotten_count(self) -> int:
        """Return how many accounts were forgotten to make room."""
        return self._stores.accounts.forgotten_count

    def _drop(self, account_id: str) -> None:
        with self._stores.transaction():
            self._stores.resources.drop_account(account_id)
            self._stores.deliveries.cancel(account_id)
            self._stores.deliveries.set_clock(account_id, ClockState())
