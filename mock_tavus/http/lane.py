"""The lane: the vendor's API at once and without Flask, and all that may wait in threads of bounded pools."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Callable, Mapping
from functools import partial
from typing import Any

from mock_tavus.emulator import Emulator
from mock_tavus.engine.pipeline import OWN_PATHS, Exchanged
from mock_tavus.headers import STALLED, wsgi_headers
from mock_tavus.http.workers import Workers
from mock_tavus.loading import Lazy
from mock_tavus.loops import in_thread
from mock_tavus.messages import ApiRequest
from mock_tavus.wsgi import Fields, WsgiApp, base_environ

THREADS = 128
"""How many requests of the vendor's API may wait at once, and how many of inboxes: neither holds up the other."""

ADMIN_THREADS = 256
"""How many requests of the control plane may be under way: more than all that may wait there at once."""

_SHORT_BODY = 64 * 1024
"""A longer body is judged in a thread, in bytes: meanwhile others are answered."""

FAULT = b'{"message":"Internal server error"}'
"""The body of a 500 where no other can be made."""


class AsyncLane:
    """What the asynchronous doors share.

    Neither the number of threads nor the time of a response grows with requests that are not finished.

    Args:
        emulator: What answers the vendor's API.
    """

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.limit = emulator.config.max_body_bytes
        self.body_timeout = emulator.config.body_timeout
        self._app = Lazy(self._built_application)
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
            exchanged: Exchanged = await in_thread(self._requests.submit, partial(pipeline.exchange, request))
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
        await in_thread(pool.submit, lambda: run(self.application()))

    def application(self) -> WsgiApp:
        """Return the application for everything else, which is made when it is first needed."""
        return self._app.get()

    def _built_application(self) -> WsgiApp:
        from mock_tavus.http.flask_app import create_app  # Flask is loaded late

        app: WsgiApp = create_app(self.emulator)
        return app

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
            **base_environ("http", server),
            "REQUEST_METHOD": method,
            "PATH_INFO": path.encode("utf-8", "surrogateescape").decode("latin-1"),
            "QUERY_STRING": query,
            "wsgi.input": io.BytesIO(body if body is not None else bytes(self.limit + 1)),
            **wsgi_headers(fields),
            STALLED: is_stalled,
        }


def too_long(headers: Mapping[str, str], limit: int) -> bool:
    """Return whether a body is announced that goes beyond `limit`: the client may be about to send gigabytes."""
    length = headers.get("content-length", "")
    return length.isascii() and length.isdigit() and int(length[:19]) > limit
