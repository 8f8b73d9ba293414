"""The ports of the wire: where clients come, where redirects lead, and one whose certificate nobody trusts."""

from __future__ import annotations

import contextlib
import itertools
import socket
import ssl
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

from mock_tavus.background import Background
from mock_tavus.clock import Clock
from mock_tavus.wire.connection import WireConnection
from mock_tavus.wire.log import Listener, WireLog
from mock_tavus.wsgi import WsgiApp

MAX_CONNECTIONS = 256
"""Beyond these, the one ends that has waited longest for its client: some keep one for each key, some send half."""

_LEAVES_WITHIN = 1.0  # second
_LOOKS_EVERY = 0.01  # second: who is answered now waits for its client in a moment
UNTRUSTED_CERTIFICATE = Path(__file__).with_name("untrusted.pem")
"""Signed by itself, with its key beside it: it is there to be refused, and keeps no secret."""


class WireServer:
    """Listen at several listeners, in threads of their own.

    Args:
        app: What answers, a WSGI application.
        log: Scripts, and where everything is noted.
        clock: For real time.
        account_of: From a key to the account that it belongs to.
        certificate: A PEM file with a certificate and its key, for a listener that speaks TLS and can be trusted.
        background: What starts threads.
        body_timeout: How long a head or a body may pause, in seconds.
        on_listening: Told the address and the port of each listener before anything can come there.
        on_closed: Told the same of each listener once its port is closed.
    """

    def __init__(
        self,
        app: WsgiApp,
        log: WireLog,
        clock: Clock,
        account_of: Callable[[bytes], str],
        certificate: Path | None = None,
        *,
        background: Background | None = None,
        body_timeout: float = 10.0,
        on_listening: Callable[[str, int], None] = lambda address, port: None,
        on_closed: Callable[[str, int], None] = lambda address, port: None,
    ) -> None:
        self._background = background or Background()
        self._body_timeout = body_timeout
        self._on_listening = on_listening
        self._on_closed = on_closed
        self._app = app
        self._log = log
        self._clock = clock
        self._account_of = account_of
        self._certificates = {"untrusted-tls": UNTRUSTED_CERTIFICATE}
        if certificate is not None:
            self._certificates["tls"] = certificate
        self._stopping = threading.Event()
        self._numbers = itertools.count(1)
        self._room = threading.BoundedSemaphore(MAX_CONNECTIONS)
        self._serving: dict[int, _Place] = {}
        self._listening: list[socket.socket] = []

    def start(self, host: str, port: int = 0) -> None:
        """Begin to listen: at this port, and at any free ones for the other listeners.

        Args:
            host: A name or an address.
            port: The port.

        Raises:
            OSError: The port is taken, or the certificate cannot be read.
            ServerError: The system cannot start a thread.
        """
        ports = {"wire": port, "other": 0, **dict.fromkeys(self._certificates, 0)}
        listeners = []
        for name, wanted in ports.items():
            tls = self._tls(name)
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            listening = socket.create_server((host, wanted), family=family, backlog=1024)
            self._listening.append(listening)
            address, bound = listening.getsockname()[:2]
            self._on_listening(address, bound)
            listeners.append(Listener(name, _origin("http" if tls is None else "https", address, bound)))
            self._background.keep_running(f"listener-{name}", partial(self._accept, listening, name, tls))
        self._log.listeners = tuple(listeners)

    def stop(self) -> None:
        """Close every port, and end what is under way."""
        self._stopping.set()
        for listening in self._listening:
            with contextlib.suppress(OSError):  # it may have been closed by whoever it was handed to
                self._on_closed(*listening.getsockname()[:2])
                listening.shutdown(socket.SHUT_RDWR)
            listening.close()
        self._log.listeners = ()

    def _tls(self, name: str) -> ssl.SSLContext | None:
        if name not in self._certificates:
            return None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._certificates[name])
        return context

    def _accept(self, listening: socket.socket, listener: str, tls: ssl.SSLContext | None) -> None:
        while not self._stopping.is_set():
            try:
                connected, _ = listening.accept()
            except OSError:
                self._stopping.wait(0.05)  # as a rule, too many files are open; they will not always be
                continue
            self._admit(connected, listener, tls)

    def _admit(self, connected: socket.socket, listener: str, tls: ssl.SSLContext | None) -> None:
        """Serve a connection in a thread of its own, if there is room for it, or can be made."""
        if self._make_room():
            number = next(self._numbers)
            self._serving[number] = _Place(connected, self._clock.monotonic())
            if self._background.try_start("wire", partial(self._serve, number, connected, listener, tls)):
                return
            self._free(number)
        connected.close()

    def _make_room(self) -> bool:
        """Take a place; where none is left, the one goes that has waited longest for its client."""
        if self._room.acquire(blocking=False):
            return True
        deadline = self._clock.monotonic() + _LEAVES_WITHIN
        while True:
            if self._clock.monotonic() > deadline or self._stopping.is_set():
                return False
            waiting = [
                (since, number)
                for number, one in tuple(self._serving.items())
                if (since := one.waits_since) is not None
            ]
            longest = self._serving.get(min(waiting)[1]) if waiting else None
            if longest is not None:
                longest.leave()
            if self._room.acquire(timeout=_LOOKS_EVERY):
                return True

    def _free(self, number: int) -> None:
        self._serving.pop(number, None)
        self._room.release()

    def _serve(self, number: int, connected: socket.socket, listener: str, tls: ssl.SSLContext | None) -> None:
        try:
            if tls is not None:
                connected = secured = self._place(number, connected, tls)
                self._secure(secured, listener, number)
            connection = WireConnection(
                connected,
                listener,
                number,
                self._app,
                self._log,
                self._clock,
                self._account_of,
                self._stopping,
                self._body_timeout,
            )
            self._serving[number].connection = connection
            connection.run()
        except OSError:
            connected.close()
        finally:
            self._free(number)

    def _place(self, number: int, connected: socket.socket, tls: ssl.SSLContext) -> ssl.SSLSocket:
        """Return the socket on which TLS is to be agreed; its place can be taken away meanwhile."""
        secured = tls.wrap_socket(connected, server_side=True, do_handshake_on_connect=False)
        self._serving[number].connected = secured
        return secured

    def _secure(self, secured: ssl.SSLSocket, listener: str, number: int) -> None:
        """Agree on TLS; a client that does not want to is noted."""
        secured.settimeout(self._body_timeout)
        try:
            secured.do_handshake()
        except OSError as error:
            exchange = self._log.begin(listener, number, self._clock.monotonic())
            exchange.error = f"no TLS: {error}"
            self._log.end(exchange, "client")
            raise


class _Place:
    """One of the places for connections, and who has it.

    Args:
        connected: The socket, before anything is agreed on it.
        since: When it came, in monotonic seconds.
    """

    def __init__(self, connected: socket.socket, since: float) -> None:
        self.connected = connected
        self._since = since
        self.connection: WireConnection | None = None
        """What serves it, once TLS is agreed on, where it is spoken."""

    @property
    def waits_since(self) -> float | None:
        """Return since when nothing has come from the client, in monotonic seconds; None while it is not its turn."""
        return self._since if self.connection is None else self.connection.waits_since

    def leave(self) -> None:
        """End the connection, whatever might still have come."""
        if self.connection is not None:
            self.connection.leave()
        else:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(self.connected, socket.SHUT_RDWR)


def _origin(scheme: str, host: str, port: int) -> str:
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
