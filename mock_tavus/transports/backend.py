"""One call of the vendor's API, from what every HTTP library has to what the pipeline takes."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from urllib.parse import unquote

from mock_tavus.emulator import Emulator
from mock_tavus.engine.pipeline import Exchanged
from mock_tavus.errors import MockTavusError
from mock_tavus.headers import folded
from mock_tavus.loops import in_thread
from mock_tavus.messages import ApiRequest, phrase
from mock_tavus.proxy.hosts import VENDOR_HOST

HTTPS_PORT = 443


class UnexpectedRequest(MockTavusError, AssertionError):
    """A call that must not leave this process, and is not the emulator's.

    It is for another scheme or port of the vendor's host, or for another host, with `intercept(passthrough=False)`.
    """


@dataclass(frozen=True, slots=True)
class Backend:
    """Answer calls of HTTP libraries to `https://tavusapi.com`, in process.

    Args:
        emulator: What answers.
    """

    emulator: Emulator

    @staticmethod
    def is_for(scheme: str, host: str, port: int | None) -> bool:
        """Return whether a call is for the emulator.

        Args:
            scheme: `http` or `https`.
            host: In any case.
            port: None for the scheme's own.

        Raises:
            UnexpectedRequest: It is for the vendor's host, and not for its API: such a call would leave the process
                with a key, and is a mistake.
        """
        if host.lower().rstrip(".") != VENDOR_HOST:
            return False
        if scheme != "https" or port not in (None, HTTPS_PORT):
            shown = f"{scheme}://{VENDOR_HOST}{'' if port is None else f':{port}'}"
            raise UnexpectedRequest(f"the API is at https://{VENDOR_HOST}, and this call is for {shown}")
        return True

    def request(self, method: str, target: str, fields: Iterable[tuple[str, str]], body: bytes) -> ApiRequest:
        """Return a call as the pipeline takes it.

        Args:
            method: In capitals.
            target: Path and query, as they would be on the wire.
            fields: The header fields, by lower-case name.
            body: The bytes.
        """
        limit = self.emulator.config.max_body_bytes
        path, _, query = target.partition("?")
        return ApiRequest(
            method=method,
            path=unquote(path),
            headers=folded(fields),
            body=body[:limit],
            query=query,
            too_large=len(body) > limit,
        )

    def may_wait(self, request: ApiRequest) -> bool:
        """Return whether anything is armed that a `request` meets: it may be delayed, or its response spoiled."""
        return self.emulator.pipeline.may_wait(request)

    def exchange(self, request: ApiRequest, timeout: float | None = None) -> Exchanged:
        """Return the response to a call; write it in the block of what this returns.

        Args:
            request: The call.
            timeout: How long the client would wait, in seconds; None for ever.

        Raises:
            TimeoutError: A delay that was asked for takes longer.
        """
        if timeout is None or not self.may_wait(request):
            return self.emulator.pipeline.exchange(request)
        return self._within(request, timeout)

    async def exchange_async(self, request: ApiRequest, timeout: float | None = None) -> Exchanged:
        """Do the same for an asynchronous client; a delay holds up nobody else on the loop.

        Args:
            request: The call.
            timeout: How long the client would wait, in seconds; None for ever.

        Raises:
            TimeoutError: A delay that was asked for takes longer.
        """
        exchange = partial(self.emulator.pipeline.exchange, request)
        if not self.may_wait(request):
            return exchange()
        async with asyncio.timeout(timeout):
            exchanged: Exchanged = await in_thread(
                lambda run: self.emulator.background.try_start("delayed", run), exchange
            )
        return exchanged

    def _within(self, request: ApiRequest, timeout: float) -> Exchanged:
        found: list[Exchanged] = []
        done = threading.Event()

        def run() -> None:
            found.append(self.emulator.pipeline.exchange(request))
            done.set()

        if not self.emulator.background.try_start("delayed", run):
            return self.emulator.pipeline.exchange(request)
        if not done.wait(timeout):
            raise TimeoutError("timed out")  # as the socket module says it
        return found[0]


def reason(status: int) -> str:
    """Return the words that go with an HTTP `status`."""
    return phrase(status, "Unknown")
