"""Correct clients in several stacks, beside those in examples/clients: the kit must have nothing against them."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

import httpx
import requests


class ClientError(Exception):
    """A create has not succeeded."""

    def __init__(self, message: str, http_status: int | None = None, kind: str = "http") -> None:
        super().__init__(message)
        self.http_status = http_status
        self.kind = kind


def check_key(api_key: str) -> None:
    if not api_key or not api_key.isascii() or not api_key.isprintable():
        raise ClientError("no header may have this key", kind="rejected_locally")


def read_answer(status: int, content: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(content)
    except ValueError:
        answer = None
    if status != 200:
        said = answer.get("error") or answer.get("message") if isinstance(answer, dict) else None
        raise ClientError(f"{status}: {said}", status)
    if not isinstance(answer, dict) or not isinstance(answer.get("replica_id"), str) or not answer["replica_id"]:
        raise ClientError("200 without an id", status, "invalid_response")
    return {"replica_id": answer["replica_id"], "status": answer.get("status")}


_session = requests.Session()


def requests_session(base_url: str, api_key: str, body: dict[str, Any], timeout: float = 30) -> dict[str, Any]:
    """Keep connections open from call to call."""
    check_key(api_key)
    try:
        answer = _session.post(
            f"{base_url}/v2/replicas", json=body, headers={"x-api-key": api_key}, timeout=timeout, allow_redirects=False
        )
    except requests.RequestException as error:
        raise ClientError(str(error), kind="transport") from error
    return read_answer(answer.status_code, answer.content)


def httpx_sync(base_url: str, api_key: str, body: dict[str, Any], timeout: float = 30) -> dict[str, Any]:
    check_key(api_key)
    try:
        answer = httpx.post(f"{base_url}/v2/replicas", json=body, headers={"x-api-key": api_key}, timeout=timeout)
    except httpx.HTTPError as error:
        raise ClientError(str(error), kind="transport") from error
    return read_answer(answer.status_code, answer.content)


async def httpx_async(base_url: str, api_key: str, body: dict[str, Any], *, timeout: float = 30) -> dict[str, Any]:
    check_key(api_key)
    async with httpx.AsyncClient(timeout=timeout) as client:
        try:
            answer = await client.post(f"{base_url}/v2/replicas", json=body, headers={"x-api-key": api_key})
        except httpx.HTTPError as error:
            raise ClientError(str(error), kind="transport") from error
    return read_answer(answer.status_code, answer.content)


def http_client(base_url: str, api_key: str, body: dict[str, Any], timeout: float = 30) -> dict[str, Any]:
    check_key(api_key)
    parts = urlsplit(base_url)
    if parts.scheme == "https":
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(parts.netloc, timeout=timeout)
    else:
        connection = http.client.HTTPConnection(parts.netloc, timeout=timeout)
    headers = {"content-type": "application/json", "x-api-key": api_key}
    try:
        connection.request("POST", f"{parts.path}/v2/replicas", json.dumps(body).encode(), headers)
        answer = connection.getresponse()
        content = answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise ClientError(str(error), kind="transport") from error
    finally:
        connection.close()
    return read_answer(answer.status, content)
