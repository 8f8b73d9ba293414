"""A correct client that can run once at a time: it holds a lock for as long as it lives."""

from __future__ import annotations

import fcntl
import tempfile
from pathlib import Path
from typing import Any

from tests.contract_tests.clients.correct import http_client

_lock = (Path(tempfile.gettempdir()) / "mock-tavus-single-client.lock").open("w")
fcntl.flock(_lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


def create_replica(base_url: str, api_key: str, body: dict[str, Any], timeout: float = 30) -> dict[str, Any]:
    return http_client(base_url, api_key, body, timeout)
