"""A local emulator of the Tavus create-replica API."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mock_tavus.admin.account import TavusAccount
    from mock_tavus.admin.context import AdminError
    from mock_tavus.clock import SystemClock, TestClock
    from mock_tavus.config import Config
    from mock_tavus.errors import ConfigError, ContractError, MockTavusError, ServerError
    from mock_tavus.messages import Delivery, DeliveryAttempt, DeliveryState, MaskedExchange
    from mock_tavus.messages import MaskedExchange as JournalEntry
    from mock_tavus.server.embedded import MockServer
    from mock_tavus.transports.backend import UnexpectedRequest
    from mock_tavus.transports.in_process import InProcess
    from mock_tavus.transports.intercept import intercept
    from mock_tavus.version import __version__

__all__ = [
    "AdminError",
    "Config",
    "ConfigError",
    "ContractError",
    "Delivery",
    "DeliveryAttempt",
    "DeliveryState",
    "InProcess",
    "JournalEntry",
    "MaskedExchange",
    "MockServer",
    "MockTavusError",
    "ServerError",
    "SystemClock",
    "TavusAccount",
    "TestClock",
    "UnexpectedRequest",
    "__version__",
    "intercept",
]

_HOMES = {
    "mock_tavus.admin.account": ("TavusAccount",),
    "mock_tavus.admin.context": ("AdminError",),
    "mock_tavus.clock": ("SystemClock", "TestClock"),
    "mock_tavus.config": ("Config",),
    "mock_tavus.errors": ("ConfigError", "ContractError", "MockTavusError", "ServerError"),
    "mock_tavus.messages": ("Delivery", "DeliveryAttempt", "DeliveryState", "JournalEntry", "MaskedExchange"),
    "mock_tavus.server.embedded": ("MockServer",),
    "mock_tavus.transports.in_process": ("InProcess",),
    "mock_tavus.transports.intercept": ("intercept",),
    "mock_tavus.transports.backend": ("UnexpectedRequest",),
    "mock_tavus.version": ("__version__",),
}


def __getattr__(name: str) -> Any:
    """Return a public name, whose module is loaded when it is first asked for: importing the package costs nothing."""
    for module, names in _HOMES.items():
        if name in names:
            value = globals()[name] = getattr(import_module(module), name)
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
