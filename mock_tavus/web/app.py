"""The Flask application: its routes are the contract's, everything else is handed on to be refused."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import partial

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.routing import Rule

from mock_tavus.contract import Operation
from mock_tavus.emulator import Emulator
from mock_tavus.models import ApiReply
from mock_tavus.web.control import control_blueprint
from mock_tavus.web.dashboard import dashboard_blueprint
from mock_tavus.web.requests import api_request


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
    app.register_blueprint(dashboard_blueprint(emulator))
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
    return _respond(emulator, emulator.handle(api_request(emulator, operation_id, path_parameters)))


def _answer_unmatched(emulator: Emulator, _error: HTTPException) -> Response:
    return _answer(emulator, None, {})


def _answer_http_error(error: HTTPException) -> Response:
    body = json.dumps({"message": error.name}).encode()
    return Response(body, error.code or 500, content_type="application/json")


def _respond(emulator: Emulator, reply: ApiReply) -> Response:
    response = Response(reply.body, reply.status, list(reply.headers), content_type=reply.content_type)
    if reply.deliveries:
        done: Callable[[], None] = partial(emulator.answered, reply)
        response.call_on_close(done)
    return response
