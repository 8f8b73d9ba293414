"""The lane for uvicorn, and for every other ASGI server."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from functools import partial
from typing import Any

from mock_tavus.headers import folded
from mock_tavus.http.lane import FAULT, AsyncLane, too_long
from mock_tavus.loops import await_on
from mock_tavus.messages import ApiRequest, ApiResponse
from mock_tavus.wsgi import WsgiApp, call, close

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class AsgiLane(AsyncLane):
    """Answer what an ASGI server brings."""

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        try:
            await self._answer(scope, receive, send)
        except (_Gone, asyncio.CancelledError):  # the client has gone, or the server ends
            return
        except Exception as error:
            self.emulator.background.report("request", error)
            with contextlib.suppress(Exception):  # the client may have gone, or has its response already
                await _write(ApiResponse(500, FAULT), send)

    async def _answer(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        fields = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]]
        headers = folded(fields)
        if too_long(headers, self.limit):
            body, is_stalled = None, False
        else:
            body, is_stalled = await self.collect(_parts(receive))
        path, query = scope["path"], scope["query_string"].decode("latin-1")
        if self.is_own(path):
            server = scope.get("server") or ("127.0.0.1", 0)
            environ = self.environ(scope["method"], path, query, fields, body, is_stalled=is_stalled, server=server)
            loop = asyncio.get_running_loop()
            gone = threading.Event()
            watch = loop.create_task(_watch(receive, gone))
            try:
                await self.ask_application(path, partial(_run, environ, send, loop, gone))
            finally:
                watch.cancel()
            return
        request = ApiRequest(
            method=scope["method"],
            path=path,
            headers=headers,
            body=body or b"",
            query=query,
            too_large=body is None,
            is_stalled=is_stalled,
        )
        with await self.exchange(request) as response:
            await _write(response, send)


class _Gone(Exception):
    """The client has closed the connection before its request was whole."""


async def _parts(receive: Receive) -> AsyncIterator[bytes]:
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Gone
        yield message.get("body", b"")
        more = message.get("more_body", False)


async def _write(response: ApiResponse, send: Send) -> None:
    await send({"type": "http.response.start", "status": response.status, "headers": _encoded(response.fields)})
    await send({"type": "http.response.body", "body": response.body})


async def _watch(receive: Receive, gone: threading.Event) -> None:
    """Set `gone` once the client has closed the connection: writing to it raises nothing."""
    while (await receive())["type"] != "http.disconnect":
        pass
    gone.set()


def _run(
    environ: dict[str, Any], send: Send, loop: asyncio.AbstractEventLoop, gone: threading.Event, app: WsgiApp
) -> None:
    """Call the application, in a thread, and write its response as it comes."""

    def emit(message: dict[str, Any]) -> None:
        await_on(loop, lambda: send(message))  # type: ignore[arg-type, return-value]

    status, headers, parts = call(app, environ)
    try:
        emit({"type": "http.response.start", "status": int(status[:3]), "headers": _encoded(headers)})
        for part in parts:
            if gone.is_set():
                return
            emit({"type": "http.response.body", "body": part, "more_body": True})
        emit({"type": "http.response.body", "body": b""})
    except (OSError, RuntimeError):
        return  # the client has gone, or the loop has ended
    finally:
        close(parts)


def _encoded(fields: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in fields]
