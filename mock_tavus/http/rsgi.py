"""The lane for granian: RSGI, which hands a request over without any frame around it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable, Mapping
from functools import partial
from typing import Any, Protocol

from granian.rsgi import ProtocolClosed  # type: ignore[attr-defined]

from mock_tavus.emulator import Emulator
from mock_tavus.engine.scenarios import HEADER as SCENARIO_HEADER
from mock_tavus.headers import folded
from mock_tavus.http.lane import FAULT, AsyncLane, too_long
from mock_tavus.loops import await_on
from mock_tavus.messages import ApiRequest
from mock_tavus.wsgi import Fields, WsgiApp, call, close, is_endless

_SHORT_BODY = 64 * 1024
"""A body of this length, in bytes, is read whole, with one deadline; a longer one piece by piece."""

_UNREADABLE = {SCENARIO_HEADER: "text that is not ASCII"}
"""What stands for a value that granian does not hand on, where to leave it out would not be safe: this is refused."""


class Scope(Protocol):
    """The head of a request, as granian gives it to an RSGI application."""

    method: str
    path: str
    query_string: str
    headers: Any


class RsgiLane(AsyncLane):
    """Answer what granian brings.

    Args:
        emulator: What answers the vendor's API.
        server: Where it is served: an address and a port.
    """

    def __init__(self, emulator: Emulator, server: tuple[str, int]) -> None:
        super().__init__(emulator)
        self._server = server

    async def __rsgi__(self, scope: Scope, protocol: Any) -> None:
        """Answer one request."""
        try:
            fields = _fields(scope)
            headers = folded(fields)
            body, is_stalled = await self._body(headers, protocol)
            if self.is_own(scope.path):
                await self._own(scope, fields, body, is_stalled, protocol)
                return
            length = headers.get("content-length")
            request = ApiRequest(
                method=scope.method,
                path=scope.path,
                headers=headers,
                body=body or b"",
                query=scope.query_string,
                too_large=body is None,
                is_truncated=body is not None and length is not None and len(body) < int(length),
                is_stalled=is_stalled,
            )
            with await self.exchange(request) as response:
                fields = [*response.headers, ("content-type", response.content_type)]
                protocol.response_bytes(response.status, fields, response.body)
        except Exception as error:
            self.emulator.background.report("request", error)
            with contextlib.suppress(Exception):  # the client may have gone, or has its response already
                protocol.response_bytes(500, [("content-type", "application/json")], FAULT)

    async def _body(self, headers: Mapping[str, str], protocol: Any) -> tuple[bytes | None, bool]:
        """Return the body, None if it is longer than the limit, and whether its rest has not come in time."""
        length = headers.get("content-length")
        if length is None and "transfer-encoding" not in headers:
            return b"", False
        if too_long(headers, self.limit):
            return None, False
        if length is None or int(length) > _SHORT_BODY:
            return await self.collect(_parts(protocol))
        try:
            async with asyncio.timeout(self.body_timeout):
                return await protocol(), False
        except TimeoutError:
            return b"", True
        except ProtocolClosed:  # the client has gone, or has ended its side: what came is less than was announced
            return b"", False

    async def _own(self, scope: Scope, fields: Fields, body: bytes | None, is_stalled: bool, protocol: Any) -> None:
        environ = self.environ(
            scope.method, scope.path, scope.query_string, fields, body, is_stalled=is_stalled, server=self._server
        )
        loop = asyncio.get_running_loop()
        await self.ask_application(scope.path, partial(_run, environ, protocol, loop))


def _run(environ: dict[str, Any], protocol: Any, loop: asyncio.AbstractEventLoop, app: WsgiApp) -> None:
    status, headers, parts = call(app, environ)
    try:
        if is_endless(headers):
            _stream(protocol.response_stream(int(status[:3]), headers), parts, loop)
        else:
            protocol.response_bytes(int(status[:3]), headers, b"".join(parts))
    finally:
        close(parts)


def _stream(transport: Any, parts: Iterable[bytes], loop: asyncio.AbstractEventLoop) -> None:
    """Write what comes, as it comes, until the client is gone."""

    async def send(part: bytes) -> None:
        await transport.send_bytes(part)

    for part in parts:
        try:
            await_on(loop, partial(send, part))
        except Exception:
            return


async def _parts(protocol: Any) -> AsyncIterator[bytes]:
    async for part in protocol:
        yield part


def _fields(scope: Scope) -> Fields:
    """Return the header fields; one that is not ASCII, which granian does not hand on, is there without its value."""
    fields: Fields = scope.headers.items()
    names = scope.headers.keys()
    if len(names) > len(fields):
        known = {name for name, _ in fields}
        fields = [*fields, *((name, _UNREADABLE.get(name, "")) for name in names if name not in known)]
    return fields
