"""`InProcess`: the emulator without a socket, for one test or many."""

from __future__ import annotations

import os
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import unquote, urlsplit

from mock_tavus.admin.served import Served
from mock_tavus.callbacks import Sender, TargetPolicy
from mock_tavus.callbacks.in_process import InProcessPolicy, InProcessSender
from mock_tavus.callbacks.receivers import Post, Response, receive_with
from mock_tavus.clock import BaseClock
from mock_tavus.config import Config
from mock_tavus.emulator import Emulator
from mock_tavus.errors import ServerError
from mock_tavus.proxy.hosts import VENDOR_HOST
from mock_tavus.transports.backend import Backend
from mock_tavus.version import USER_AGENT

if TYPE_CHECKING:
    from mock_tavus.transports.for_aiohttp import TavusConnector
    from mock_tavus.transports.for_httpx import AsyncTavusTransport, TavusTransport
    from mock_tavus.transports.for_requests import TavusAdapter

HOSTS = frozenset({VENDOR_HOST})
"""The hosts whose calls end in the emulator."""


class InProcess(Served):
    """The emulator in this process, without a socket, for as long as a `with` block lasts.

    Args:
        config: How to behave.
        clock: Whose time holds; a `TestClock` lets a test jump through a training.
        callbacks_to: Takes every callback, whatever its URL: `function(body)`, which returns a status or None; a WSGI
            application; an ASGI application. None: they are sent over HTTP, as `MockServer` sends them.

    Raises:
        ConfigError: `callbacks_to` is something else.
        ContractError: The contract cannot be served.
    """

    base_url = f"https://{VENDOR_HOST}"
    """What stands before `/v2/replicas`."""

    def __init__(
        self,
        config: Config | None = None,
        *,
        clock: BaseClock | None = None,
        callbacks_to: Callable[..., Any] | None = None,
    ) -> None:
        receiver = None if callbacks_to is None else receive_with(callbacks_to)

        def _policy(settings: Config) -> TargetPolicy:
            hosts, rewrites = settings.allow_callback_hosts, settings.callback_rewrites
            return InProcessPolicy(hosts, rewrites, hosts=HOSTS, has_receiver=receiver is not None)

        def _sender(emulator: Emulator, otherwise: Sender) -> Sender:
            return InProcessSender(
                self._take,
                receiver,
                HOSTS,
                otherwise,
                emulator.clock,
                emulator.config.callback_timeout,
                USER_AGENT,
                emulator.background,
            )

        self.emulator = Emulator(config, clock, policy=_policy, sender=_sender)
        self.backend = Backend(self.emulator)
        self._process = 0

    def requests_adapter(self, **options: Any) -> TavusAdapter:
        """Return an adapter for requests: `session.mount("https://tavusapi.com", adapter)`.

        Args:
            options: What requests' own adapter takes: `max_retries`, for one.
        """
        from mock_tavus.transports.for_requests import TavusAdapter

        return TavusAdapter(self.backend, **options)

    def httpx_transport(self) -> TavusTransport:
        """Return a transport for httpx: `httpx.Client(transport=transport)`."""
        from mock_tavus.transports.for_httpx import TavusTransport

        return TavusTransport(self.backend)

    def async_httpx_transport(self) -> AsyncTavusTransport:
        """Return a transport for asynchronous httpx: `httpx.AsyncClient(transport=transport)`."""
        from mock_tavus.transports.for_httpx import AsyncTavusTransport

        return AsyncTavusTransport(self.backend)

    def aiohttp_connector(self) -> TavusConnector:
        """Return a connector for aiohttp, for the running loop: `aiohttp.ClientSession(connector=connector)`."""
        from mock_tavus.transports.for_aiohttp import TavusConnector

        return TavusConnector(self.backend)

    def start(self) -> Self:
        """Begin to send callbacks.

        Raises:
            ServerError: It has begun already, or the system cannot start a thread.
        """
        if self._process:
            raise ServerError("this emulator has been started already")
        self.emulator.start()
        self._process = os.getpid()
        return self

    def stop(self) -> None:
        """Stop sending callbacks at once; what is remembered stays. In a forked child, do nothing."""
        if self._process == os.getpid():
            self.emulator.stop()
        self._process = 0

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def _take(self, post: Post) -> Response:
        """Put a callback into the inbox that its URL names."""
        parts = urlsplit(post.target.url)
        emulator = self.emulator
        answer = emulator.stores.inboxes.take(
            unquote(parts.path).rpartition("/")[2],
            at=emulator.clock.now(),
            method="POST",
            query=parts.query,
            headers={name.lower(): value for name, value in post.fields},
            body=post.content,
        )
        emulator.clock.sleep(answer.delay)
        return answer.status, b""
