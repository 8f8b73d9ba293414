"""What the standard library's HTTP client takes for a socket, with the emulator at its other end.

requests, urllib3 and urllib.request all write their requests through `http.client`. So what the emulator gets is what
would have gone over the wire, and what they make of the response, retries and timeouts, is their own doing.
"""

from __future__ import annotations

from collections.abc import Callable
from io import BufferedReader, BytesIO, RawIOBase
from typing import Any

from mock_tavus.messages import ApiResponse
from mock_tavus.transports.backend import Backend, reason


class MemorySocket:
    """A connection for one request: what is sent is answered once the response is asked for.

    Args:
        backend: What answers.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._sent = bytearray()
        self._timeout: float | None = None

    def sendall(self, data: Any) -> None:
        """Take a part of the request.

        Args:
            data: Bytes, or what has them.
        """
        self._sent += data

    def settimeout(self, timeout: float | None) -> None:
        """Set how long the response may take.

        Args:
            timeout: In seconds; None for as long as it takes.
        """
        self._timeout = timeout

    def makefile(self, *_: Any, **__: Any) -> BufferedReader:
        """Return the response, to be read; it is asked for by the first read, which may raise `TimeoutError`."""
        return BufferedReader(_Response(self._answer))

    def _answer(self) -> bytes:
        request = self._backend.request(*_parsed(bytes(self._sent)))
        with self._backend.exchange(request, self._timeout) as answer:
            return as_written(answer, is_head=request.method == "HEAD")

    def close(self) -> None:
        """Do nothing: there is no connection."""

    shutdown = setsockopt = close


class _Response(RawIOBase):
    """What is read from a connection: nothing is asked for twice, whatever became of the first time."""

    def __init__(self, answer: Callable[[], bytes]) -> None:
        self._answer: Callable[[], bytes] | None = answer
        self._content = BytesIO()

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a `buffer`, and return how many bytes of it: 0 at the end."""
        if self._answer is not None:
            answer, self._answer = self._answer, None
            self._content = BytesIO(answer())
        return self._content.readinto(buffer)


def as_written(answer: ApiResponse, *, is_head: bool) -> bytes:
    """Return a response as bytes; the connection ends with it, so that none outlives what made it.

    Args:
        answer: The response.
        is_head: Whether it has no body because of the request's method.
    """
    fields = [*answer.fields, ("Connection", "close")]
    head = [f"HTTP/1.1 {answer.status} {reason(answer.status)}", *(f"{name}: {value}" for name, value in fields)]
    return "\r\n".join([*head, "", ""]).encode("latin-1", "replace") + (b"" if is_head else answer.body)


def _parsed(sent: bytes) -> tuple[str, str, list[tuple[str, str]], bytes]:
    """Return method, target, header fields and body of a request that `http.client` has written."""
    head, _, body = sent.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ", 2)
    fields = []
    is_chunked = False
    for line in lines:
        name, _, value = line.partition(":")
        fields.append((name.lower(), value.strip()))
        is_chunked = is_chunked or (name.lower() == "transfer-encoding" and "chunked" in value.lower())
    return method, target, fields, _unchunked(body) if is_chunked else body


def _unchunked(body: bytes) -> bytes:
    """Return a body without the marks of its chunks (RFC 9112, section 7.1)."""
    found = bytearray()
    while body:
        size_text, _, rest = body.partition(b"\r\n")
        size = int(size_text.partition(b";")[0], 16)
        if size == 0:
            break
        found += rest[:size]
        body = rest[size + 2 :]
    return bytes(found)
