"""Correct clients of every operation, in several stacks: the kit must have nothing against them.

Each class has the operations of `examples.clients.replicas` over another way to send requests; the two for httpx are
modules of their own by name only: `readers:Httpx`, `readers:HttpClient`.
"""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx

from examples.clients.replicas import Replicas
from examples.clients.requests_client import TavusError
from tests.contract_tests.clients import correct


def _decoded(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return None


def send_httpx(method: str, url: str, api_key: str, query: Any, body: Any, timeout: float) -> tuple[int, Any, Any]:
    try:
        headers = {"x-api-key": api_key}
        response = httpx.request(method, url, params=query or None, json=body, headers=headers, timeout=timeout)
    except httpx.HTTPError as error:
        raise TavusError(str(error), kind="transport") from error
    return response.status_code, response.headers, _decoded(response.content)


def send_http_client(
    method: str, url: str, api_key: str, query: Any, body: Any, timeout: float
) -> tuple[int, Any, Any]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=timeout)
    headers = {"x-api-key": api_key}
    content = None
    if body is not None:
        headers["content-type"] = "application/json"
        content = json.dumps(body).encode()
    target = f"{parts.path}?{urlencode(query)}" if query else parts.path
    try:
        connection.request(method, target, content, headers)
        response = connection.getresponse()
        said = response.read()
        status, received = response.status, {name.lower(): value for name, value in response.getheaders()}
    except (OSError, http.client.HTTPException) as error:
        raise TavusError(str(error), kind="transport") from error
    finally:
        connection.close()
    return status, received, _decoded(said)


class _Httpx(Replicas):
    create_replica = staticmethod(correct.httpx_sync)


class _HttpClient(Replicas):
    create_replica = staticmethod(correct.http_client)


Httpx = _Httpx(send_httpx)
HttpClient = _HttpClient(send_http_client)


class _Asynchronous:
    """The same, awaited, as a client on asyncio is."""

    create_replica = staticmethod(correct.httpx_async)

    def __init__(self, replicas: Replicas) -> None:
        self._replicas = replicas

    async def get_replica(self, *given: Any, timeout: float = 30, **more: Any) -> Any:
        return self._replicas.get_replica(*given, **{**more, "timeout": timeout})

    async def list_replicas(self, *given: Any, timeout: float = 30, **more: Any) -> Any:
        return self._replicas.list_replicas(*given, **{**more, "timeout": timeout})

    async def wait_for_replica(self, *given: Any, interval: float = 10, timeout: float = 30, **more: Any) -> Any:
        return self._replicas.wait_for_replica(*given, **{**more, "interval": interval, "timeout": timeout})


Asynchronous = _Asynchronous(Httpx)
