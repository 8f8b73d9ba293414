"""`mock-tavus serve`: the emulator behind granian, in a process of its own."""

from __future__ import annotations

import gc
import json
import multiprocessing
import multiprocessing.util
import os
import signal
import socket
import ssl
import sys
import threading
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import Any, cast

from granian import Granian
from granian.constants import HTTPModes, Interfaces, Loops
from granian.http import HTTP1Settings

from mock_tavus.config import Config
from mock_tavus.emulator import Emulator
from mock_tavus.errors import ServerError
from mock_tavus.files import unfinished_name, write_whole
from mock_tavus.http.rsgi import RsgiLane
from mock_tavus.origins import reachable_address
from mock_tavus.server.banner import banner
from mock_tavus.server.capacity import MAX_MAIN, Capacity
from mock_tavus.server.console import Console
from mock_tavus.server.ending import end_with_parent, stop_at_end_of_input, stop_once
from mock_tavus.server.https import start_https
from mock_tavus.server.listeners import start_wire
from mock_tavus.server.options import ServeOptions
from mock_tavus.server.ports import reserve_port

_HEAD_TIMEOUT = 30  # seconds that a head, or a connection without a request, may take

_BACKLOG = 1024
_MAX_PROBLEM = 1000  # characters: a pipe that nobody reads yet has room for that
_COLLECTIONS = (50_000, 20, 50)
"""How rarely garbage is collected: what requests leave behind is remembered, or freed at once by its count."""

_KILL_AFTER = 1  # second that a request may go on after the stop signal


def serve(config: Config, options: ServeOptions) -> None:
    """Serve until a signal comes.

    Args:
        config: How to behave.
        options: Where and how to listen.

    Raises:
        ContractError: The contract cannot be served.
        ServerError: The port is taken, or the server process ended by itself.
    """
    capacity = Capacity.of_this_process(has_https=not options.no_https)
    if (ready_file := options.ready_file) is not None:
        _prepare_ready_file(ready_file)
    _check_wire(options)
    _check_https(options)
    with reserve_port(options.host, options.port) as held:
        address, port = held.getsockname()[:2]
        _must_differ(options, port)
        problem = _Problem()
        loader = _Loader(config, options, address, port, capacity, problem)
        server = _granian(address, port, capacity.main)
        ignores_hangup = signal.getsignal(signal.SIGHUP) == signal.SIG_IGN  # as under nohup
        server.on_startup(lambda: stop_once(server.signal_handler_interrupt, ignores_hangup=ignores_hangup))
        if options.until_stdin_ends:
            threading.Thread(target=stop_at_end_of_input, name="stdin-watch", daemon=True).start()
        try:
            server.serve(target_loader=cast(Any, loader), wrap_loader=False)
        except SystemExit as error:
            raise ServerError(problem.text or "the server process exited; its output is above") from error
        finally:
            if ready_file is not None:
                ready_file.unlink(missing_ok=True)


def _granian(address: str, port: int, capacity: int) -> Any:
    return Granian(
        "mock_tavus",
        address=address,
        port=port,
        interface=Interfaces.RSGI,
        loop=Loops.uvloop,
        backlog=_BACKLOG,
        backpressure=capacity,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=_HEAD_TIMEOUT * 1000),
        websockets=False,
        log_enabled=False,
        workers_kill_timeout=_KILL_AFTER,
    )


def _prepare_ready_file(path: Path) -> None:
    """Remove what another run has left behind, and be sure that the file can be written."""
    try:
        path.unlink(missing_ok=True)
        unfinished = unfinished_name(path)  # not the file itself: somebody may be waiting for that
        unfinished.touch()
        unfinished.unlink()
    except OSError as error:
        raise ServerError(f"--ready-file: {path} cannot be written ({error.strerror})") from error


def _check_wire(options: ServeOptions) -> None:
    """Be sure that the wire will be able to listen, so that the command itself tells why it cannot.

    Raises:
        ServerError: It will not be.
    """
    if options.wire_port is None:
        if options.wire_certificate is not None:
            raise ServerError("--wire-certificate: the wire does not listen; add --wire-port, 0 for any free port")
        return
    reserve_port(options.host, options.wire_port, option="--wire-port").close()
    if options.wire_certificate is not None:
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(options.wire_certificate)
        except OSError as error:
            raise ServerError(
                f"--wire-certificate: expected a PEM file with a certificate and its key, {options.wire_certificate} "
                f"cannot be read as one ({error.strerror or error})"
            ) from error


def _must_differ(options: ServeOptions, port: int) -> None:
    """Refuse a port for another door that is the main door's.

    Raises:
        ServerError: One is.
    """
    for name, other in (("--wire-port", options.wire_port), ("--https-port", options.https_port)):
        if other == port:
            raise ServerError(f"{name}: {port} is the port of the main door; choose another, or 0 for any free one")


def _check_https(options: ServeOptions) -> None:
    """Be sure that the https door will be able to listen where it was asked to.

    Raises:
        ServerError: It will not be.
    """
    if options.https_port is not None and not options.no_https:
        reserve_port(options.host, options.https_port, option="--https-port").close()


class _Problem:
    """Why the worker process ends, told to the process that started it: a fault at the start is one line of that."""

    def __init__(self) -> None:
        self._reading, self._writing = multiprocessing.Pipe(duplex=False)

    def tell(self, text: str) -> None:
        """Say it, in the worker process.

        Args:
            text: The text.
        """
        self._writing.send(text[:_MAX_PROBLEM])

    @property
    def text(self) -> str:
        """Return what was said, in the process that started the worker; empty if nothing was."""
        return str(self._reading.recv()) if self._reading.poll() else ""


class _Loader:
    """Build the application in the worker process; or, where processes are forked, bring it along."""

    def __init__(
        self, config: Config, options: ServeOptions, address: str, port: int, capacity: Capacity, problem: _Problem
    ) -> None:
        self._config = config
        self._options = options
        self._address = address
        self._port = port
        self._capacity = capacity
        self._problem = problem
        # Built before the worker starts, so that a fault in the contract is told by the command itself.
        self._emulator: Emulator | None = Emulator(config)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_emulator": None}

    def __call__(self) -> RsgiLane:
        try:
            return self._load()
        except (ServerError, OSError) as error:
            self._problem.tell(str(error))
            os._exit(1)

    def _load(self) -> RsgiLane:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # it comes to the whole terminal; who started this decides
        emulator = self._emulator or Emulator(self._config)
        end_with_parent(emulator.background)
        color = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        console = Console(
            sys.stdout,
            color=color,
            mask=emulator.journal.mask,
            mask_text=emulator.journal.mask_text,
            remarks=emulator.explainer.remarks,
            background=emulator.background,
        )
        console.start()
        if not self._options.quiet:
            emulator.journal.on_record(console.show)
            emulator.deliveries.on_ended(console.show)
        emulator.policy.add_door(self._address, self._port)
        emulator.start()
        multiprocessing.util.Finalize(None, emulator.stop, exitpriority=20)
        multiprocessing.util.Finalize(None, console.stop, exitpriority=10)
        lane = RsgiLane(emulator, (self._address, self._port))
        if self._options.wire_port is not None:
            stop_wire = start_wire(
                emulator, lane.application(), self._address, self._options.wire_port, self._options.wire_certificate
            )
            multiprocessing.util.Finalize(None, stop_wire, exitpriority=20)
        gc.set_threshold(*_COLLECTIONS)
        emulator.background.keep_running("announcement", partial(self._announce, emulator, console, lane))
        return lane

    def _announce(self, emulator: Emulator, console: Console, lane: RsgiLane) -> None:
        """Say where the server listens, once it does; then load what the first refusal and `/__admin` need."""
        try:
            https = start_https(emulator, (self._address, self._port), self._options, self._capacity.https)
        except (ServerError, OSError) as error:
            self._problem.tell(str(error))
            os._exit(1)
        multiprocessing.util.Finalize(None, https.stop, exitpriority=20)
        _wait_until_listening(self._address, self._port)
        url = _url(self._address, self._port)
        listeners = emulator.wire.listeners
        if self._options.ready_file is not None:
            self._write_ready_file(
                self._options.ready_file,
                {"url": url, "pid": os.getppid()}
                | ({"https": https.url} if https.port else {})
                | ({"wire": {one.name: one.url for one in listeners}} if listeners else {}),
            )
        console.show(f"Listening on {url}")
        for one in listeners[:1]:
            console.show(f"Wire on {one.url}")
        if self._options.https_port is not None and https.url:
            console.show(f"Https on {https.url}")
        if self._capacity.main < MAX_MAIN:
            console.show(f"At most {self._capacity.main} connections at once: the limit of open files allows no more")
        if not self._options.quiet:
            is_open = not ip_address(self._address).is_loopback
            console.show(banner(emulator, url, https, reachable_from_outside=is_open))
        emulator.contract.load_judges()
        lane.application()
        gc.collect()
        gc.freeze()  # what is there now stays: no collection need look at it again

    def _write_ready_file(self, path: Path, content: dict[str, Any]) -> None:
        try:
            write_whole(path, f"{json.dumps(content)}\n".encode())
        except OSError as error:
            self._problem.tell(f"--ready-file: {path} cannot be written ({error.strerror})")
            os._exit(1)  # whoever waits for the file would wait for ever


def _wait_until_listening(address: str, port: int) -> None:
    here = reachable_address(address)
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
