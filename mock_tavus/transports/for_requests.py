"""For requests: an adapter, which it has for this."""

from __future__ import annotations

from http.client import HTTPMessage
from io import BytesIO
from types import SimpleNamespace
from typing import Any

from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter
from requests.cookies import extract_cookies_to_jar
from requests.structures import CaseInsensitiveDict

from mock_tavus.messages import ApiResponse
from mock_tavus.transports.backend import Backend, reason


class TavusAdapter(BaseAdapter):
    """Answer a session's calls, in process: `session.mount("https://tavusapi.com", adapter)`.

    Args:
        backend: What answers.
    """

    def __init__(self, backend: Backend) -> None:
        super().__init__()
        self._backend = backend

    def send(self, request: PreparedRequest, *_: Any, **__: Any) -> Response:
        """Return the response to a request; how requests would connect does not matter.

        Args:
            request: The request.
        """
        return respond(self._backend, request, self)

    def close(self) -> None:
        """Do nothing: there are no connections."""


def respond(backend: Backend, request: PreparedRequest, connection: BaseAdapter) -> Response:
    """Return the response to a request.

    Args:
        backend: What answers.
        request: The request.
        connection: The adapter that sends it.
    """
    fields = [(_text(name), _text(value)) for name, value in request.headers.items()]
    with backend.exchange(request.method or "GET", request.url or "/", fields, request.body) as response:
        return _response(response, request, connection)


def _response(answer: ApiResponse, request: PreparedRequest, connection: BaseAdapter) -> Response:
    response = Response()
    response.status_code = answer.status
    response.reason = reason(answer.status)
    fields = answer.fields
    response.headers = CaseInsensitiveDict(fields)
    response.encoding = _encoding(answer.content_type)
    response.url = request.url or ""
    response.request = request
    response.connection = connection  # type: ignore[assignment]
    response.raw = _Raw(b"" if request.method == "HEAD" else answer.body, fields)
    if "set-cookie" in response.headers:
        extract_cookies_to_jar(response.cookies, request, response.raw)  # type: ignore[no-untyped-call]
    return response


class _Raw(BytesIO):
    """What `Response.raw` is read from: a file, with what requests looks at beside it."""

    def __init__(self, body: bytes, fields: list[tuple[str, str]]) -> None:
        super().__init__(body)
        message = HTTPMessage()
        for name, value in fields:
            message[name] = value
        self._original_response = SimpleNamespace(msg=message)
        self.headers = message

    def release_conn(self) -> None:
        """Do nothing: there is no connection."""


def _encoding(content_type: str) -> str | None:
    """Return the encoding that requests would take from a media type."""
    lower = content_type.lower()
    if "charset=" in lower:
        return lower.partition("charset=")[2].strip("'\" ;")
    return "ISO-8859-1" if "text" in lower else "utf-8" if "application/json" in lower else None


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value
