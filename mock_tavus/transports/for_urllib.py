"""For urllib.request and urllib3: their own response objects, over bytes that never were on a wire."""

from __future__ import annotations

import urllib.request
from collections.abc import Mapping
from http.client import HTTPResponse
from io import BytesIO
from typing import Any, cast

import urllib3

from mock_tavus.messages import ApiResponse
from mock_tavus.transports.backend import Backend, reason


class _Bytes:
    """What `http.client` takes for a socket: it is read, and nothing else."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def makefile(self, *_: Any, **__: Any) -> BytesIO:
        """Return what is read."""
        return BytesIO(self._content)


def open_request(backend: Backend, request: urllib.request.Request) -> HTTPResponse:
    """Return the response to a request of urllib.request, as its handlers return it.

    Args:
        backend: What answers.
        request: The request.
    """
    fields = {**request.headers, **request.unredirected_hdrs}
    method = request.get_method()
    with backend.exchange(method, request.full_url, fields.items(), cast(Any, request.data)) as answer:
        response = HTTPResponse(cast(Any, _Bytes(_as_written(answer))), method=method)
    response.begin()
    response.url = request.full_url
    response.msg = response.reason  # type: ignore[assignment]
    return response


def urlopen(
    backend: Backend, pool: Any, method: str, url: str, body: Any, headers: Mapping[str, str] | None, **options: Any
) -> urllib3.BaseHTTPResponse:
    """Return the response to a request of urllib3, as its pools return it.

    Args:
        backend: What answers.
        pool: The pool that was asked.
        method: As it was given.
        url: The path and the query.
        body: What is sent.
        headers: The header fields; None for the pool's own.
        options: What else the pool was given.
    """
    given = pool.headers if headers is None else headers
    with backend.exchange(method, url, dict(given).items(), body) as answer:
        return urllib3.HTTPResponse(
            body=BytesIO(b"" if method == "HEAD" else answer.body),
            headers=urllib3.HTTPHeaderDict(answer.fields),
            status=answer.status,
            version=11,
            version_string="HTTP/1.1",
            reason=reason(answer.status),
            preload_content=options.get("preload_content", True),
            decode_content=options.get("decode_content", True),
            request_method=method,
            request_url=url,
        )


def _as_written(answer: ApiResponse) -> bytes:
    head = [f"HTTP/1.1 {answer.status} {reason(answer.status)}", *(f"{name}: {value}" for name, value in answer.fields)]
    return "\r\n".join([*head, "", ""]).encode("latin-1", "replace") + answer.body
