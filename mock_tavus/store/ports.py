"""What every store can do. The same contract tests hold for each implementation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from mock_tavus.messages import Delivery, Replica


class Store(Protocol):
    """Remember replicas and callbacks, for several threads at once.

    Everything belongs to an account, named by its id; no method sees two accounts at once unless it says so.
    """

    def next_count(self, account_id: str) -> int:
        """Return how many replicas the account has asked for before this one, counting this one from now on."""
        ...

    def add_replica(self, replica: Replica, deliveries: Sequence[Delivery] = ()) -> None:
        """Remember a new replica and its planned callbacks, and forget old ones if there are too many."""
        ...

    def get_replica(self, account_id: str, replica_id: str) -> Replica | None:
        """Return a replica, or None if the account has none of this id."""
        ...

    def list_replicas(self, account_id: str) -> Sequence[Replica]:
        """Return an account's replicas, the newest first."""
        ...

    def rename_replica(self, account_id: str, replica_id: str, name: str, at: float) -> Replica | None:
        """Give a replica another name, and return it; None if the account has none of this id."""
        ...

    def delete_replica(self, account_id: str, replica_id: str) -> Replica | None:
        """Forget a replica, cancel its callbacks, and return it; None if the account has none of this id."""
        ...

    def drop_account(self, account_id: str) -> None:
        """Forget an account's replicas, and cancel their callbacks."""
        ...

    def clear_deliveries(self, account_id: str | None = None) -> None:
        """Forget the ended callbacks of one account, or of all."""
        ...

    def replan(self, replica: Replica, deliveries: Sequence[Delivery]) -> bool:
        """Put a replica with a new plan, and new callbacks, in the place of the old. False if it is gone meanwhile."""
        ...

    def get_delivery(self, delivery_id: str, account_id: str | None = None) -> Delivery | None:
        """Return a callback of one account, or of any."""
        ...

    def add_delivery(self, delivery: Delivery) -> None:
        """Remember one more planned callback."""
        ...

    def claim_delivery(self, delivery: Delivery) -> Delivery | None:
        """Take a planned callback for sending. One caller gets it; everyone else, or a cancelled one, gets None."""
        ...

    def save_delivery(self, delivery: Delivery) -> bool:
        """Replace a callback that the caller has claimed. False if it has been cancelled meanwhile: keep it so."""
        ...

    def is_known(self, delivery: Delivery) -> bool:
        """Return whether a callback is remembered and has not been cancelled."""
        ...

    def is_pending(self, delivery: Delivery) -> bool:
        """Return whether a callback still waits for its time."""
        ...

    def list_deliveries(self, account_id: str | None = None) -> Sequence[Delivery]:
        """Return the callbacks of one account, or of all, the oldest first."""
        ...

    def latest_replicas(self, limit: int, account_id: str | None = None) -> Sequence[Replica]:
        """Return at most so many replicas of one account, or of all, the newest first."""
        ...

    def latest_deliveries(self, limit: int, account_id: str | None = None) -> Sequence[Delivery]:
        """Return at most so many callbacks of one account, or of all, the newest first."""
        ...

    def training_count(self, account_id: str) -> int:
        """Return how many trainings an account has started."""
        ...

    def training_counts(self) -> Mapping[str, int]:
        """Return how many trainings each account has started."""
        ...

    @property
    def replica_count(self) -> int:
        """Return how many replicas are kept, over all accounts."""
        ...

    @property
    def pending_count(self) -> int:
        """Return how many callbacks have not ended, over all accounts."""
        ...

    @property
    def forgotten_count(self) -> int:
        """Return how many replicas were forgotten to make room."""
        ...
