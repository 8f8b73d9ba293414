"""The Flask application: its own routes are the control plane's, everything else is handed to the emulator."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from mock_tavus.emulator import Emulator
from mock_tavus.headers import STALLED
from mock_tavus.http.admin_routes import control_blueprint
from mock_tavus.http.dashboard.routes import dashboard_blueprint
from mock_tavus.http.requests import vendor_request
from mock_tavus.messages import ApiReply


def create_app(emulator: Emulator) -> Flask:
    """Return the WSGI application for an emulator.

    Args:
        emulator: What answers; the caller starts and stops it.
    """
    app = Flask("mock_tavus", static_folder=None)
    app.url_map.merge_slashes = False  # `//__admin` is another path, not a redirect to ours
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.before_request(partial(_answer_early, emulator))
    app.register_blueprint(control_blueprint(emulator))
    app.register_blueprint(dashboard_blueprint(emulator))
    answer = partial(_answer, emulator)
    app.register_error_handler(NotFound, answer)
    app.register_error_handler(MethodNotAllowed, answer)
    app.register_error_handler(HTTPException, _answer_http_error)
    return app


def _answer_early(emulator: Emulator) -> Response | None:
    """Answer what has not come whole in time, wherever it was going, and paths whose slashes Flask leaves out."""
    is_ours = not request.environ.get("PATH_INFO", "").startswith("//")
    return None if is_ours and not request.environ.get(STALLED) else _answer(emulator)


def _answer(emulator: Emulator, _error: HTTPException | None = None) -> Response:
    """Answer what is not the emulator's own: the vendor's API, which routes by its contract."""
    return _respond(emulator, emulator.handle(vendor_request(emulator)))


def _answer_http_error(error: HTTPException) -> Response:
    body = json.dumps({"message": error.name}).encode()
    return Response(body, error.code or 500, content_type="application/json")


def _respond(emulator: Emulator, reply: ApiReply) -> Response:
    response = Response(reply.body, reply.status, list(reply.headers), content_type=reply.content_type)
    if reply.deliveries:
        done: Callable[[], None] = partial(emulator.answered, reply)
        response.call_on_close(done)
    return response
