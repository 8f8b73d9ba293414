"""From a request on the wire to the application behind it, and back."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from urllib.parse import unquote_to_bytes

import h11

from mock_tavus.headers import STALLED, wsgi_headers
from mock_tavus.wire.script import WireAnswer

_EVENTS = "text/event-stream"
"""What never ends by itself: of that, an answer here has what there is at once."""

_FRAMING = ("content-length", "transfer-encoding")  # the body is handed on without its frame

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


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
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], None]:
        started.append((status, headers))
        return lambda data: None

    environ = _environ(head, body, scheme, port)
    environ[STALLED] = is_stalled
    parts = app(environ, start_response)
    status, headers = started[-1]
    is_endless = any(name.lower() == "content-type" and value.startswith(_EVENTS) for name, value in headers)
    said = b"".join(islice(parts, 1) if is_endless else parts)
    code, _, reason = status.partition(" ")
    return WireAnswer(int(code), headers, said, reason), getattr(parts, "close", lambda: None)


def _environ(head: h11.Request, body: bytes, scheme: str, port: int) -> dict[str, Any]:
    path, _, query = head.target.partition(b"?")
    if path.startswith((b"http://", b"https://")):  # the absolute form, which proxies get
        path = b"/" + path.split(b"/", 3)[3] if path.count(b"/") > 2 else b"/"
    environ: dict[str, Any] = {
        "REQUEST_METHOD": head.method.decode("latin-1"),
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query.decode("latin-1"),
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": str(port),
        "SERVER_PROTOCOL": f"HTTP/{head.http_version.decode()}",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    fields = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in head.headers]
    kept = [field for field in fields if field[0] not in _FRAMING]
    return environ | wsgi_headers([*kept, ("content-length", str(len(body)))])
