"""One connection, from its first byte to whatever end a script has for it."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable

import h11

from mock_tavus.clock import Clock
from mock_tavus.wire.gateway import WireRequest, ask
from mock_tavus.wire.log import WireExchange, WireLog
from mock_tavus.wire.rendering import render, writes
from mock_tavus.wire.script import WireAnswer, WireScript
from mock_tavus.wsgi import WsgiApp

IDLE_SECONDS = 60.0
"""How long a connection may be silent, whoever's turn it is."""

MAX_HEAD_BYTES = 256 * 1024
MAX_BODY_BYTES = 8 * 1024 * 1024
"""What a request may have; more is not read."""

_LOOK_AGAIN = 0.1  # seconds until a silent connection sees that the listener stops
_DRAIN_SECONDS = 2.0  # how long the client may take to close, once we have
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_BAD_REQUEST = WireAnswer(400, (("Content-Type", "text/plain"),), b"this cannot be read as HTTP/1.1\n")


class _Gone(Exception):
    """The client has closed the connection, or been silent for too long."""


class _Stalled(Exception):
    """A request has begun, and nothing more of it comes."""


class WireConnection:
    """Read requests, have them answered, and misbehave as told.

    Args:
        connected: The socket.
        listener: The name of the listener at which the client came.
        number: The connection's, over all listeners.
        app: What answers.
        log: Scripts, and where everything is noted.
        clock: For real time.
        account_of: From a key to the account that it belongs to.
        stopping: Set when the listener stops.
        body_timeout: How long a head or a body may pause once it has begun, in seconds.
    """

    def __init__(
        self,
        connected: socket.socket,
        listener: str,
        number: int,
        app: WsgiApp,
        log: WireLog,
        clock: Clock,
        account_of: Callable[[bytes], str],
        stopping: threading.Event,
        body_timeout: float = 10.0,
    ) -> None:
        self._body_timeout = body_timeout
        self._socket = connected
        self._listener = listener
        self._number = number
        self._app = app
        self._log = log
        self._clock = clock
        self._account_of = account_of
        self._stopping = stopping
        self._rest = b""  # what came behind a request, on the same connection
        self.waits_since: float | None = None
        """Since when nothing has come from the client, in monotonic seconds; None while it is not the client's turn."""

    def run(self) -> None:
        """Serve until the connection ends."""
        self._socket.settimeout(_LOOK_AGAIN)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        exchange = self._begin()
        try:
            while self._serve_one(exchange):
                self._rest = self._rest or self._receive()
                exchange = self._begin()
        except _Gone:
            self._log.end(exchange, "client")
        except (OSError, ValueError) as error:
            exchange.error = str(error)
            self._log.end(exchange, "client")
        finally:
            self._socket.close()

    def leave(self) -> None:
        """End the connection, though another request might have come."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def _begin(self) -> WireExchange:
        exchange = self._log.begin(self._listener, self._number, self._clock.monotonic())
        if self._rest:
            exchange.request.add(self._rest, 0.0)
        return exchange

    def _serve_one(self, exchange: WireExchange) -> bool:
        """Serve one request; return whether another may follow."""
        script = self._log.pick_unread()
        request = WireRequest()
        if script is None:
            try:
                self._read(request, exchange, until_body=False)
                exchange.account_id = self._account(request)
                script = self._log.pick(exchange.account_id)
                if script.read == "all":
                    self._read(request, exchange, until_body=True)
            except h11.RemoteProtocolError as error:
                exchange.error = str(error)
                return self._play(WireScript(end="fin"), _BAD_REQUEST, request, exchange)
            except _Stalled:
                return self._refuse_stalled(request, exchange)
        exchange.script, exchange.is_complete = script, request.is_complete
        answer, written = self._answer(script, request, exchange)
        try:
            return self._play(script, answer, request, exchange)
        finally:
            written()

    def _refuse_stalled(self, request: WireRequest, exchange: WireExchange) -> bool:
        """Answer 408 to a body whose rest does not come, as at the main listener; what is not even a head is ended."""
        exchange.error = f"nothing came for {self._body_timeout:g} s"
        if request.head is None:
            raise _Gone
        answer, written = self._ask(request, is_stalled=True)
        exchange.status = answer.status
        try:
            return self._play(WireScript(end="fin"), answer, request, exchange)
        finally:
            written()

    def _ask(self, request: WireRequest, *, is_stalled: bool = False) -> tuple[WireAnswer, Callable[[], None]]:
        scheme = "https" if self._listener.endswith("tls") else "http"
        assert request.head is not None  # noqa: S101 - for the type checker
        return ask(
            self._app,
            request.head,
            bytes(request.body),
            scheme,
            self._socket.getsockname()[1],
            is_stalled=is_stalled,
        )

    def _account(self, request: WireRequest) -> str | None:
        key = request.header(b"x-api-key")
        return self._account_of(key) if key else None

    def _answer(
        self, script: WireScript, request: WireRequest, exchange: WireExchange
    ) -> tuple[WireAnswer, Callable[[], None]]:
        answer, written = WireAnswer(200), _nothing
        if script.handle and request.is_complete and request.head is not None:
            answer, written = self._ask(request)
            exchange.status = answer.status
        return (answer if script.answer is None else script.answer), written

    def _read(self, request: WireRequest, exchange: WireExchange, *, until_body: bool) -> None:
        """Read a request's head, or, with a head, its body."""
        parser = self._parser if until_body else self._new_parser()
        while True:
            event = parser.next_event()
            if event is h11.NEED_DATA:
                if parser.they_are_waiting_for_100_continue:
                    self._write(_CONTINUE, exchange)
                    parser.send(h11.InformationalResponse(status_code=100, headers=[]))
                parser.receive_data(self._receive(exchange, self._patience(request, exchange)))
            elif isinstance(event, h11.Request):
                request.head = event
                return
            elif isinstance(event, h11.Data):
                request.body += event.data
                if len(request.body) > MAX_BODY_BYTES:
                    raise h11.RemoteProtocolError(f"the body has more than {MAX_BODY_BYTES} bytes")
            elif isinstance(event, h11.EndOfMessage):
                request.is_complete = True
                self._keep_rest(parser.trailing_data[0], exchange)
                return
            else:
                raise _Gone

    def _new_parser(self) -> h11.Connection:
        self._parser = h11.Connection(h11.SERVER, max_incomplete_event_size=MAX_HEAD_BYTES)
        if self._rest:
            self._parser.receive_data(self._rest)
            self._rest = b""
        return self._parser

    def _keep_rest(self, rest: bytes, exchange: WireExchange) -> None:
        """Give what came behind a request to the exchange that it begins."""
        self._rest = bytes(rest)
        if rest and exchange.request.length == len(exchange.request.data):
            del exchange.request.data[-len(rest) :]
            exchange.request.length -= len(rest)

    def _patience(self, request: WireRequest, exchange: WireExchange) -> float:
        """Return how long the next bytes may take, in seconds: less once a request has begun."""
        has_begun = request.head is not None or exchange.request.length > 0
        return self._body_timeout if has_begun else IDLE_SECONDS

    def _receive(self, exchange: WireExchange | None = None, patience: float = IDLE_SECONDS) -> bytes:
        """Return what comes next.

        Args:
            exchange: Where to note it; None for nowhere.
            patience: How long to wait for it, in seconds.

        Raises:
            _Gone: The client has closed the connection, or nothing has come and no request has begun.
            _Stalled: Nothing has come, and a request has begun.
        """
        self.waits_since = self._clock.monotonic()
        try:
            return self._receive_until(self.waits_since + patience, exchange)
        finally:
            self.waits_since = None

    def _receive_until(self, deadline: float, exchange: WireExchange | None) -> bytes:
        while not self._stopping.is_set():
            if self._clock.monotonic() >= deadline:
                if exchange is not None and exchange.request.length:
                    raise _Stalled
                raise _Gone
            try:
                data = self._socket.recv(65536)
            except TimeoutError:
                continue
            except ConnectionError as error:
                raise _Gone from error
            if not data:
                break
            if exchange is not None:
                exchange.request.add(data, self._elapsed(exchange))
            return data
        raise _Gone

    def _play(self, script: WireScript, answer: WireAnswer, request: WireRequest, exchange: WireExchange) -> bool:
        """Write the answer, and bring the exchange to its end; return whether another may follow."""
        takes_gzip = b"gzip" in (request.header(b"accept-encoding") or b"").lower()
        keeps = script.ends == "keep" and request.keeps_connection
        rendered = render(answer, script, takes_gzip=takes_gzip) if script.read == "all" else b""
        exchange.withheld = len(rendered)
        self._stopping.wait(script.delay)
        for number, part in enumerate(writes(rendered, script)):
            if number:
                self._stopping.wait(script.pause)
            self._write(part, exchange)
            exchange.withheld -= len(part)
        how = "kept" if keeps else "fin" if script.ends == "keep" else script.ends
        if not keeps and self._rest:  # what came behind the request begins no other one
            exchange.request.add(self._rest, self._elapsed(exchange))
        self._log.end(exchange, how)
        if not keeps:
            self._end(how, exchange)
        return keeps

    def _write(self, data: bytes, exchange: WireExchange) -> None:
        deadline = self._clock.monotonic() + IDLE_SECONDS
        left = memoryview(data)
        while left:
            try:
                count = self._socket.send(left)
            except TimeoutError:
                if self._stopping.is_set() or self._clock.monotonic() > deadline:
                    raise _Gone from None
                continue
            except ConnectionError as error:
                exchange.error = f"{type(error).__name__} after {exchange.answer.length} bytes"
                raise _Gone from error
            exchange.answer.add(bytes(left[:count]), self._elapsed(exchange))
            left = left[count:]

    def _end(self, how: str, exchange: WireExchange) -> None:
        if how == "rst":
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif how == "hang":
            with contextlib.suppress(_Gone, _Stalled):
                while True:
                    self._receive(exchange)
        else:
            self._finish(exchange)

    def _finish(self, exchange: WireExchange) -> None:
        """Close our side, and read on for a moment: what is unread would turn the end into a reset."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)
        deadline = self._clock.monotonic() + _DRAIN_SECONDS
        with contextlib.suppress(OSError):
            while self._clock.monotonic() < deadline and not self._stopping.is_set():
                try:
                    data = self._socket.recv(65536)
                except TimeoutError:
                    continue
                if not data:
                    return
                exchange.request.add(data, self._elapsed(exchange))

    def _elapsed(self, exchange: WireExchange) -> float:
        return round((self._clock.monotonic() - exchange.began_at) * 1000, 3)


def _nothing() -> None:
    pass
