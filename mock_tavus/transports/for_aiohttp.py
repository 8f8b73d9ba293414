"""For aiohttp: a connector, whose connections end in the emulator."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import h11
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection

from mock_tavus.transports.backend import Backend, UnexpectedRequest
from mock_tavus.transports.memory import as_written

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class TavusConnector(aiohttp.BaseConnector):
    """Answer a session's calls, in process: `aiohttp.ClientSession(connector=connector)`.

    Args:
        backend: What answers.
    """

    def __init__(self, backend: Backend) -> None:
        super().__init__()
        self._backend = backend

    async def connect(self, req: Any, traces: Any, timeout: Any) -> Connection:
        """Return a connection that ends in the emulator.

        Args:
            req: aiohttp's request.
            traces: What follows connections.
            timeout: aiohttp's timeouts.
        """
        if not self._backend.is_for(req.url.scheme, req.url.host or "", req.url.port):
            raise UnexpectedRequest(f"{req.url.origin()} is not for this connector, which answers for the API alone")
        return connected(self._backend, self, req)


def connected(backend: Backend, connector: Any, request: Any) -> Connection:
    """Return a connection with the emulator at its other end; it is for one request, and never kept.

    Args:
        backend: What answers.
        connector: Whose connection it is.
        request: aiohttp's request.
    """
    protocol: ResponseHandler = connector._factory()
    protocol.connection_made(_Transport(backend, protocol))
    return Connection(connector, request.connection_key, protocol, asyncio.get_running_loop())


class _Transport(asyncio.Transport):
    """What aiohttp takes for a connection: a request that is written to it is answered, and the connection ends."""

    def __init__(self, backend: Backend, protocol: ResponseHandler) -> None:
        super().__init__()
        self._backend = backend
        self._protocol = protocol
        self._server = h11.Connection(h11.SERVER)
        self._request: h11.Request | None = None
        self._body: list[bytes] = []
        self._loop = asyncio.get_running_loop()
        self._is_closing = False
        self._task: asyncio.Task[None] | None = None

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Take a part of the request; once it is whole, it is answered.

        Args:
            data: The bytes.
        """
        self._server.receive_data(bytes(data))
        while (event := self._server.next_event()) not in (h11.NEED_DATA, h11.PAUSED):
            if isinstance(event, h11.Request):
                self._request = event
                if self._server.they_are_waiting_for_100_continue:
                    self._loop.call_soon(self._protocol.data_received, _CONTINUE)
            elif isinstance(event, h11.Data):
                self._body.append(bytes(event.data))
            elif isinstance(event, h11.EndOfMessage) and self._task is None:
                self._task = self._loop.create_task(self._answer())

    async def _answer(self) -> None:
        request = self._request
        assert request is not None  # noqa: S101 - a message has ended, so it has begun
        fields = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in request.headers]
        method, target = request.method.decode(), request.target.decode("latin-1")
        call = self._backend.request(method, target, fields, b"".join(self._body))
        with await self._backend.exchange_async(call) as answer:
            if not self._is_closing:
                self._protocol.data_received(as_written(answer, is_head=request.method == b"HEAD"))

    def is_closing(self) -> bool:
        """Return whether the connection has ended."""
        return self._is_closing

    def close(self) -> None:
        """End the connection."""
        if not self._is_closing:
            self._is_closing = True
            self._loop.call_soon(self._protocol.connection_lost, None)

    abort = close

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Return what is asked of a socket: nothing is known.

        Args:
            name: What is asked for.
            default: What is returned.
        """
        return default
