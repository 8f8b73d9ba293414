"""The lane as WSGI middleware: the vendor's API goes to the pipeline, and everything else to the application."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from werkzeug.wsgi import ClosingIterator

from mock_tavus.emulator import Emulator
from mock_tavus.engine.pipeline import OWN_PATHS, Exchanged
from mock_tavus.headers import STALLED
from mock_tavus.http.requests import api_request, path_of
from mock_tavus.messages import phrase
from mock_tavus.wsgi import WsgiApp


class Lane:
    """Answer the vendor's API, in `app.wsgi_app = Lane(app.wsgi_app, emulator)`.

    Args:
        app: The application for everything else.
        emulator: What answers the vendor's API.
    """

    def __init__(self, app: WsgiApp, emulator: Emulator) -> None:
        self._app = app
        self._emulator = emulator

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request, as WSGI asks."""
        if path_of(environ).startswith(OWN_PATHS) and not environ.get(STALLED):
            return self._app(environ, start_response)
        request = api_request(environ, self._emulator.config.max_body_bytes)
        return respond(self._emulator.pipeline.exchange(request), request.method, start_response)


def respond(exchanged: Exchanged, method: str, start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Write a response as WSGI asks; its callbacks may go once the server has closed it.

    Args:
        exchanged: The response.
        method: The request's: HEAD gets no body.
        start_response: The server's.
    """
    response = exchanged.response
    start_response(f"{response.status} {phrase(response.status, 'Unknown')}", response.fields)
    return ClosingIterator([] if method == "HEAD" else [response.body], exchanged.close)
