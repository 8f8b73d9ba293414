"""The ports of the wire: where clients come, where redirects lead, and one whose certificate nobody trusts."""

from __future__ import annotations

import contextlib
import itertools
import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path

from mock_tavus.clock import Clock
from mock_tavus.wire.book import Door, WireBook
from mock_tavus.wire.connection import WireConnection
from mock_tavus.wire.gateway import WsgiApp

MAX_CONNECTIONS = 256
"""Beyond these, the one ends that has waited longest for another request: clients may keep one for each key."""

_LEAVES_WITHIN = 1.0  # second
UNTRUSTED_CERTIFICATE = Path(__file__).with_name("untrusted.pem")
"""Signed by itself, with its key beside it: it is there to be refused, and keeps no secret."""


class WireListener:
    """Listen at several doors, in threads of their own.

    Args:
        app: What answers, a WSGI application.
        book: Scripts, and where everything is noted.
        clock: For real time.
        account_of: From a key to the account that it belongs to.
        certificate: A PEM file with a certificate and its key, for a door that speaks TLS and can be trusted.
    """

    def __init__(
        self,
        app: WsgiApp,
        book: WireBook,
        clock: Clock,
        account_of: Callable[[bytes], str],
        certificate: Path | None = None,
    ) -> None:
        self._app = app
        self._book = book
        self._clock = clock
        self._account_of = account_of
        self._certificates = {"untrusted-tls": UNTRUSTED_CERTIFICATE}
        if certificate is not None:
            self._certificates["tls"] = certificate
        self._stopping = threading.Event()
        self._numbers = itertools.count(1)
        self._room = threading.BoundedSemaphore(MAX_CONNECTIONS)
        self._serving: dict[int, WireConnection] = {}
        self._listening: list[socket.socket] = []

    def start(self, host: str, port: int = 0) -> None:
        """Begin to listen: at this port, and at any free ones for the other doors.

        Raises:
            OSError: The port is taken, or the certificate cannot be read.
        """
        ports = {"wire": port, "other": 0, **dict.fromkeys(self._certificates, 0)}
        doors = []
        for name, wanted in ports.items():
            tls = self._tls(name)
            listening = socket.create_server((host, wanted), backlog=256)
            self._listening.append(listening)
            doors.append(Door(name, _origin("http" if tls is None else "https", *listening.getsockname()[:2])))
            threading.Thread(target=self._accept, args=(listening, name, tls), name=f"door-{name}", daemon=True).start()
        self._book.doors = tuple(doors)

    def stop(self) -> None:
        """Stop to listen, and end what is under way."""
        self._stopping.set()
        for listening in self._listening:
            with contextlib.suppress(OSError):  # it may have been closed by whoever it was handed to
                listening.shutdown(socket.SHUT_RDWR)
            listening.close()
        self._book.doors = ()

    def _tls(self, name: str) -> ssl.SSLContext | None:
        if name not in self._certificates:
            return None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._certificates[name])
        return context

    def _accept(self, listening: socket.socket, door: str, tls: ssl.SSLContext | None) -> None:
        while not self._stopping.is_set():
            try:
                connected, _ = listening.accept()
            except OSError:
                self._stopping.wait(0.05)  # as a rule, too many files are open; they will not always be
                continue
            if not self._make_room():
                connected.close()
                continue
            threading.Thread(target=self._serve, args=(connected, door, tls), name="wire", daemon=True).start()

    def _make_room(self) -> bool:
        if self._room.acquire(blocking=False):
            return True
        idle = [(one.idle_since, number) for number, one in tuple(self._serving.items()) if one.idle_since is not None]
        if not idle:
            return False
        longest = self._serving.get(min(idle)[1])
        if longest is not None:
            longest.leave()
        return self._room.acquire(timeout=_LEAVES_WITHIN)

    def _serve(self, connected: socket.socket, door: str, tls: ssl.SSLContext | None) -> None:
        number = next(self._numbers)
        try:
            if tls is not None:
                connected = self._secure(connected, door, number, tls)
            connection = self._serving[number] = WireConnection(
                connected, door, number, self._app, self._book, self._clock, self._account_of, self._stopping
            )
            connection.run()
        except OSError:
            connected.close()
        finally:
            self._serving.pop(number, None)
            self._room.release()

    def _secure(self, connected: socket.socket, door: str, number: int, tls: ssl.SSLContext) -> socket.socket:
        """Agree on TLS; a client that does not want to is noted."""
        connected.settimeout(10)
        try:
            return tls.wrap_socket(connected, server_side=True)
        except OSError as error:
            exchange = self._book.begin(door, number, self._clock.monotonic())
            exchange.error = f"no TLS: {error}"
            self._book.end(exchange, "client")
            raise


def _origin(scheme: str, host: str, port: int) -> str:
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
