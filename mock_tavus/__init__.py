"""A local emulator of the Tavus create-replica API."""

from mock_tavus.clock import SystemClock, TestClock
from mock_tavus.config import Config
from mock_tavus.errors import ConfigError, ContractError, MockTavusError, ServerError
from mock_tavus.messages import Delivery, DeliveryAttempt, DeliveryState, JournalEntry
from mock_tavus.server import MockServer
from mock_tavus.version import __version__

__all__ = [
    "Config",
    "ConfigError",
    "ContractError",
    "Delivery",
    "DeliveryAttempt",
    "DeliveryState",
    "JournalEntry",
    "MockServer",
    "MockTavusError",
    "ServerError",
    "SystemClock",
    "TestClock",
    "__version__",
]
