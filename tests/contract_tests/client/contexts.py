"""A context and exchanges for cases and judges, without any client."""

from __future__ import annotations

from typing import Any

from contract_tests.client.capabilities import OPERATIONS, Capabilities
from contract_tests.client.context import ClientContext
from contract_tests.client.strategies import BodyStrategies
from contract_tests.http.exchange import Exchange
from contract_tests.oracle import Oracle

ENDPOINTS = frozenset({"wire", "other", "prefix", "refused", "tls", "untrusted-tls", "tls-other-name"})


def context(**changed: Any) -> ClientContext:
    """Return a context for a client that can do everything."""
    oracle = Oracle.load()
    usual: dict[str, Any] = {
        "bodies": BodyStrategies(oracle.body_schema("createReplica")),
        "replica": oracle.schema("Replica"),
        "endpoints": ENDPOINTS,
        "capabilities": Capabilities(operations=OPERATIONS),
    }
    return ClientContext(**{**usual, **changed})


def exchanged(raw: bytes, endpoint: str = "wire", status: int | None = 200, **more: Any) -> Exchange:
    """Return an exchange with these bytes as its request."""
    usual: dict[str, Any] = {"withheld_bytes": 0, "ended": "kept", "error": None}
    return Exchange(endpoint, 1, raw, b"", True, status, **{**usual, **more})
