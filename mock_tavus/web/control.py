"""The control plane behind Flask, guarded so that no web page can drive it."""

from __future__ import annotations

import hmac
import json
from functools import partial
from ipaddress import ip_address
from urllib.parse import urlsplit

from flask import Blueprint, Response, request
from werkzeug.routing import Rule

from mock_tavus.auth import account_id_for
from mock_tavus.control import ControlPlane
from mock_tavus.emulator import Emulator
from mock_tavus.web.requests import api_request

_EMPTY_MP4 = b"\x00\x00\x00\x14ftypisom\x00\x00\x00\x00isom"
_READING = ("GET", "HEAD")


def control_blueprint(emulator: Emulator) -> Blueprint:
    """Return the routes of the control plane and of the inboxes.

    Args:
        emulator: What they tell about and decide about.
    """
    plane = ControlPlane(emulator)
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
            app.view_functions[route.endpoint] = partial(_answer, emulator, plane, operation_id)
        app.url_map.add(Rule("/__inbox/<name>", endpoint="control.take", methods=["POST"]))
        app.view_functions["control.take"] = partial(_take, emulator, plane)
        app.url_map.add(Rule("/__media/<name>", endpoint="control.media", methods=["GET"]))
        app.view_functions["control.media"] = _media

    return blueprint


def _rule_path(template: str) -> str:
    return template.replace("{", "<").replace("}", ">")


def _answer(emulator: Emulator, plane: ControlPlane, operation_id: str, **path_parameters: str) -> Response:
    refusal = _refusal(emulator)
    if refusal is not None:
        return refusal
    key = request.headers.get("x-api-key", "").encode("latin-1", "replace").strip()
    account_id = account_id_for(key) if key else None
    reply = plane.handle(api_request(emulator, operation_id, path_parameters), account_id, request.host_url)
    return Response(reply.body, reply.status, content_type="application/json")


def _take(emulator: Emulator, plane: ControlPlane, name: str) -> Response:
    taken = api_request(emulator, None, {})
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


def _refusal(emulator: Emulator) -> Response | None:
    """Return why a request is not let through: a wrong token, or one that a web page could have sent."""
    token = emulator.config.admin_token
    if token is not None:
        sent = request.headers.get("authorization", "").encode("latin-1", "replace")
        if not hmac.compare_digest(sent, f"Bearer {token}".encode()):
            return _refused(401, "expected the token of --admin-token, as Authorization: Bearer …")
    if not _is_expected_host(request.host, emulator.config.control_hosts):
        return _refused(403, "the Host header names no host that this server is expected to have; see --control-host")
    if request.method in _READING:
        return None
    origin = request.headers.get("origin")
    if origin is not None and origin != request.host_url.rstrip("/"):
        return _refused(403, "sent by a page of another origin")
    if request.content_length and request.mimetype != "application/json":
        return _refused(415, "expected content-type: application/json")
    return None


def _is_expected_host(host: str, expected: tuple[str, ...]) -> bool:
    """Return whether no stranger can have pointed a name here: an address, one of ours, or one without dots."""
    try:
        name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return False
    if name in expected or name == "host.docker.internal" or name.endswith((".localhost", ".test")):
        return True
    try:
        ip_address(name)
    except ValueError:
        return bool(name) and "." not in name
    return True


def _refused(status: int, message: str) -> Response:
    return Response(json.dumps({"message": message}), status, content_type="application/json")
