"""Contract tests for anything that speaks, or should speak, the Tavus create-replica API."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from contract_tests.oracle import Oracle

__all__ = ["Oracle"]


def __getattr__(name: str) -> Any:
    # pytest loads a plugin from this package in every run, which must cost nothing.
    if name == "Oracle":
        from contract_tests.oracle import Oracle

        return Oracle
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
