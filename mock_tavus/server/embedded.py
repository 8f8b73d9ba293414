"""`MockServer`: the emulator in a test's own process."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from mock_tavus.admin.served import Served
from mock_tavus.clock import BaseClock
from mock_tavus.config import Config
from mock_tavus.emulator import Emulator
from mock_tavus.errors import ServerError
from mock_tavus.http.asgi import AsgiLane
from mock_tavus.loops import closed
from mock_tavus.server.listeners import start_wire
from mock_tavus.server.ports import explain

_ADDRESS = "127.0.0.1"
_BACKLOG = 1024
_STARTS_WITHIN = 10.0  # seconds
_ENDS_WITHIN = 2.0  # seconds
_KEEP_ALIVE = 30  # seconds that a connection may be silent between two requests


class _Protocol(H11Protocol):
    """Ignore what a client would upgrade to, without a warning: Java asks for HTTP/2 with every request in clear."""

    def _unsupported_upgrade_warning(self) -> None:
        pass


class _Server(uvicorn.Server):
    """Tell when it listens, and end what is under way when it is to stop."""

    def __init__(self, lane: AsgiLane) -> None:
        options: dict[str, Any] = {"loop": "asyncio", "http": _Protocol, "ws": "none", "lifespan": "off"}
        super().__init__(
            uvicorn.Config(
                lane,
                **options,
                log_config=None,
                access_log=False,
                server_header=False,
                backlog=_BACKLOG,
                timeout_keep_alive=_KEEP_ALIVE,
                timeout_graceful_shutdown=1,
            )
        )
        self.is_listening = threading.Event()
        self._stop_is_wanted = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def run_on(self, listening: socket.socket) -> None:
        """Serve on a socket until it is to end, and close it, even if the end comes before it listens."""
        with listening:
            asyncio.run(self.serve([listening]))

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._loop = asyncio.get_running_loop()
        self.is_listening.set()

    def end(self) -> None:
        """Stop at once, where uvicorn itself looks ten times a second whether it is to."""
        self.should_exit = True
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has just ended
                self._loop.call_soon_threadsafe(self._stop_is_wanted.set)

    async def main_loop(self) -> None:
        while not await self.on_tick(0):  # which writes the date of responses
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1):
                    await self._stop_is_wanted.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close the listening `sockets`, and end every connection, whatever is under way on it."""
        for listening in sockets or []:
            asyncio.get_running_loop().remove_reader(listening)
        await closed()  # a connection that has been accepted cannot be opened once its server is closed
        for server in self.servers:
            server.close()
        for listening in sockets or []:
            listening.close()
        for connection in list(self.server_state.connections):
            connection.transport.abort()  # what is under way has no end that could be waited for: it may be a delay
        for task in list(self.server_state.tasks):
            task.cancel()
        await asyncio.gather(*self.server_state.tasks, return_exceptions=True)
        await closed()


class MockServer(Served):
    """Serve the emulator on a free port of this machine, for as long as a `with` block lasts.

    A server that was stopped can be started again, with everything that it remembers.

    Args:
        config: How to behave.
        clock: Whose time holds; a `TestClock` lets a test jump through a training.
        port: Where to listen; 0 takes any free port.
        wire: Whether to listen on the wire, too.

    Raises:
        ContractError: The contract cannot be served.
        ServerError: The port is taken (on entering the block).
    """

    def __init__(
        self, config: Config | None = None, *, clock: BaseClock | None = None, port: int = 0, wire: bool = False
    ) -> None:
        self.emulator = Emulator(config, clock)
        self._wanted_port = port
        self._port = port
        self._has_wire = wire
        self._stop_wire: Callable[[], None] | None = None
        self._lane: AsgiLane | None = None
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None
        self._process = 0

    @property
    def base_url(self) -> str:
        """Return what stands before `/v2/replicas`."""
        return f"http://{_ADDRESS}:{self._port}"

    @property
    def wire_url(self) -> str:
        """Return where the wire listens, in place of `base_url`; empty if it does not."""
        return next((one.url for one in self.emulator.wire.listeners if one.name == "wire"), "")

    def start(self) -> Self:
        """Listen, and begin to serve.

        Raises:
            ServerError: The port is taken, or the system cannot start a thread.
        """
        if self._server is not None:
            raise ServerError(f"this server has been started already, at {self.base_url}")
        try:
            listening = socket.create_server((_ADDRESS, self._wanted_port), backlog=_BACKLOG)
        except OSError as error:
            raise ServerError(explain(_ADDRESS, self._wanted_port, "port=", error)) from error
        # asyncio does this only for sockets that name their protocol; without it, a client on a connection that is kept
        # waits 40 ms for the body of each response.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._port = listening.getsockname()[1]
        self._process = os.getpid()
        self.emulator.policy.add_door(_ADDRESS, self._port)
        try:
            self.emulator.start()
        except BaseException:
            listening.close()
            self.emulator.policy.remove_door(_ADDRESS, self._port)
            raise
        self._lane = AsgiLane(self.emulator)
        self._server = server = _Server(self._lane)
        self._thread = threading.Thread(target=server.run_on, args=[listening], name="mock-tavus", daemon=True)
        self._thread.start()
        try:
            if not server.is_listening.wait(_STARTS_WITHIN):
                raise ServerError(f"the server did not begin to listen within {_STARTS_WITHIN:g} s")
            if self._has_wire:
                self._stop_wire = start_wire(self.emulator, self._lane.application(), _ADDRESS)
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Stop serving and sending, within two seconds, whatever is under way; in a forked child, do nothing."""
        if self._server is None or self._thread is None or os.getpid() != self._process:
            return
        if self._stop_wire is not None:
            self._stop_wire()
        self.emulator.stop()
        self._server.end()
        self._thread.join(_ENDS_WITHIN)
        if self._lane is not None:
            self._lane.stop()
        self.emulator.policy.remove_door(_ADDRESS, self._port)
        self._server = self._thread = self._lane = self._stop_wire = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()
