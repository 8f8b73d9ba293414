"""The Flask application: `/__admin`, `/__inbox` and the dashboard, and the lane for all that is the vendor's."""

from __future__ import annotations

import json
from functools import partial

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from mock_tavus.admin import AdminPlane
from mock_tavus.emulator import Emulator
from mock_tavus.http.admin_routes import admin_blueprint
from mock_tavus.http.dashboard.routes import dashboard_blueprint
from mock_tavus.http.middleware import Lane
from mock_tavus.http.requests import api_request


def create_app(emulator: Emulator) -> Flask:
    """Return the WSGI application for an emulator.

    Args:
        emulator: What answers; the caller starts and stops it.
    """
    app = Flask("mock_tavus", static_folder=None)
    app.url_map.merge_slashes = False  # `//__admin` is another path, not a redirect to ours
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.register_blueprint(admin_blueprint(AdminPlane(emulator)))
    app.register_blueprint(dashboard_blueprint(emulator))
    answer = partial(_not_ours, emulator)
    app.register_error_handler(NotFound, answer)
    app.register_error_handler(MethodNotAllowed, answer)
    app.register_error_handler(HTTPException, _answer_http_error)
    app.wsgi_app = Lane(app.wsgi_app, emulator)  # type: ignore[method-assign]
    return app


def _not_ours(emulator: Emulator, _error: HTTPException) -> Response:
    """Answer what looks like ours and is not, as the vendor's API would."""
    exchanged = emulator.pipeline.exchange(api_request(request.environ, emulator.config.max_body_bytes))
    with exchanged as response:
        return Response(response.body, response.status, list(response.headers), content_type=response.content_type)


def _answer_http_error(error: HTTPException) -> Response:
    body = json.dumps({"message": error.name}).encode()
    return Response(body, error.code or 500, content_type="application/json")
