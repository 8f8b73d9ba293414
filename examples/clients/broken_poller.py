"""A client that waits for a training as such clients are often written. The kit finds four defects.

1. It puts the id into the path as it is.
2. It waits for the progress to be 100/100, though a training at 100/100 can still fail.
3. One failed poll ends the wait.
4. It lists one page, and takes it for all.
"""

from __future__ import annotations

import threading
import time
from typing import Any

import requests

from examples.clients.requests_client import TavusError, create_replica

__all__ = ["create_replica", "get_replica", "list_replicas", "wait_for_replica"]


def get_replica(base_url: str, api_key: str, replica_id: str, timeout: float = 30.0) -> dict[str, Any]:
    """Return one replica."""
    response = requests.get(
        f"{base_url}/v2/replicas/{replica_id}", headers={"x-api-key": api_key}, timeout=timeout, allow_redirects=False
    )
    if response.status_code != 200:
        raise TavusError(response.text, http_status=response.status_code)
    return dict(response.json())


def list_replicas(
    base_url: str, api_key: str, all: bool = False, timeout: float = 30.0, **given: Any
) -> list[dict[str, Any]]:
    """Return replicas."""
    query = {name: str(value).lower() if isinstance(value, bool) else value for name, value in given.items()}
    if "replica_ids" in query:
        query["replica_ids"] = ",".join(query["replica_ids"])
    response = requests.get(
        f"{base_url}/v2/replicas",
        params=query,
        headers={"x-api-key": api_key},
        timeout=timeout,
        allow_redirects=False,
    )
    if response.status_code != 200:
        raise TavusError(response.text, http_status=response.status_code)
    return list(response.json()["data"])


def wait_for_replica(
    base_url: str, api_key: str, replica_id: str, interval: float = 5.0, timeout: float = 6 * 3600.0
) -> str:
    """Wait for the end of a training."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        replica = get_replica(base_url, api_key, replica_id, timeout=max(0.1, deadline - time.monotonic()))
        if replica.get("status") == "error":
            raise TavusError(f"training failed: {replica.get('error_message')}")
        if replica.get("training_progress") == "100/100":
            return "completed"
        threading.Event().wait(interval)
    raise TavusError("the training takes too long", kind="timeout")
