"""Where `serve` speaks https: at the port that was asked for, else at the usual one if that is free."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING

from mock_tavus.emulator import Emulator
from mock_tavus.errors import ServerError
from mock_tavus.server.listeners import https_door
from mock_tavus.server.options import HTTPS_PORT, ServeOptions
from mock_tavus.server.ports import explain

if TYPE_CHECKING:
    from mock_tavus.proxy.door import HttpsDoor
    from mock_tavus.proxy.keeping import AuthorityFolder


@dataclass(frozen=True, slots=True)
class Https:
    """The https door of a server, or why it has none.

    Args:
        door: The door, which listens; None without one.
        url: Where it listens, by a name that its certificate has.
        port: The port.
        folder: Where its authority is kept.
        why_not: Why it has no door, in one line; empty if nobody wanted one.
    """

    door: HttpsDoor | None = None
    url: str = ""
    port: int = 0
    folder: AuthorityFolder | None = None
    why_not: str = ""

    def stop(self) -> None:
        """Close the door."""
        if self.door is not None:
            self.door.stop()


def start_https(emulator: Emulator, main: tuple[str, int], options: ServeOptions, capacity: int) -> Https:
    """Listen for https as the options say.

    Args:
        emulator: Whose door it is.
        main: Where the main door listens: an address and a port.
        options: Where and how to listen.
        capacity: How many connections it serves at once.

    Raises:
        ServerError: The port that was asked for cannot be had, or the authority cannot be kept.
    """
    if options.no_https:
        return Https()
    from mock_tavus.proxy.keeping import AuthorityFolder  # with what it loads, it takes as long as the rest of a start
    from mock_tavus.proxy.tunnels import Tunnels

    folder = AuthorityFolder(options.ca_dir)
    is_wanted = options.https_port is not None
    port = options.https_port if options.https_port is not None else 0 if options.port == 0 else HTTPS_PORT
    try:
        door = https_door(emulator, main, folder.open(emulator.clock.now()), Tunnels(options.tunnel), capacity)
        ((_, bound),) = door.start((main[0], port))
    except ServerError as error:
        if is_wanted or options.ca_dir is not None:
            raise
        return Https(why_not=f"No https: {error}")
    except OSError as error:
        reason = explain(main[0], port, "--https-port", error)
        if is_wanted or error.errno != errno.EADDRINUSE:
            raise ServerError(reason) from error
        return Https(why_not=f"No https: {reason}")
    address = ip_address(main[0])
    usual = address.is_unspecified or main[0] in ("127.0.0.1", "::1")
    host = "localhost" if usual else f"[{address}]" if address.version == 6 else str(address)
    return Https(door, f"https://{host}:{bound}", bound, folder)
