"""`MockServer`: the emulator in a test's own process."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from cheroot.wsgi import Gateway_10 as WSGIGateway_10
from cheroot.wsgi import Server

from mock_tavus.clock import BaseClock
from mock_tavus.config import Config
from mock_tavus.emulator import Emulator
from mock_tavus.errors import ServerError
from mock_tavus.headers import wsgi_headers
from mock_tavus.http import create_app
from mock_tavus.messages import Delivery, JournalEntry
from mock_tavus.server.doors import wire_listener
from mock_tavus.server.ports import hold_port
from mock_tavus.wire import WireListener

_THREADS = 128


class _Gateway(WSGIGateway_10):
    """Hand header fields on as they were sent."""

    def get_environ(self) -> dict[str, Any]:  # type: ignore[override]
        """Return the WSGI environment of the current request."""
        fields = [
            (name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in self.req.inheaders.items()
        ]
        environ: dict[str, Any] = super().get_environ()  # type: ignore[no-untyped-call]
        others = {name: value for name, value in environ.items() if not name.startswith("HTTP_")}
        return {**others, **wsgi_headers(fields)}


class MockServer:
    """Serve the emulator on a free port of this machine, for as long as a `with` block lasts.

    Args:
        config: How to behave.
        clock: Whose time holds; a `TestClock` lets a test jump through a training.
        port: Where to listen; 0 takes any free port.
        wire: Whether to listen on the wire, too.

    Raises:
        ContractError: The contract cannot be served.
        ServerError: The port is taken (on entering the block).
    """

    def __init__(
        self, config: Config | None = None, *, clock: BaseClock | None = None, port: int = 0, wire: bool = False
    ) -> None:
        self.emulator = Emulator(config, clock)
        app = create_app(self.emulator)
        self._wire: WireListener | None = None
        if wire:
            self._wire = wire_listener(self.emulator, app.wsgi_app)
        self._server = Server(("127.0.0.1", port), app, numthreads=_THREADS, request_queue_size=256, timeout=30)
        self._server.gateway = _Gateway
        self._server.shutdown_timeout = 1
        self._server.expiration_interval = 0.05  # how often it looks whether it is to stop, in seconds
        self._thread = threading.Thread(target=self._server.serve, name="mock-tavus", daemon=True)

    @property
    def base_url(self) -> str:
        """Return what stands before `/v2/replicas`."""
        return f"http://127.0.0.1:{self._server.bind_addr[1]}"

    @property
    def wire_url(self) -> str:
        """Return where the wire listens, in place of `base_url`; empty if it does not."""
        return next((door.url for door in self.emulator.wire.doors if door.name == "wire"), "")

    @property
    def requests(self) -> Sequence[JournalEntry]:
        """Return what was asked and answered, the oldest first, with keys masked."""
        return self.emulator.journal.entries()

    @property
    def callbacks(self) -> Sequence[Delivery]:
        """Return the callbacks that are planned, under way or ended, the oldest first."""
        return self.emulator.deliveries()

    def start(self) -> Self:
        """Listen, and begin to serve."""
        hold_port(*self._server.bind_addr).close()  # cheroot itself leaves a socket open where it cannot bind
        try:
            self._server.prepare()
        except OSError as error:
            raise ServerError(f"cannot listen on {self._server.bind_addr}: {error}") from error
        self.emulator.policy.add_door("127.0.0.1", int(self._server.bind_addr[1]))
        self.emulator.start()
        self._thread.start()
        if self._wire is not None:
            self._wire.start("127.0.0.1")
        return self

    def stop(self) -> None:
        """Stop serving and sending, at once."""
        if self._wire is not None:
            self._wire.stop()
        self.emulator.stop()
        self._server.stop()
        self._thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()
