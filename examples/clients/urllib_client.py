"""Create a replica with the standard library alone."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any


class TavusError(Exception):
    """A create has not succeeded; `http_status` is what the API answered, None if no answer was understood."""

    def __init__(self, message: str, http_status: int | None = None) -> None:
        super().__init__(message)
        self.http_status = http_status


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None  # a redirect is told as what it is: the key goes nowhere else


def create_replica(base_url: str, api_key: str, body: dict[str, Any], timeout: float = 30.0) -> dict[str, Any]:
    """Start a training, once, and return its replica_id and status.

    Raises:
        TavusError: It has not been started, or nobody knows: look before you try again, for a training costs money.
    """
    if not api_key or "\r" in api_key or "\n" in api_key:
        raise TavusError("the API key is empty, or has a line break in it")
    request = urllib.request.Request(  # noqa: S310 - the caller says where
        f"{base_url}/v2/replicas",
        data=json.dumps(body).encode(),
        headers={"content-type": "application/json", "x-api-key": api_key},
        method="POST",
    )
    try:
        with urllib.request.build_opener(_NoRedirects).open(request, timeout=timeout) as response:
            status, content = response.status, response.read(1_000_000)
            if response.read(1):
                raise TavusError("the answer is too large", status)
            if response.length:
                raise TavusError("the answer broke off", status)
    except urllib.error.HTTPError as error:
        raise TavusError(f"the API answered {error.code}: {_said(error.read(1_000_000))}", error.code) from error
    except (OSError, ValueError) as error:
        raise TavusError(f"no answer: {error}") from error
    answer = _decode(content)
    if status != 200 or not isinstance(answer, dict):
        raise TavusError(f"the API answered {status}, and not what is documented", status)
    replica_id = answer.get("replica_id")
    if not isinstance(replica_id, str) or not replica_id:
        raise TavusError("the API answered 200 without a replica_id", status)
    return answer


def _decode(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return None


def _said(content: bytes) -> str:
    answer = _decode(content)
    said = (answer.get("error") or answer.get("message")) if isinstance(answer, dict) else None
    return str(said or "it did not say why")
