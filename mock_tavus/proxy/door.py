"""The https door: TLS for the vendor's host and this machine, and a proxy for programs that take one.

Whatever is for the emulator goes to its main door, byte by byte, so that there is one server that reads requests.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from functools import partial

from mock_tavus.background import Background
from mock_tavus.errors import ServerError
from mock_tavus.loops import closed, readable
from mock_tavus.origins import reachable_address
from mock_tavus.proxy.connection import Address, ProxyConnection
from mock_tavus.proxy.hosts import MAX_CONNECTIONS, VENDOR_HOST
from mock_tavus.proxy.tunnels import Tunnels

_BACKLOG = 1024
_STARTS_WITHIN = 10.0  # seconds
_ENDS_WITHIN = 2.0  # seconds
_PAUSE = 0.05  # seconds until the next try, where no more files can be opened


class HttpsDoor:
    """Listen for https, and for programs that use a proxy.

    Args:
        main: Where the emulator's main door listens: an address and a port.
        context: What TLS is spoken with.
        background: What starts the thread.
        tunnels: Which other hosts can be reached through it.
        hosts: Which hosts are the emulator.
        capacity: How many connections it serves at once.
        on_listening: Told the address and the port of each socket before anything is taken from it.
        on_closed: Told the same once it is closed.
    """

    def __init__(
        self,
        main: Address,
        context: ssl.SSLContext,
        background: Background,
        tunnels: Tunnels | None = None,
        hosts: Sequence[str] = (VENDOR_HOST,),
        *,
        capacity: int = MAX_CONNECTIONS,
        on_listening: Callable[[str, int], None] = lambda address, port: None,
        on_closed: Callable[[str, int], None] = lambda address, port: None,
    ) -> None:
        self._main = (reachable_address(main[0]), main[1])
        self._context = context
        self._background = background
        self.tunnels = tunnels or Tunnels()
        self._hosts = frozenset(hosts)
        self._capacity = capacity
        self._on_listening = on_listening
        self._on_closed = on_closed
        self._listening: list[socket.socket] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._has_begun = threading.Event()
        self._ended = threading.Event()
        self._connections: dict[asyncio.Task[None], ProxyConnection] = {}
        self._ending: set[asyncio.Task[None]] = set()
        self._acceptors: set[asyncio.Task[None]] = set()

    def start(self, *addresses: Address) -> Sequence[Address]:
        """Listen, and return where, with the ports that were taken.

        Args:
            addresses: Where to listen: addresses and ports, 0 for any free one.

        Raises:
            OSError: A port is taken.
            ServerError: The system cannot start a thread.
        """
        try:
            for host, port in addresses:
                family = socket.AF_INET6 if ":" in host else socket.AF_INET
                listening = socket.create_server((host, port), family=family, backlog=_BACKLOG)
                listening.setblocking(False)
                self._listening.append(listening)
            found = [(str(one.getsockname()[0]), int(one.getsockname()[1])) for one in self._listening]
            for address in found:
                self._on_listening(*address)
            self._background.keep_running("https", lambda: asyncio.run(self._serve()))
        except BaseException:
            self._close()
            raise
        if not self._has_begun.wait(_STARTS_WITHIN):
            raise ServerError("the https door did not begin to listen")
        return found

    def stop(self) -> None:
        """Close the port at once, and end what is under way."""
        loop = self._loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # it has just ended
                loop.call_soon_threadsafe(self._end)
            self._ended.wait(_ENDS_WITHIN)
        self._close()

    def _close(self) -> None:
        for one in self._listening:
            with contextlib.suppress(OSError):
                self._on_closed(*one.getsockname()[:2])
            one.close()
        self._listening = []

    def _end(self) -> None:
        for task in self._acceptors:
            task.cancel()

    async def _serve(self) -> None:
        self._loop = loop = asyncio.get_running_loop()
        self._ended.clear()
        self._acceptors = {loop.create_task(self._accept(one)) for one in self._listening}
        self._has_begun.set()
        await asyncio.gather(*self._acceptors, return_exceptions=True)
        await closed()
        for task in list(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, *self._ending, return_exceptions=True)
        await closed()
        self._loop = None
        self._ended.set()

    async def _accept(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await readable(listening.fileno())
            try:
                connected, peer = listening.accept()
            except BlockingIOError:  # the client has gone meanwhile
                continue
            except OSError:  # as a rule, too many files are open; they will not always be
                await asyncio.sleep(_PAUSE)
                continue
            connected.setblocking(False)
            with contextlib.suppress(OSError):  # it may have been reset already
                connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._make_room()
            connection = ProxyConnection(connected, str(peer[0]), self._main, self._context, self.tunnels, self._hosts)
            task = loop.create_task(connection.run())
            self._connections[task] = connection
            task.add_done_callback(partial(self._has_ended, connection))
            await asyncio.sleep(0)  # a burst must not keep those from ending that make room for it

    def _make_room(self) -> None:
        while len(self._connections) >= self._capacity:
            silent = min(self._connections.items(), key=lambda item: item[1].last_heard)[0]
            del self._connections[silent]
            self._ending.add(silent)
            # Two turns later: TLS that has just begun cannot be ended before the next one.
            loop = asyncio.get_running_loop()
            loop.call_soon(partial(loop.call_soon, silent.cancel))

    def _has_ended(self, connection: ProxyConnection, task: asyncio.Task[None]) -> None:
        self._connections.pop(task, None)
        self._ending.discard(task)
        connection.close()
        if not task.cancelled() and (error := task.exception()) is not None and isinstance(error, Exception):
            self._background.report("https", error)
