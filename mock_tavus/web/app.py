"""The Flask application: its routes are the contract's, everything else is handed on to be refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.routing import Rule

from mock_tavus.contract import Operation
from mock_tavus.emulator import Emulator
from mock_tavus.models import ApiReply, ApiRequest
from mock_tavus.web.control import control_blueprint


def create_app(emulator: Emulator) -> Flask:
    """Return the WSGI application for an emulator.

    Args:
        emulator: What answers; the caller starts and stops it.
    """
    app = Flask("mock_tavus", static_folder=None)
    app.url_map.merge_slashes = False  # `//v2/replicas` is another path, not a redirect to ours
    app.json.sort_keys = False  # type: ignore[attr-defined]
    for operation in emulator.contract.operations.values():
        app.url_map.add(_rule(operation))
        app.view_functions[operation.operation_id] = partial(_answer, emulator, operation.operation_id)
    app.register_blueprint(control_blueprint(emulator))
    unmatched = partial(_answer_unmatched, emulator)
    app.register_error_handler(NotFound, unmatched)
    app.register_error_handler(MethodNotAllowed, unmatched)
    app.register_error_handler(HTTPException, _answer_http_error)
    return app


def _rule(operation: Operation) -> Rule:
    path = operation.path.replace("{", "<").replace("}", ">")
    return Rule(path, endpoint=operation.operation_id, methods=[operation.method], strict_slashes=True)


def _answer(emulator: Emulator, operation_id: str | None, **path_parameters: str) -> Response:
    return _respond(emulator, emulator.handle(_api_request(emulator, operation_id, path_parameters)))


def _answer_unmatched(emulator: Emulator, _error: HTTPException) -> Response:
    return _answer(emulator, None)


def _answer_http_error(error: HTTPException) -> Response:
    body = json.dumps({"message": error.name}).encode()
    return Response(body, error.code or 500, content_type="application/json")


def _api_request(emulator: Emulator, operation_id: str | None, path_parameters: dict[str, str]) -> ApiRequest:
    environ = request.environ
    body, too_large = _read_body(environ, emulator.config.max_body_bytes)
    return ApiRequest(
        method=request.method,
        path=request.path,
        headers=_headers(environ),
        body=body,
        query=environ.get("QUERY_STRING", ""),
        operation_id=operation_id,
        path_parameters=path_parameters,
        too_large=too_large,
    )


def _read_body(environ: dict[str, Any], limit: int) -> tuple[bytes, bool]:
    """Return the body, at most as long as the limit, and whether there is more."""
    length = environ.get("CONTENT_LENGTH") or ""
    chunked = environ.get("wsgi.input_terminated") and environ.get("HTTP_TRANSFER_ENCODING")
    if not (length.isascii() and length.isdigit()) and not chunked:
        return b"", False
    if length and int(length[:19]) > limit and not chunked:
        return b"", True  # not read at all: the client may be about to send gigabytes
    stream = environ["wsgi.input"] if environ.get("wsgi.input_terminated") else request.stream
    body = stream.read(limit + 1)
    return body[:limit], len(body) > limit


def _headers(environ: dict[str, Any]) -> dict[str, str]:
    headers = {name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name.startswith("HTTP_")}
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if value := environ.get(name):
            headers[name.replace("_", "-").lower()] = value
    return headers


def _respond(emulator: Emulator, reply: ApiReply) -> Response:
    response = Response(reply.body, reply.status, list(reply.headers), content_type="application/json")
    if reply.deliveries:
        done: Callable[[], None] = partial(emulator.answered, reply)
        response.call_on_close(done)
    return response
