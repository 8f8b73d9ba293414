"""What every way into a WSGI application shares."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
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

    def start_response(status: str, headers: Fields, exc_info: Any = None) -> Callable[[bytes], None]:
        started.append((status, headers))
        return lambda data: None

    parts = app(environ, start_response)
    return *started[-1], parts


def close(parts: Iterable[bytes]) -> None:
    """Tell an application that its response has been written, or cannot be.

    Args:
        parts: The parts of its response.
    """
    getattr(parts, "close", lambda: None)()


def is_endless(headers: Fields) -> bool:
    """Return whether a response with these `headers` is a stream of events, which does not end for itself."""
    return any(name.lower() == "content-type" and value.startswith(_EVENTS) for name, value in headers)
