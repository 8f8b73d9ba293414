"""Read, list, rename, delete and wait for replicas with requests: the rest of a client beside `requests_client`.

mock-tavus conform --client examples.clients.replicas --only GET --only LST --only REN --only DEL --only POL
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

import requests

from examples.clients.requests_client import TavusError, create_replica

__all__ = [
    "create_replica",
    "delete_replica",
    "get_replica",
    "list_replicas",
    "rename_replica",
    "wait_for_replica",
]

Json = dict[str, Any]
Send = Callable[[str, str, str, Any, Any, float], tuple[int, Mapping[str, str], Any]]
"""From method, URL, key, query, body and timeout to status, headers and the decoded body."""


def send(method: str, url: str, api_key: str, query: Any, body: Any, timeout: float) -> tuple[int, Any, Any]:
    """Send one request with requests."""
    try:
        response = requests.request(
            method,
            url,
            params=query,
            json=body,
            headers={"x-api-key": api_key},
            timeout=timeout,
            allow_redirects=False,
        )
    except requests.Timeout as error:
        raise TavusError(f"no answer within {timeout:.1f} s", kind="timeout") from error
    except requests.RequestException as error:
        raise TavusError(f"no answer: {error}", kind="transport") from error
    try:
        return response.status_code, response.headers, response.json()
    except ValueError:
        return response.status_code, response.headers, None


class Replicas:
    """The operations on replicas, over whatever sends requests.

    Args:
        send: What sends one request.
    """

    def __init__(self, send: Send) -> None:
        self._send = send

    def get_replica(
        self, base_url: str, api_key: str, replica_id: str, verbose: bool | None = None, timeout: float = 30.0
    ) -> Json:
        """Return one replica.

        Raises:
            TavusError: There is none, or nobody knows.
        """
        query = {} if verbose is None else {"verbose": _text(verbose)}
        answer = self._call("GET", f"{base_url}/v2/replicas/{_segment(replica_id)}", api_key, query, None, timeout)
        return _replica(answer)

    def list_replicas(
        self, base_url: str, api_key: str, *, all: bool = False, timeout: float = 30.0, **given: Any
    ) -> Json:
        """Return one page of replicas, or with `all` every replica, with their count.

        Raises:
            TavusError: The list cannot be read.
        """
        url = f"{base_url}/v2/replicas"
        if not all:
            query = {name: _text(value) for name, value in given.items()}
            answer = self._call("GET", url, api_key, query, None, timeout)
            return {"replicas": _items(answer), "total_count": answer.get("total_count")}
        deadline = time.monotonic() + timeout
        found: dict[str, Json] = {}
        page = 1
        while True:
            left = _left(deadline)
            answer = self._call("GET", url, api_key, {"limit": "100", "page": str(page)}, None, left)
            new = {item["replica_id"]: item for item in _items(answer) if item["replica_id"] not in found}
            if not new:  # an empty page, or one that was read before
                return {"replicas": list(found.values()), "total_count": len(found)}
            found |= new
            page += 1

    def rename_replica(
        self, base_url: str, api_key: str, replica_id: str, replica_name: str, timeout: float = 30.0
    ) -> None:
        """Give a replica another name.

        Raises:
            TavusError: It has not got it, or nobody knows.
        """
        url = f"{base_url}/v2/replicas/{_segment(replica_id)}/name"
        self._call("PATCH", url, api_key, {}, {"replica_name": replica_name}, timeout, wants_body=False)

    def delete_replica(
        self, base_url: str, api_key: str, replica_id: str, hard: bool | None = None, timeout: float = 30.0
    ) -> None:
        """Delete a replica, with `hard` its media, too.

        Raises:
            TavusError: It has not been deleted, or nobody knows.
        """
        query = {} if hard is None else {"hard": _text(hard)}
        url = f"{base_url}/v2/replicas/{_segment(replica_id)}"
        self._call("DELETE", url, api_key, query, None, timeout, wants_body=False)

    def wait_for_replica(
        self, base_url: str, api_key: str, replica_id: str, interval: float = 10.0, timeout: float = 6 * 3600.0
    ) -> Json:
        """Wait for the end of a training, and return its status.

        Raises:
            TavusError: The training failed, the replica is gone, or the time is over.
        """
        deadline = time.monotonic() + timeout
        url = f"{base_url}/v2/replicas/{_segment(replica_id)}"
        while True:
            pause = interval
            try:
                status, headers, answer = self._send("GET", url, api_key, {}, None, _left(deadline))
            except TavusError as error:
                if error.kind == "rejected_locally":
                    raise
                status, headers, answer = 0, {}, None  # a poll that failed says nothing of the training
            if status == 200 and isinstance(answer, dict):
                if answer.get("status") == "completed":
                    return {"status": "completed"}
                if answer.get("status") == "error":
                    raise TavusError(f"the training failed: {answer.get('error_message')}")
            elif status in (429, 503):
                pause = max(interval, _retry_after(headers))
            elif 400 <= status < 500:
                raise _refusal(status, answer)
            if time.monotonic() + pause >= deadline:
                raise TavusError(f"the training has not ended within {timeout:g} s", kind="timeout")
            threading.Event().wait(pause)

    def _call(
        self, method: str, url: str, api_key: str, query: Any, body: Any, timeout: float, *, wants_body: bool = True
    ) -> Json:
        status, _, answer = self._send(method, url, api_key, query, body, timeout)
        if status != 200:
            raise _refusal(status, answer)
        if wants_body and not isinstance(answer, dict):
            raise TavusError("the API answered 200, and no object", http_status=200, kind="invalid_response")
        return answer if isinstance(answer, dict) else {}


def _segment(replica_id: str) -> str:
    if replica_id in ("", ".", ".."):
        raise TavusError(f"{replica_id!r} is no replica_id", kind="rejected_locally")
    return quote(replica_id, safe="")


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(value) if isinstance(value, list) else str(value)


def _replica(answer: Json) -> Json:
    if not isinstance(answer.get("replica_id"), str):
        raise TavusError("the API answered 200 without a replica_id", http_status=200, kind="invalid_response")
    return answer


def _items(answer: Json) -> list[Json]:
    items = answer.get("data")
    if not isinstance(items, list):
        raise TavusError("the API answered 200 without a list", http_status=200, kind="invalid_response")
    return [item for item in items if isinstance(item, dict) and isinstance(item.get("replica_id"), str)]


def _refusal(status: int, answer: Any) -> TavusError:
    said = (answer.get("error") or answer.get("message")) if isinstance(answer, dict) else None
    return TavusError(f"the API answered {status}: {said or 'it did not say why'}", http_status=status)


def _retry_after(headers: Mapping[str, str]) -> float:
    value = headers.get("retry-after", "")
    return float(value) if value.isascii() and value.isdigit() else 0.0


def _left(deadline: float) -> float:
    return max(0.05, deadline - time.monotonic())


_replicas = Replicas(send)
get_replica = _replicas.get_replica
list_replicas = _replicas.list_replicas
rename_replica = _replicas.rename_replica
delete_replica = _replicas.delete_replica
wait_for_replica = _replicas.wait_for_replica
