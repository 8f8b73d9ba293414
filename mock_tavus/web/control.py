"""What stands beside the vendor's API, below `/__admin`."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from mock_tavus.emulator import Emulator


def control_blueprint(emulator: Emulator) -> Blueprint:
    """Return the routes of the control plane.

    Args:
        emulator: What they tell about.
    """
    blueprint = Blueprint("control", __name__, url_prefix="/__admin")

    @blueprint.get("/health")
    def health() -> Response:
        return jsonify(
            status="ok",
            replicas=emulator.store.replica_count,
            replicas_forgotten=emulator.store.forgotten_count,
            callbacks_pending=emulator.store.pending_count,
        )

    @blueprint.get("/openapi.json")
    def openapi() -> Response:
        return jsonify(emulator.contract.served(request.host_url))

    return blueprint
