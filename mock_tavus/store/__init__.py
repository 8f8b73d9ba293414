"""What is remembered, for each account: small ports, and the stores in memory behind them."""

from mock_tavus.store.account import Account
from mock_tavus.store.accounts import Accounts
from mock_tavus.store.changes import Changes, Topic
from mock_tavus.store.memory import memory_stores
from mock_tavus.store.ports import Stores

__all__ = ["Account", "Accounts", "Changes", "Stores", "Topic", "memory_stores"]
