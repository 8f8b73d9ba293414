"""Put an emulator's listeners together, so that each is known to the policy of callbacks before anything comes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from mock_tavus.auth import account_id_for
from mock_tavus.emulator import Emulator
from mock_tavus.origins import is_loopback
from mock_tavus.wire import WireLog, WireServer
from mock_tavus.wsgi import WsgiApp

if TYPE_CHECKING:
    from mock_tavus.proxy.authority import Authority
    from mock_tavus.proxy.door import HttpsDoor
    from mock_tavus.proxy.tunnels import Tunnels


def https_door(
    emulator: Emulator, main: tuple[str, int], authority: Authority, tunnels: Tunnels, capacity: int
) -> HttpsDoor:
    """Return an emulator's door for https, which is to be started.

    Args:
        emulator: Whose door it is.
        main: Where its main door listens: an address and a port.
        authority: Who vouches for it.
        tunnels: Which other hosts can be reached through it.
        capacity: How many connections it serves at once.
    """
    from mock_tavus.proxy.authority import NAMES
    from mock_tavus.proxy.door import HttpsDoor  # with what it loads, it takes longer than the rest of a start

    return HttpsDoor(
        main,
        authority.server_context((*NAMES, *([main[0]] if is_loopback(main[0]) and main[0] not in NAMES else []))),
        emulator.background,
        tunnels,
        capacity=capacity,
        on_listening=emulator.policy.add_door,
        on_closed=emulator.policy.remove_door,
    )


def start_wire(
    emulator: Emulator, app: WsgiApp, host: str, port: int = 0, certificate: Path | None = None
) -> Callable[[], None]:
    """Listen on the wire of an emulator, let further lines be opened there, and return what ends all that.

    Args:
        emulator: Whose wire it is.
        app: What answers, the emulator's own application.
        host: A name or an address.
        port: The port of the main line; 0 for any free one.
        certificate: A PEM file with a certificate and its key, for a port that speaks TLS and can be trusted.

    Raises:
        OSError: The port is taken, or the certificate cannot be read.
    """

    def listen(log: WireLog) -> WireServer:
        server = _wire_server(emulator, app, log, certificate)
        server.start(host)
        return server

    main = _wire_server(emulator, app, emulator.wire, certificate)
    main.start(host, port)
    emulator.lines.listen = listen

    def stop() -> None:
        emulator.lines.listen = None
        emulator.lines.close_all()
        main.stop()

    return stop


def _wire_server(emulator: Emulator, app: WsgiApp, log: WireLog, certificate: Path | None) -> WireServer:
    return WireServer(
        app,
        log,
        emulator.clock,
        account_id_for,
        certificate,
        background=emulator.background,
        body_timeout=emulator.config.body_timeout,
        on_listening=emulator.policy.add_door,
        on_closed=emulator.policy.remove_door,
    )
