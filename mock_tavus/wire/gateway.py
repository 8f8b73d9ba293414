"""From a request on the wire to the application behind it, and back."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import Any
from urllib.parse import unquote_to_bytes

import h11

from mock_tavus.headers import STALLED, wsgi_headers
from mock_tavus.wire.script import WireAnswer
from mock_tavus.wsgi import WsgiApp, base_environ, call, close, is_endless

_FRAMING = ("content-length", "transfer-encoding")  # the body is handed on without its frame


@dataclass(slots=True)
class WireRequest:
    """One request as h11 reads it.

    Args:
        head: Method, target and headers; None as long as they have not come.
        body: The bytes of the body, without what frames them.
        is_complete: Whether all of it has come.
    """

    head: h11.Request | None = None
    body: bytearray = field(default_factory=bytearray)
    is_complete: bool = False

    def header(self, name: bytes) -> bytes | None:
        """Return the first header of this name, in lower case.

        Args:
            name: Its name.
        """
        if self.head is None:
            return None
        return next((value for one, value in self.head.headers if one == name), None)

    @property
    def keeps_connection(self) -> bool:
        """Return whether another request may follow on the connection."""
        if self.head is None or self.head.http_version != b"1.1":
            return False
        return b"close" not in (self.header(b"connection") or b"").lower()


def ask(
    app: WsgiApp, head: h11.Request, body: bytes, scheme: str, port: int, *, is_stalled: bool = False
) -> tuple[WireAnswer, Callable[[], None]]:
    """Hand a request on, and return the answer, with what is to be called once it has been written.

    Args:
        app: What answers.
        head: Method, target and headers.
        body: Without what frames it.
        scheme: `http` or `https`.
        port: Where it came.
        is_stalled: Whether the rest of the body has not come in time.
    """
    environ = _environ(head, body, scheme, port)
    environ[STALLED] = is_stalled
    status, headers, parts = call(app, environ)
    said = b"".join(islice(parts, 1) if is_endless(headers) else parts)  # what there is at once of what never ends
    code, _, reason = status.partition(" ")
    return WireAnswer(int(code), headers, said, reason), partial(close, parts)


def _environ(head: h11.Request, body: bytes, scheme: str, port: int) -> dict[str, Any]:
    path, _, query = head.target.partition(b"?")
    if path.startswith((b"http://", b"https://")):  # the absolute form, which proxies get
        path = b"/" + path.split(b"/", 3)[3] if path.count(b"/") > 2 else b"/"
    environ = {
        **base_environ(scheme, ("127.0.0.1", port)),
        "REQUEST_METHOD": head.method.decode("latin-1"),
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query.decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{head.http_version.decode()}",
        "wsgi.input": io.BytesIO(body),
    }
    fields = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in head.headers]
    kept = [field for field in fields if field[0] not in _FRAMING]
    return environ | wsgi_headers([*kept, ("content-length", str(len(body)))])
