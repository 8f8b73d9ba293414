"""The control plane, the inboxes and the sample videos behind Flask."""

from __future__ import annotations

from functools import partial

from flask import Blueprint, Response, request
from werkzeug.routing import Rule

from mock_tavus.admin import AdminPlane
from mock_tavus.admin.context import AdminError
from mock_tavus.admin.inboxes import must_be_short
from mock_tavus.auth import account_id_for
from mock_tavus.http.guard import Guard, refused
from mock_tavus.http.requests import api_request

_EMPTY_MP4 = b"\x00\x00\x00\x14ftypisom\x00\x00\x00\x00isom"


def admin_blueprint(plane: AdminPlane) -> Blueprint:
    """Return the routes of the control plane and of the inboxes.

    Args:
        plane: What answers them.
    """
    guard = Guard(plane.emulator.config)
    blueprint = Blueprint("admin", __name__)
    routes = [
        Rule(_rule_path(operation.path), endpoint=operation.operation_id, methods=[operation.method])
        for operation in plane.contract.operations.values()
    ]

    @blueprint.record
    def add_routes(state: object) -> None:
        app = state.app  # type: ignore[attr-defined]
        for route in routes:
            operation_id = route.endpoint
            route.endpoint = f"admin.{operation_id}"
            app.url_map.add(route)
            app.view_functions[route.endpoint] = partial(_answer, plane, guard, operation_id)
        app.url_map.add(Rule("/__inbox/<name>", endpoint="admin.take", methods=["POST"]))
        app.view_functions["admin.take"] = partial(_take, plane)
        app.url_map.add(Rule("/__media/<name>", endpoint="admin.media", methods=["GET"]))
        app.view_functions["admin.media"] = _media

    return blueprint


def _rule_path(template: str) -> str:
    return template.replace("{", "<").replace("}", ">")


def _answer(plane: AdminPlane, guard: Guard, operation_id: str, **path_parameters: str) -> Response:
    refusal = guard.refusal()
    if refusal is not None:
        return refusal
    key = request.headers.get("x-api-key", "").encode("latin-1", "replace").strip()
    account_id = account_id_for(key) if key else None
    call = api_request(request.environ, plane.emulator.config.max_body_bytes)
    response = plane.handle(operation_id, path_parameters, call, account_id, request.host_url)
    return Response(response.body, response.status, content_type="application/json")


def _take(plane: AdminPlane, name: str) -> Response:
    emulator = plane.emulator
    taken = api_request(request.environ, emulator.config.max_body_bytes)
    if taken.is_truncated:
        return refused(400, "the body ends before its Content-Length")
    try:
        must_be_short(name)
    except AdminError as error:
        return refused(error.status, error.text)
    answer = emulator.stores.inboxes.take(
        name, at=emulator.clock.now(), method=taken.method, query=taken.query, headers=taken.headers, body=taken.body
    )
    emulator.clock.sleep(answer.delay)
    return Response(b"", answer.status)


def _media(name: str) -> Response:
    """Serve an empty MP4, so that a client that checks its media URL gets a 200; its name decides the training."""
    return Response(_EMPTY_MP4, content_type="video/mp4")
