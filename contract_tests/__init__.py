"""Contract tests for anything that speaks, or should speak, the Tavus create-replica API."""

from contract_tests.oracle import Oracle

__all__ = ["Oracle"]
