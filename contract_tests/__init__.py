"""Contract tests for anything that speaks, or should speak, the Tavus create-replica API."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from contract_tests.api import ConformOptions, callable_client, command_client, conform
    from contract_tests.failures import KitError
    from contract_tests.oracle import Oracle
    from contract_tests.receiver.application import Hooks
    from contract_tests.receiver.session import ReceiverSubject
    from contract_tests.report import Report

__all__ = [
    "ConformOptions",
    "Hooks",
    "KitError",
    "Oracle",
    "ReceiverSubject",
    "Report",
    "callable_client",
    "command_client",
    "conform",
]

_HOMES = {
    "ConformOptions": "contract_tests.api",
    "Hooks": "contract_tests.receiver.application",
    "KitError": "contract_tests.failures",
    "Oracle": "contract_tests.oracle",
    "ReceiverSubject": "contract_tests.receiver.session",
    "Report": "contract_tests.report",
    "callable_client": "contract_tests.api",
    "command_client": "contract_tests.api",
    "conform": "contract_tests.api",
}


def __getattr__(name: str) -> Any:
    # pytest loads a plugin from this package in every run, which must cost nothing.
    import importlib

    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
