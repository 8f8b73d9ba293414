"""For aiohttp: a connector, whose connections end in the emulator."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import h11
from aiohttp.client_proto import ResponseHandler

from mock_tavus.messages import ApiResponse
from mock_tavus.transports.backend import Backend, reason


class TavusConnector(aiohttp.BaseConnector):
    """Answer a session's calls, in process: `aiohttp.ClientSession(connector=connector)`.

    Args:
        backend: What answers.
    """

    def __init__(self, backend: Backend) -> None:
        super().__init__()
        self._backend = backend

    async def _create_connection(self, req: Any, traces: Any, timeout: Any) -> ResponseHandler:
        return connected(self._backend, self._factory)


def connected(backend: Backend, make_protocol: Any) -> ResponseHandler:
    """Return a connection's protocol, with the emulator at its other end.

    Args:
        backend: What answers.
        make_protocol: Makes the protocol.
    """
    protocol: ResponseHandler = make_protocol()
    protocol.connection_made(_Transport(backend, protocol))
    return protocol


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
            elif isinstance(event, h11.Data):
                self._body.append(bytes(event.data))
            elif isinstance(event, h11.EndOfMessage) and self._task is None:
                self._task = self._loop.create_task(self._answer())

    async def _answer(self) -> None:
        request = self._request
        assert request is not None  # noqa: S101 - a message has ended, so it has begun
        fields = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers]
        exchanged = await self._backend.exchange_async(
            request.method.decode(), request.target.decode("latin-1"), fields, b"".join(self._body)
        )
        with exchanged as answer:
            if not self._is_closing:
                self._protocol.data_received(_as_written(answer, request.method == b"HEAD"))

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


def _as_written(answer: ApiResponse, is_head: bool) -> bytes:
    """Return a response as bytes; each connection is for one request, so that none outlives what made it."""
    fields = [*answer.fields, ("Connection", "close")]
    head = [f"HTTP/1.1 {answer.status} {reason(answer.status)}", *(f"{name}: {value}" for name, value in fields)]
    return "\r\n".join([*head, "", ""]).encode("latin-1", "replace") + (b"" if is_head else answer.body)
