"""Create a replica with requests: how a client looks that the conformance kit has nothing against but warnings."""

from __future__ import annotations

import json
from typing import Any

import requests


class TavusError(Exception):
    """A create has not succeeded.

    Args:
        message: What to tell the user.
        http_status: What the API answered; None if no answer was understood.
        kind: `http`, `transport`, `timeout`, `invalid_response` or `rejected_locally`.
    """

    def __init__(self, message: str, *, http_status: int | None = None, kind: str = "http") -> None:
        super().__init__(message)
        self.http_status = http_status
        self.kind = kind


def create_replica(base_url: str, api_key: str, body: dict[str, Any], timeout: float = 30.0) -> dict[str, str]:
    """Start a training, once, and return its replica_id and status.

    Raises:
        TavusError: It has not been started, or nobody knows: look before you try again, for a training costs money.
    """
    if not api_key or not api_key.isprintable():
        raise TavusError("the API key is empty, or has characters that no header may have", kind="rejected_locally")
    try:
        response = requests.post(
            f"{base_url}/v2/replicas",
            json=body,
            headers={"x-api-key": api_key},
            timeout=timeout,
            allow_redirects=False,  # requests would take the key along, and turn the POST into a GET
        )
    except requests.Timeout as error:
        raise TavusError(f"no answer within {timeout} s", kind="timeout") from error
    except requests.RequestException as error:
        raise TavusError(f"no answer: {error}", kind="transport") from error
    return read_answer(response.status_code, response.content)


def read_answer(status: int, content: bytes) -> dict[str, str]:
    """Return what a 200 says, if it says what is documented."""
    try:
        answer = json.loads(content)
    except ValueError:
        answer = None
    if status != 200:
        said = (answer.get("error") or answer.get("message")) if isinstance(answer, dict) else None
        raise TavusError(f"the API answered {status}: {said or 'it did not say why'}", http_status=status)
    replica_id = answer.get("replica_id") if isinstance(answer, dict) else None
    if not isinstance(replica_id, str) or not replica_id:
        raise TavusError("the API answered 200 without a replica_id", http_status=200, kind="invalid_response")
    return {"replica_id": replica_id, "status": str(answer.get("status"))}
