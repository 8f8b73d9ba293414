"""The Flask application: its routes are the contract's, everything else is handed on to be refused."""

from __future__ import annotations

import json
import re
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
        rule, names = _rule(operation)
        app.url_map.add(rule)
        app.view_functions[rule.endpoint] = partial(_answer_operation, emulator, operation.operation_id, names)
    app.register_blueprint(control_blueprint(emulator))
    unmatched = partial(_answer_unmatched, emulator)
    app.register_error_handler(NotFound, unmatched)
    app.register_error_handler(MethodNotAllowed, unmatched)
    app.register_error_handler(HTTPException, _answer_http_error)
    return app


def _rule(operation: Operation) -> tuple[Rule, tuple[str, ...]]:
    """Return a route, and the names of its path parameters: OpenAPI allows names that Flask does not."""
    parts = re.split(r"\{([^}]+)\}", operation.path)
    names = tuple(parts[1::2])
    path = "".join(f"<p{number // 2}>" if number % 2 else part for number, part in enumerate(parts))
    return Rule(path, endpoint=f"operation:{operation.operation_id}", methods=[operation.method]), names


def _answer_operation(emulator: Emulator, operation_id: str, names: tuple[str, ...], **values: str) -> Response:
    if request.environ["PATH_INFO"].startswith("//"):  # another path, which Flask takes for ours
        return _answer(emulator, None, {})
    return _answer(emulator, operation_id, {name: values[f"p{number}"] for number, name in enumerate(names)})


def _answer(emulator: Emulator, operation_id: str | None, path_parameters: dict[str, str]) -> Response:
    return _respond(emulator, emulator.handle(_api_request(emulator, operation_id, path_parameters)))


def _answer_unmatched(emulator: Emulator, _error: HTTPException) -> Response:
    return _answer(emulator, None, {})


def _answer_http_error(error: HTTPException) -> Response:
    body = json.dumps({"message": error.name}).encode()
    return Response(body, error.code or 500, content_type="application/json")


def _api_request(emulator: Emulator, operation_id: str | None, path_parameters: dict[str, str]) -> ApiRequest:
    environ = request.environ
    body, too_large = _read_body(environ, emulator.config.max_body_bytes)
    length = environ.get("CONTENT_LENGTH") or "0"
    return ApiRequest(
        method=request.method,
        path=_path(environ),
        headers=_headers(environ),
        body=body,
        query=environ.get("QUERY_STRING", ""),
        operation_id=operation_id,
        path_parameters=path_parameters,
        too_large=too_large,
        is_truncated=not too_large and length.isascii() and length.isdigit() and len(body) < int(length[:19]),
    )


def _path(environ: dict[str, Any]) -> str:
    """Return the path as it was sent: Flask's own has one slash where there were two."""
    path = str(environ.get("PATH_INFO", "")).encode("latin-1", "replace").decode("utf-8", "replace")
    return path or "/"


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
    response = Response(reply.body, reply.status, list(reply.headers), content_type=reply.content_type)
    if reply.deliveries:
        done: Callable[[], None] = partial(emulator.answered, reply)
        response.call_on_close(done)
    return response
