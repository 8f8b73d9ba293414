"""`mock-tavus serve`: the emulator behind granian, in a process of its own."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import multiprocessing.util
import os
import signal
import socket
import ssl
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from flask import Flask
from granian import Granian
from granian.constants import HTTPModes, Interfaces

from mock_tavus.auth import account_id_for
from mock_tavus.config import Config
from mock_tavus.console import Console
from mock_tavus.emulator import Emulator
from mock_tavus.errors import ServerError
from mock_tavus.server.banner import banner
from mock_tavus.server.ports import hold_port
from mock_tavus.web import create_app
from mock_tavus.wire import WireListener

THREADS = 128
"""How many requests are answered at once: those that wait or are slow on purpose must not keep others waiting."""

_KILL_AFTER = 1  # second that a request may go on after the stop signal


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """Where and how to listen.

    Args:
        host: A name or address of this machine.
        port: 0 takes any free port.
        quiet: Whether to print only where the server listens.
        ready_file: Where to write the address as JSON once the server answers.
        until_stdin_ends: Whether to stop when the standard input ends, beside when a signal comes.
        wire_port: Where the wire listens, 0 for any free port; None for nowhere.
        wire_certificate: A PEM file with a certificate and its key, for a door of the wire that speaks TLS.
    """

    host: str = "127.0.0.1"
    port: int = 4010
    quiet: bool = False
    ready_file: Path | None = None
    until_stdin_ends: bool = False
    wire_port: int | None = None
    wire_certificate: Path | None = None


def serve(config: Config, options: ServeOptions) -> None:
    """Serve until a signal comes.

    Args:
        config: How to behave.
        options: Where and how to listen.

    Raises:
        ContractError: The contract cannot be served.
        ServerError: The port is taken, or the server process ended by itself.
    """
    ready_file = options.ready_file
    if ready_file is not None:
        _prepare_ready_file(ready_file)
    if options.wire_port is not None:
        _check_wire(options)
    with hold_port(options.host, options.port) as held:
        address, port = held.getsockname()[:2]
        loader = _Loader(config, options, address, port)
        server = Granian(
            "mock_tavus",
            address=address,
            port=port,
            interface=Interfaces.WSGI,
            blocking_threads=THREADS,
            http=HTTPModes.http1,
            websockets=False,
            log_enabled=False,
            workers_kill_timeout=_KILL_AFTER,
        )
        server.on_startup(lambda: _stop_once(server.signal_handler_interrupt))
        if options.until_stdin_ends:
            threading.Thread(target=_stop_at_end_of_input, name="stdin-watch", daemon=True).start()
        try:
            server.serve(target_loader=loader, wrap_loader=False)
        except SystemExit as error:
            raise ServerError("the server process ended by itself; what it said stands above") from error
        finally:
            if ready_file is not None:
                ready_file.unlink(missing_ok=True)


def _prepare_ready_file(path: Path) -> None:
    """Remove what another run has left behind, and be sure that the file can be written."""
    try:
        path.unlink(missing_ok=True)
        unfinished = _unfinished(path)  # not the file itself: somebody may be waiting for that
        unfinished.touch()
        unfinished.unlink()
    except OSError as error:
        raise ServerError(f"--ready-file: {path} cannot be written ({error.strerror})") from error


def _unfinished(path: Path) -> Path:
    return path.with_name(f"{path.name}.tmp")


def _check_wire(options: ServeOptions) -> None:
    """Be sure that the wire will be able to listen, so that the command itself tells why it cannot."""
    hold_port(options.host, options.wire_port or 0, option="--wire-port").close()
    if options.wire_certificate is not None:
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(options.wire_certificate)
        except OSError as error:
            raise ServerError(
                f"--wire-certificate: expected a PEM file with a certificate and its key, {options.wire_certificate} "
                f"cannot be read as one ({error.strerror or error})"
            ) from error


class _Loader:
    """Build the application in the worker process; or, where processes are forked, bring it along."""

    def __init__(self, config: Config, options: ServeOptions, address: str, port: int) -> None:
        self._config = config
        self._options = options
        self._address = address
        self._port = port
        # Built before the worker starts, so that a fault in the contract is told by the command itself.
        self._emulator: Emulator | None = Emulator(config)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_emulator": None}

    def __call__(self) -> Flask:
        emulator = self._emulator or Emulator(self._config)
        _end_with_parent()
        color = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        console = Console(
            sys.stdout,
            color=color,
            mask=emulator.journal.mask,
            remarks=emulator.explainer.remarks,
        )
        console.start()
        if not self._options.quiet:
            emulator.journal.on_record(console.show)
            emulator.on_delivery_ended(console.show)
        emulator.start(own_port=self._port)
        multiprocessing.util.Finalize(None, emulator.stop, exitpriority=20)
        multiprocessing.util.Finalize(None, console.stop, exitpriority=10)
        app = create_app(emulator)
        if self._options.wire_port is not None:
            wire = WireListener(
                app.wsgi_app, emulator.wire, emulator.clock, account_id_for, self._options.wire_certificate
            )
            wire.start(self._address, self._options.wire_port)
            multiprocessing.util.Finalize(None, wire.stop, exitpriority=20)
        threading.Thread(target=self._announce, args=(emulator, console), daemon=True).start()
        return app

    def _announce(self, emulator: Emulator, console: Console) -> None:
        """Say where the server listens, once it does."""
        _wait_until_listening(self._address, self._port)
        url = _url(self._address, self._port)
        console.show(f"Listening on {url}")
        for door in emulator.wire.doors[:1]:
            console.show(f"Wire on {door.url}")
        if not self._options.quiet:
            console.show(banner(emulator, url, reachable_from_outside=not ip_address(self._address).is_loopback))
        if self._options.ready_file is not None:
            unfinished = _unfinished(self._options.ready_file)
            doors = {"wire": {door.name: door.url for door in emulator.wire.doors}} if emulator.wire.doors else {}
            unfinished.write_text(json.dumps({"url": url, "pid": os.getppid(), **doors}) + "\n", "utf-8")
            unfinished.replace(self._options.ready_file)


def _stop_once(stop: Callable[[], None]) -> None:
    """Handle the first of several stop signals alone.

    granian's own handler takes a lock, and would wait for itself for ever if a second signal came while it holds it: a
    `make` that is ended hands the signal on to what it runs, which has it already.
    """
    stopping = False

    def handle(*_: object) -> None:
        nonlocal stopping
        if not stopping:
            stopping = True
            stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, handle)


def _stop_at_end_of_input() -> None:
    """Stop this process when its standard input ends: whoever held the other end has closed it, or is no more."""
    with contextlib.suppress(OSError):
        while os.read(0, 65536):
            pass
    os.kill(os.getpid(), signal.SIGTERM)


def _end_with_parent() -> None:
    """End this process when its parent ends, however that happens: nobody could stop it any more."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        os._exit(0)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


def _wait_until_listening(address: str, port: int) -> None:
    here = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address)  # noqa: S104
    pause = threading.Event()
    while True:
        try:
            socket.create_connection((here, port), timeout=1).close()
        except OSError:
            pause.wait(0.005)
        else:
            return


def _url(address: str, port: int) -> str:
    return f"http://[{address}]:{port}" if ":" in address else f"http://{address}:{port}"
