"""One API key's own world, as an operation sees it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mock_tavus.clock import AccountClock
from mock_tavus.ids import IdFactory
from mock_tavus.messages import Delivery, Replica
from mock_tavus.store.ports import Store


@dataclass(frozen=True, slots=True)
class Account:
    """Bind the store, the clock and the ids to one account.

    Args:
        account_id: `acct_` and 24 hexadecimal digits; never the key.
        store: Where the account's replicas are.
        clock: The account's time.
        ids: What names its replicas.
    """

    account_id: str
    store: Store
    clock: AccountClock
    ids: IdFactory

    def now(self) -> float:
        """Return the account's moment."""
        return self.clock.now()

    def new_replica_id(self) -> str:
        """Return an id that no replica of the account has had."""
        return self.ids.replica_id(self.account_id, self.store.next_count(self.account_id))

    def training_count(self) -> int:
        """Return how many trainings the account has started."""
        return self.store.training_count(self.account_id)

    def add(self, replica: Replica, deliveries: Sequence[Delivery]) -> None:
        """Remember a new replica and the callbacks planned for it."""
        self.store.add_replica(replica, deliveries)

    def get(self, replica_id: str) -> Replica | None:
        """Return a replica, None if there is none of this id."""
        return self.store.get_replica(self.account_id, replica_id)

    def replicas(self) -> Sequence[Replica]:
        """Return all replicas, the newest first."""
        return self.store.list_replicas(self.account_id)

    def rename(self, replica_id: str, name: str) -> Replica | None:
        """Give a replica another name; None if there is none of this id."""
        return self.store.rename_replica(self.account_id, replica_id, name, self.now())

    def delete(self, replica_id: str) -> Replica | None:
        """Forget a replica and cancel its callbacks; None if there is none of this id."""
        return self.store.delete_replica(self.account_id, replica_id)
