"""Put the stores in memory together, behind one lock."""

from __future__ import annotations

import threading
from collections.abc import Callable

from mock_tavus.clock import Clock
from mock_tavus.messages import Replica
from mock_tavus.store.changes import Changes
from mock_tavus.store.inboxes import Inboxes
from mock_tavus.store.memory.accounts import MemoryAccounts
from mock_tavus.store.memory.deliveries import MemoryDeliveries
from mock_tavus.store.memory.journal import MemoryJournal
from mock_tavus.store.memory.resources import MemoryResources
from mock_tavus.store.memory.scenarios import MemoryScenarios
from mock_tavus.store.ports import Stores


def memory_stores(
    clock: Clock,
    has_ended: Callable[[Replica], bool],
    *,
    max_accounts: int = 10_000,
    max_resources: int = 100_000,
    journal_size: int = 1000,
) -> Stores:
    """Return stores that keep everything in this process.

    Args:
        clock: For real time.
        has_ended: Tells whether a resource's life is over, in its own account's time: it is forgotten first.
        max_accounts: How many accounts are kept.
        max_resources: How many resources are kept over all accounts.
        journal_size: How many exchanges, and how many ended callbacks, are kept.
    """
    lock = threading.RLock()
    changes = Changes(clock)
    return Stores(
        accounts=MemoryAccounts(lock, max_accounts),
        resources=MemoryResources(lock, max_resources, has_ended),
        deliveries=MemoryDeliveries(lock, journal_size),
        scenarios=MemoryScenarios(lock),
        journal=MemoryJournal(lock, journal_size),
        inboxes=Inboxes(changes),
        changes=changes,
        transaction=lambda: lock,
    )
