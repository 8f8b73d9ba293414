"""The asynchronous front: it reads heads and bodies, so that who sends half of one holds no thread."""

from __future__ import annotations

import asyncio
import contextlib
import io
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, Protocol

from granian.rsgi import ProtocolClosed  # type: ignore[attr-defined]

from mock_tavus.emulator import Emulator
from mock_tavus.engine.scenarios import HEADER as SCENARIO_HEADER
from mock_tavus.headers import STALLED, folded, wsgi_headers
from mock_tavus.http.workers import Workers
from mock_tavus.messages import ApiReply, ApiRequest

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
Fields = list[tuple[str, str]]

THREADS = 128
"""How many requests of the vendor's API may wait at once, and how many of inboxes: neither holds up the other."""

ADMIN_THREADS = 256
"""How many requests of the control plane may be under way: more than all that may wait there at once."""

_OWN_PATHS = "/__"  # the control plane's, the inboxes' and the sample videos'
_SHORT_BODY = 64 * 1024
"""A longer body is judged in a thread, in bytes: meanwhile others are answered."""

_UNREADABLE = {SCENARIO_HEADER: "text that is not ASCII"}
"""What stands for a value that granian does not hand on, where to leave it out would not be safe: this is refused."""

_EVENTS = "text/event-stream"
_FAULT = b'{"message":"Internal server error"}'


class Scope(Protocol):
    """The head of a request, as granian gives it to an RSGI application."""

    method: str
    path: str
    query_string: str
    http_version: str
    headers: Any


class Front:
    """Answer the vendor's API at once, and all that may wait, with the control plane, in threads.

    This is an RSGI application. Neither the number of its threads nor the time of an answer grows with requests that
    are not finished.

    Args:
        emulator: What answers the vendor's API.
        app: The WSGI application, for everything else.
        address: Where it is served.
        port: Where it is served.
    """

    def __init__(self, emulator: Emulator, app: WsgiApp, address: str, port: int) -> None:
        self._emulator = emulator
        self._app = app
        self._limit = emulator.config.max_body_bytes
        self._body_timeout = emulator.config.body_timeout
        self._admin = Workers("admin", ADMIN_THREADS, emulator.background)
        self._inboxes = Workers("inbox", THREADS, emulator.background)
        self._requests = Workers("request", THREADS, emulator.background)
        self._environ: dict[str, Any] = {
            "SCRIPT_NAME": "",
            "SERVER_NAME": address,
            "SERVER_PORT": str(port),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input_terminated": True,
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }

    async def __rsgi__(self, scope: Scope, protocol: Any) -> None:
        """Answer one request."""
        try:
            fields = _fields(scope)
            headers = folded(fields)
            body, is_stalled = await self._body(headers, protocol)
            if scope.path.startswith(_OWN_PATHS):
                await self._ask_application(scope, fields, body, is_stalled, protocol)
            else:
                await self._ask_emulator(self._request(scope, headers, body, is_stalled), protocol)
        except Exception as error:
            self._emulator.background.report("request", error)
            with contextlib.suppress(Exception):  # the client may have gone, or has its answer already
                protocol.response_bytes(500, [("content-type", "application/json")], _FAULT)

    async def _body(self, headers: Mapping[str, str], protocol: Any) -> tuple[bytes | None, bool]:
        """Return the body, None if it is longer than the limit, and whether its rest has not come in time.

        What is announced to be too long is not read at all: the client may be about to send gigabytes.
        """
        length = headers.get("content-length")
        if length is None and "transfer-encoding" not in headers:
            return b"", False
        if length is not None and int(length[:19]) > self._limit:
            return None, False
        if length is not None and int(length) <= _SHORT_BODY:
            try:
                async with asyncio.timeout(self._body_timeout):
                    return await protocol(), False
            except TimeoutError:
                return b"", True
            except ProtocolClosed:  # the client has gone, or has ended its side: what came is less than was announced
                return b"", False
        parts: list[bytes] = []
        size = 0
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._body_timeout) as deadline:
                async for part in protocol:
                    size += len(part)
                    if size > self._limit:
                        return None, False
                    parts.append(part)
                    deadline.reschedule(loop.time() + self._body_timeout)
        except TimeoutError:
            return b"".join(parts), True
        return b"".join(parts), False

    def _request(self, scope: Scope, headers: Mapping[str, str], body: bytes | None, is_stalled: bool) -> ApiRequest:
        operation_id, path_parameters = self._emulator.contract.route(scope.method, scope.path)
        length = headers.get("content-length")
        return ApiRequest(
            method=scope.method,
            path=scope.path,
            headers=headers,
            body=body or b"",
            query=scope.query_string,
            operation_id=operation_id,
            path_parameters=path_parameters,
            too_large=body is None,
            is_truncated=body is not None and length is not None and len(body) < int(length),
            is_stalled=is_stalled,
        )

    async def _ask_emulator(self, request: ApiRequest, protocol: Any) -> None:
        handle = partial(self._emulator.handle, request)
        if self._emulator.may_wait(request) or len(request.body) > _SHORT_BODY:
            reply: ApiReply = await self._in_thread(self._requests, handle)
        else:
            reply = handle()
        try:
            protocol.response_bytes(reply.status, [*reply.headers, ("content-type", reply.content_type)], reply.body)
        finally:
            self._emulator.answered(reply)

    async def _ask_application(
        self, scope: Scope, fields: Fields, body: bytes | None, is_stalled: bool, protocol: Any
    ) -> None:
        environ = {
            **self._environ,
            **wsgi_headers(fields),
            "REQUEST_METHOD": scope.method,
            "PATH_INFO": scope.path.encode("utf-8", "surrogateescape").decode("latin-1"),
            "QUERY_STRING": scope.query_string,
            "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
            "wsgi.input": io.BytesIO(body if body is not None else bytes(self._limit + 1)),
            STALLED: is_stalled,
        }
        pool = self._admin if scope.path.startswith("/__admin") else self._inboxes
        loop = asyncio.get_running_loop()
        await self._in_thread(pool, partial(self._run_application, environ, protocol, loop))

    def _run_application(self, environ: dict[str, Any], protocol: Any, loop: asyncio.AbstractEventLoop) -> None:
        started: list[tuple[str, Fields]] = []

        def start_response(status: str, headers: Fields, exc_info: Any = None) -> Callable[[bytes], None]:
            started.append((status, headers))
            return lambda data: None

        parts = self._app(environ, start_response)
        try:
            status, headers = int(started[-1][0][:3]), started[-1][1]
            if any(name.lower() == "content-type" and value.startswith(_EVENTS) for name, value in headers):
                self._stream(protocol.response_stream(status, headers), parts, loop)
            else:
                protocol.response_bytes(status, headers, b"".join(parts))
        finally:
            getattr(parts, "close", lambda: None)()

    def _stream(self, transport: Any, parts: Iterable[bytes], loop: asyncio.AbstractEventLoop) -> None:
        """Write what comes, as it comes, until the client is gone."""

        async def send(part: bytes) -> None:
            await transport.send_bytes(part)

        for part in parts:
            try:
                asyncio.run_coroutine_threadsafe(send(part), loop).result()
            except Exception:
                return

    async def _in_thread(self, pool: Workers, job: Callable[[], Any]) -> Any:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Any] = loop.create_future()

        def run() -> None:
            try:
                tell = partial(_resolve, done, job())
            except Exception as error:
                tell = partial(_reject, done, error)
            with contextlib.suppress(RuntimeError):  # the loop has ended, and nobody waits
                loop.call_soon_threadsafe(tell)

        pool.submit(run)
        return await done


def _fields(scope: Scope) -> Fields:
    """Return the header fields; one that is not ASCII, which granian does not hand on, is there without its value."""
    fields: Fields = scope.headers.items()
    names = scope.headers.keys()
    if len(names) > len(fields):
        known = {name for name, _ in fields}
        fields = [*fields, *((name, _UNREADABLE.get(name, "")) for name in names if name not in known)]
    return fields


def _resolve(done: asyncio.Future[Any], result: Any) -> None:
    if not done.done():
        done.set_result(result)


def _reject(done: asyncio.Future[Any], error: Exception) -> None:
    if not done.done():
        done.set_exception(error)
