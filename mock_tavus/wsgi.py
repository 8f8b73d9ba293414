"""What every way into a WSGI application shares."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any

Fields = list[tuple[str, str]]
WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

_EVENTS = "text/event-stream"


def base_environ(scheme: str, server: tuple[str, int]) -> dict[str, Any]:
    """Return what an environment has whatever the request is.

    Args:
        scheme: `http` or `https`.
        server: Where the request came: an address and a port.
    """
    return {
        "SCRIPT_NAME": "",
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1]),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scheme,
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }


def call(app: WsgiApp, environ: dict[str, Any]) -> tuple[str, Fields, Iterable[bytes]]:
    """Return the status line, the header fields and the parts of an application's response; `close` ends it.

    Args:
        app: The application.
        environ: The request.
    """
    started: list[tuple[str, Fields]] = []
    written: list[bytes] = []

    def start_response(status: str, headers: Fields, exc_info: Any = None) -> Callable[[bytes], None]:
        started.append((status, headers))
        return written.append

    parts = app(environ, start_response)
    if started and not written:
        return *started[-1], parts
    # An application that is a generator says how it responds with its first part, if it has one (PEP 3333).
    rest = iter(parts)
    first = next(rest, b"")
    if not started:
        raise RuntimeError("the application did not say how it responds")
    return *started[-1], _Parts(parts, chain(written, [first], rest))


class _Parts:
    """The parts of a response of which some are known already."""

    def __init__(self, application_parts: Iterable[bytes], parts: Iterator[bytes]) -> None:
        self._application_parts = application_parts
        self._parts = parts

    def __iter__(self) -> Iterator[bytes]:
        return self._parts

    def close(self) -> None:
        """Tell the application that its response has been written, or cannot be."""
        close(self._application_parts)


def close(parts: Iterable[bytes]) -> None:
    """Tell an application that its response has been written, or cannot be.

    Args:
        parts: The parts of its response.
    """
    getattr(parts, "close", lambda: None)()


def is_endless(headers: Fields) -> bool:
    """Return whether a response with these `headers` is a stream of events, which does not end for itself."""
    return any(name.lower() == "content-type" and value.startswith(_EVENTS) for name, value in headers)
