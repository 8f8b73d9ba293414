"""Put an emulator's listeners together, so that each is known to the policy of callbacks before anything comes."""

from __future__ import annotations

from pathlib import Path

from mock_tavus.auth import account_id_for
from mock_tavus.emulator import Emulator
from mock_tavus.wire import WireServer
from mock_tavus.wsgi import WsgiApp


def wire_server(emulator: Emulator, app: WsgiApp, certificate: Path | None = None) -> WireServer:
    """Return the wire of an emulator; the caller starts and stops it.

    Args:
        emulator: Whose wire it is.
        app: What answers, the emulator's own application.
        certificate: A PEM file with a certificate and its key, for a port that speaks TLS and can be trusted.
    """
    return WireServer(
        app,
        emulator.wire,
        emulator.clock,
        account_id_for,
        certificate,
        background=emulator.background,
        body_timeout=emulator.config.body_timeout,
        on_listening=emulator.policy.add_door,
    )
