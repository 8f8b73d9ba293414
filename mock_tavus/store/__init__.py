"""What is remembered, for each account."""

from mock_tavus.store.account import Account
from mock_tavus.store.accounts import Accounts
from mock_tavus.store.memory import MemoryStore
from mock_tavus.store.ports import Store

__all__ = ["Account", "Accounts", "MemoryStore", "Store"]
