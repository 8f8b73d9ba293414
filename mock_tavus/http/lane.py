"""The lane: the vendor's API at once and without Flask, and all that may wait in threads of bounded pools."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import io
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from functools import partial
from typing import Any

from mock_tavus.emulator import Emulator
from mock_tavus.engine.pipeline import Exchanged
from mock_tavus.headers import STALLED, wsgi_headers
from mock_tavus.http.middleware import OWN_PATHS, WsgiApp
from mock_tavus.http.workers import Workers
from mock_tavus.loading import Lazy
from mock_tavus.messages import ApiRequest

Fields = list[tuple[str, str]]

THREADS = 128
"""How many requests of the vendor's API may wait at once, and how many of inboxes: neither holds up the other."""

ADMIN_THREADS = 256
"""How many requests of the control plane may be under way: more than all that may wait there at once."""

_SHORT_BODY = 64 * 1024
"""A longer body is judged in a thread, in bytes: meanwhile others are answered."""

_WRITES_WITHIN = 60.0
"""How long a client may take to read a part of a response, in seconds."""

FAULT = b'{"message":"Internal server error"}'
"""The body of a 500 where no other can be made."""


_WSGI: dict[str, Any] = {
    "SCRIPT_NAME": "",
    "SERVER_PROTOCOL": "HTTP/1.1",
    "wsgi.version": (1, 0),
    "wsgi.url_scheme": "http",
    "wsgi.input_terminated": True,
    "wsgi.multithread": True,
    "wsgi.multiprocess": False,
    "wsgi.run_once": False,
}
"""What every WSGI environment here has."""


class AsyncLane:
    """What the asynchronous doors share.

    Neither the number of threads nor the time of a response grows with requests that are not finished.

    Args:
        emulator: What answers the vendor's API.
        load_app: Gives the WSGI application for everything else, once the first request needs it.
    """

    def __init__(self, emulator: Emulator, load_app: Callable[[], WsgiApp]) -> None:
        self.emulator = emulator
        self.limit = emulator.config.max_body_bytes
        self.body_timeout = emulator.config.body_timeout
        self._app = Lazy(load_app)
        self._admin = Workers("admin", ADMIN_THREADS, emulator.background)
        self._inboxes = Workers("inbox", THREADS, emulator.background)
        self._requests = Workers("request", THREADS, emulator.background)

    def stop(self) -> None:
        """End the threads of the pools."""
        for pool in (self._admin, self._inboxes, self._requests):
            pool.stop()

    @staticmethod
    def is_own(path: str) -> bool:
        """Return whether `path` is not the vendor's: the control plane's, an inbox's or a sample video's."""
        return path.startswith(OWN_PATHS)

    async def exchange(self, request: ApiRequest) -> Exchanged:
        """Return the response to a request of the vendor's API: at once, unless something about it may wait.

        Args:
            request: The request.
        """
        pipeline = self.emulator.pipeline
        if pipeline.may_wait(request) or len(request.body) > _SHORT_BODY:
            exchanged: Exchanged = await in_thread(self._requests, partial(pipeline.exchange, request))
            return exchanged
        return pipeline.exchange(request)

    async def collect(self, parts: AsyncIterator[bytes]) -> tuple[bytes | None, bool]:
        """Return a body, None if it is longer than the limit, and whether its rest has not come in time.

        Args:
            parts: Gives it piece by piece.
        """
        body: list[bytes] = []
        size = 0
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self.body_timeout) as deadline:
                async for part in parts:
                    size += len(part)
                    if size > self.limit:
                        return None, False
                    body.append(part)
                    deadline.reschedule(loop.time() + self.body_timeout)
        except TimeoutError:
            return b"".join(body), True
        return b"".join(body), False

    async def ask_application(self, path: str, run: Callable[[WsgiApp], None]) -> None:
        """Have the application answer, in a thread.

        Args:
            path: The request's.
            run: Calls the application, and writes what it answers.
        """
        pool = self._admin if path.startswith("/__admin") else self._inboxes
        await in_thread(pool, lambda: run(self.application()))

    def application(self) -> WsgiApp:
        """Return the application, which is made when it is first needed."""
        return self._app.get()

    def environ(
        self,
        method: str,
        path: str,
        query: str,
        fields: Fields,
        body: bytes | None,
        *,
        is_stalled: bool,
        server: tuple[str, int],
    ) -> dict[str, Any]:
        """Return a request as WSGI has it.

        Args:
            method: In capitals.
            path: Decoded.
            query: The raw query string.
            fields: The header fields as they came.
            body: The body; None if it is longer than the limit.
            is_stalled: Whether its rest has not come in time.
            server: Where it came: an address and a port.
        """
        return {
            **_WSGI,
            "SERVER_NAME": server[0],
            "SERVER_PORT": str(server[1]),
            "REQUEST_METHOD": method,
            "PATH_INFO": path.encode("utf-8", "surrogateescape").decode("latin-1"),
            "QUERY_STRING": query,
            "wsgi.input": io.BytesIO(body if body is not None else bytes(self.limit + 1)),
            "wsgi.errors": sys.stderr,
            **wsgi_headers(fields),
            STALLED: is_stalled,
        }


def too_long(headers: Mapping[str, str], limit: int) -> bool:
    """Return whether a body is announced that goes beyond `limit`: the client may be about to send gigabytes."""
    length = headers.get("content-length", "")
    return length.isascii() and length.isdigit() and int(length[:19]) > limit


async def in_thread(pool: Workers, job: Callable[[], Any]) -> Any:
    """Run `job` in a thread of `pool`, and return what it gives or raise what it raises."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Any] = loop.create_future()

    def run() -> None:
        try:
            tell = partial(_settle, done, done.set_result, job())
        except Exception as error:
            tell = partial(_settle, done, done.set_exception, error)
        with contextlib.suppress(RuntimeError):  # the loop has ended, and nobody waits
            loop.call_soon_threadsafe(tell)

    pool.submit(run)
    return await done


def await_on(loop: asyncio.AbstractEventLoop, make: Callable[[], Coroutine[Any, Any, Any]]) -> None:
    """Run a coroutine on a loop, from another thread, and wait until it has ended.

    Args:
        loop: The loop.
        make: Makes the coroutine; it is called on the loop, so that none is left over if the loop has ended.

    Raises:
        RuntimeError: The loop has ended.
        TimeoutError: The client has not taken it within a minute.
    """
    done: concurrent.futures.Future[None] = concurrent.futures.Future()

    def tell(task: asyncio.Task[Any]) -> None:
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)

    loop.call_soon_threadsafe(lambda: loop.create_task(make()).add_done_callback(tell))
    done.result(_WRITES_WITHIN)


def _settle(done: asyncio.Future[Any], settle: Callable[[Any], None], value: Any) -> None:
    if not done.done():
        settle(value)
