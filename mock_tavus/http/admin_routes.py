"""The control plane, the inboxes and the sample videos behind Flask."""

from __future__ import annotations

from functools import partial

from flask import Blueprint, Response, request
from werkzeug.routing import Rule

from mock_tavus.admin import ControlPlane
from mock_tavus.auth import account_id_for
from mock_tavus.emulator import Emulator
from mock_tavus.http.guard import Guard, refused
from mock_tavus.http.requests import api_request

_EMPTY_MP4 = b"\x00\x00\x00\x14ftypisom\x00\x00\x00\x00isom"


def control_blueprint(emulator: Emulator) -> Blueprint:
    """Return the routes of the control plane and of the inboxes.

    Args:
        emulator: What they tell about and decide about.
    """
    plane = ControlPlane(emulator)
    guard = Guard(emulator.config)
    blueprint = Blueprint("control", __name__)
    routes = [
        Rule(_rule_path(operation.path), endpoint=operation.operation_id, methods=[operation.method])
        for operation in plane.contract.operations.values()
    ]

    @blueprint.record
    def add_routes(state: object) -> None:
        app = state.app  # type: ignore[attr-defined]
        for route in routes:
            operation_id = route.endpoint
            route.endpoint = f"control.{operation_id}"
            app.url_map.add(route)
            app.view_functions[route.endpoint] = partial(_answer, emulator, plane, guard, operation_id)
        app.url_map.add(Rule("/__inbox/<name>", endpoint="control.take", methods=["POST"]))
        app.view_functions["control.take"] = partial(_take, emulator, plane)
        app.url_map.add(Rule("/__media/<name>", endpoint="control.media", methods=["GET"]))
        app.view_functions["control.media"] = _media

    return blueprint


def _rule_path(template: str) -> str:
    return template.replace("{", "<").replace("}", ">")


def _answer(
    emulator: Emulator, plane: ControlPlane, guard: Guard, operation_id: str, **path_parameters: str
) -> Response:
    refusal = guard.refusal()
    if refusal is not None:
        return refusal
    key = request.headers.get("x-api-key", "").encode("latin-1", "replace").strip()
    account_id = account_id_for(key) if key else None
    reply = plane.handle(api_request(emulator, operation_id, path_parameters), account_id, request.host_url)
    return Response(reply.body, reply.status, content_type="application/json")


def _take(emulator: Emulator, plane: ControlPlane, name: str) -> Response:
    taken = api_request(emulator, None, {})
    if taken.is_truncated:
        return refused(400, "the body ends before its Content-Length")
    answer = plane.inboxes.take(
        name[:200],
        at=emulator.clock.now(),
        method=taken.method,
        query=taken.query,
        headers=taken.headers,
        body=taken.body,
    )
    emulator.clock.sleep(answer.delay)
    return Response(b"", answer.status)


def _media(name: str) -> Response:
    """Answer a video that is none, for clients that look whether their link works; its name decides the training."""
    return Response(_EMPTY_MP4, content_type="video/mp4")
