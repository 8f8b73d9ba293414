"""For requests: an adapter, which it has for this; it is requests' own, on connections that end in the emulator."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any, cast

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from urllib3 import HTTPHeaderDict, HTTPResponse, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPSConnection

from mock_tavus.proxy.hosts import VENDOR_HOST
from mock_tavus.transports.backend import Backend, UnexpectedRequest, reason
from mock_tavus.transports.memory import MemorySocket

_PREFIX = f"https://{VENDOR_HOST}/"
_PLAIN = re.compile(r"[\x20-\x7e\xa0-\xff]*")
"""Header values that `http.client` writes as they stand."""


def send_plainly(backend: Backend, adapter: HTTPAdapter, request: PreparedRequest) -> Response | None:
    """Return the response to a request without a way through `http.client`, which takes half of the time.

    Args:
        backend: What answers.
        adapter: Who sends the request, and makes requests' own response of ours.
        request: The request.

    Returns:
        The response; None where that way could make a difference: retries, delays and spoiled responses, bodies that
        are no bytes, headers that it might refuse, other hosts.
    """
    body = request.body or b""
    url, retries = request.url or "", adapter.max_retries
    if not url.startswith(_PREFIX) or retries.total or retries.connect or not isinstance(body, bytes | str):
        return None
    fields = [("host", VENDOR_HOST), *((name.lower(), value) for name, value in request.headers.items())]
    if not all(isinstance(value, str) and _PLAIN.fullmatch(value) for _, value in fields):
        return None
    content = body.encode() if isinstance(body, str) else body
    method = request.method or "GET"
    call = backend.request(method, adapter.request_url(request, {}), fields, content)
    if backend.may_wait(call):
        return None
    with backend.exchange(call) as answer:
        raw = HTTPResponse(
            body=BytesIO(b"" if method == "HEAD" else answer.body),
            headers=HTTPHeaderDict(answer.fields),
            status=answer.status,
            version=11,
            version_string="HTTP/1.1",
            reason=reason(answer.status),
            preload_content=False,
            decode_content=False,
            request_method=method,
            request_url=url,
        )
        return adapter.build_response(request, raw)


class TavusAdapter(HTTPAdapter):
    """Answer a session's calls, in process: `session.mount("https://tavusapi.com", adapter)`.

    Args:
        backend: What answers.
        options: What requests' own adapter takes: `max_retries`, for one.
    """

    def __init__(self, backend: Backend, **options: Any) -> None:
        self._backend = backend
        super().__init__(**options)

    def send(self, request: PreparedRequest, *arguments: Any, **options: Any) -> Response:
        """Return the response to a request.

        Args:
            request: The request.
            arguments: How requests would connect.
            options: The same, by name.
        """
        response = send_plainly(self._backend, self, request)
        return super().send(request, *arguments, **options) if response is None else response

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        """Have every connection end in the emulator.

        Args:
            arguments: What requests gives to its pools.
            options: The same, by name.
        """
        super().init_poolmanager(*arguments, **options)
        backend = self._backend

        class _Connection(HTTPSConnection):
            def connect(self) -> None:
                if not backend.is_for("https", self.host, self.port):
                    raise UnexpectedRequest(f"{self.host} is not for this adapter, which is mounted there")
                self.sock = cast(Any, MemorySocket(backend))
                self.is_verified = True

        class _Pool(HTTPSConnectionPool):
            ConnectionCls = _Connection

        manager = cast(PoolManager, self.poolmanager)
        manager.pool_classes_by_scheme = {**manager.pool_classes_by_scheme, "https": _Pool}
