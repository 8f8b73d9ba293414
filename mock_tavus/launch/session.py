"""One run: an emulator, the way to it, a command, and its result."""

from __future__ import annotations

import contextlib
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from mock_tavus.background import Background
from mock_tavus.clock import SystemClock
from mock_tavus.errors import MockTavusError, ServerError
from mock_tavus.launch.environment import Way, former_proxy, led_environment
from mock_tavus.launch.tally import Tally
from mock_tavus.proxy.authority import Authority
from mock_tavus.proxy.door import HttpsDoor
from mock_tavus.proxy.hosts import VENDOR_HOST
from mock_tavus.proxy.tunnels import Tunnels
from mock_tavus.server.capacity import Capacity

_LAUNCHER = Path(__file__).with_name("launcher.py")
_HOSTS = Path("/etc/hosts")
_HTTPS = 443
_FORWARDED = (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGINT, signal.SIGQUIT)
_FROM_TERMINAL = (signal.SIGINT, signal.SIGQUIT)
"""What a terminal sends to every process in its foreground, the command among them."""


class Emulated(Protocol):
    """The emulator of a run."""

    @property
    def base_url(self) -> str:
        """Return what stands before `/v2/replicas`."""
        ...

    @property
    def background(self) -> Background:
        """Return what starts the threads of the way to it."""
        ...

    def listening(self, address: str, port: int) -> None:
        """Take note that it can be reached at an address and a port, too.

        Args:
            address: The address.
            port: The port.
        """
        ...

    def tally(self) -> Tally:
        """Return what has happened since the run began."""
        ...


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How a command is run.

    Args:
        only_vendor: Whether no other hosts can be reached through the proxy.
        keeps_keys: Whether the user's own API keys are left in the environment.
        fails_on_unused: Whether a run that called nothing has failed.
        base_url_variable: A variable that gets the emulator's base URL; empty for none.
    """

    only_vendor: bool = False
    keeps_keys: bool = False
    fails_on_unused: bool = False
    base_url_variable: str = ""


def run(emulated: Emulated, command: Sequence[str], options: RunOptions, given: Mapping[str, str]) -> int:
    """Run a command so that its calls to the vendor's API reach an emulator; say on stderr how many did.

    Args:
        emulated: The emulator, which runs.
        command: The command and its arguments.
        options: How.
        given: The user's environment.

    Returns:
        The command's own exit code, 128 and its number if a signal ended it.

    Raises:
        ServerError: The system has no port or no thread for the way to the emulator.
        OSError: The folder of the run cannot be written.
    """
    with _Signals() as signals:
        try:
            return _run(emulated, command, options, given, signals)
        except _Interrupted as interruption:
            return 128 + interruption.number


def _run(
    emulated: Emulated, command: Sequence[str], options: RunOptions, given: Mapping[str, str], signals: _Signals
) -> int:
    tunnels = _tunnels(options, given)
    authority = Authority.create(SystemClock().now())
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    door = _door(emulated, authority, tunnels)
    with tempfile.TemporaryDirectory(prefix="mock-tavus-run-", dir=_plain_folder()) as name:
        folder = Path(name)
        folder.chmod(0o755)  # the command may be another user's by then; there is no secret in it
        port, address = _start(door)
        try:
            environment = led_environment(
                Way(port, address, authority.pem, folder), given, keeps_keys=options.keeps_keys
            )
            if options.base_url_variable:
                environment[options.base_url_variable] = emulated.base_url
            arguments = [_hosts_file(folder, address), VENDOR_HOST, address, str(files), *command]
            code = signals.wait_for([sys.executable, "-I", "-S", str(_LAUNCHER), *arguments], environment)
            called_nothing = _tell(emulated, tunnels)
        finally:
            door.stop()
    return 1 if code == 0 and options.fails_on_unused and called_nothing else code


def _tunnels(options: RunOptions, given: Mapping[str, str]) -> Tunnels:
    if options.only_vendor:
        return Tunnels(hint="leave out --only-tavus")
    return Tunnels(
        to_all=True, former_proxy=former_proxy(given, "https"), former_http_proxy=former_proxy(given, "http")
    )


def _tell(emulated: Emulated, tunnels: Tunnels) -> bool:
    """Say on stderr what the emulator saw, and return whether that was nothing."""
    try:
        tally = emulated.tally()
        lines, called_nothing = list(tally.lines(tunnels)), tally.requests == 0
    except MockTavusError as error:  # a server in another process may be gone; the command's own result counts
        lines, called_nothing = [f"what the command has called is not known: {error}"], False
    with contextlib.suppress(OSError, ValueError, AttributeError):  # stderr may be closed, or full
        sys.stderr.write("".join(f"mock-tavus: {line}\n" for line in lines))
        sys.stderr.flush()
    return called_nothing


def _plain_folder() -> str | None:
    """Return where the folder of the run goes: its path stands in variables that know no quotes."""
    return None if re.fullmatch(r"[\w./-]+", tempfile.gettempdir()) else "/tmp"  # noqa: S108


def _door(emulated: Emulated, authority: Authority, tunnels: Tunnels) -> HttpsDoor:
    parts = urlsplit(emulated.base_url)
    return HttpsDoor(
        (parts.hostname or "", parts.port or 80),
        authority.server_context(),
        emulated.background,
        tunnels,
        capacity=Capacity.of_this_process(has_https=True).https,
        on_listening=emulated.listening,
    )


def _start(door: HttpsDoor) -> tuple[int, str]:
    """Open the door at a free port, and at the port of https of an address that only the hosts file of the run has.

    Where that port needs more rights than this user has, nobody listens there: who goes there gets an error, and never
    the real API.

    Returns:
        The free port, and the address.
    """
    number = os.getpid()
    address = f"127.{84 + (number >> 16) % 64}.{(number >> 8) % 256}.{number % 256 or 1}"
    try:
        return door.start(("127.0.0.1", 0), (address, _HTTPS))[0][1], address
    except OSError:
        try:
            return door.start(("127.0.0.1", 0))[0][1], address
        except OSError as error:
            raise ServerError(f"no port can be had on 127.0.0.1: {error.strerror or error}") from error


def _hosts_file(folder: Path, address: str) -> str:
    """Write the hosts file of the run, and return where it is; empty if this system has none."""
    try:
        before = _HOSTS.read_text("utf-8", "surrogateescape")
    except OSError:
        return ""
    path = folder / "hosts"
    others = "\n".join(filter(None, map(_without_vendor, before.splitlines())))
    names = f"{VENDOR_HOST} {VENDOR_HOST}."
    path.write_text(f"{address} {names}\n::ffff:{address} {names}\n{others}\n", "utf-8", "surrogateescape")
    path.chmod(0o644)
    return str(path)


def _without_vendor(line: str) -> str:
    """Return a line of a hosts file without the vendor's host; empty if it is for nothing else."""
    address, *names = line.partition("#")[0].split() or [""]
    if not any(name.lower().rstrip(".") == VENDOR_HOST for name in names):
        return line
    left = [name for name in names if name.lower().rstrip(".") != VENDOR_HOST]
    return " ".join([address, *left]) if left else ""


class _Interrupted(BaseException):
    """A signal came before there was a command that could have it."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class _Signals:
    """Hand signals on to the command; before it has begun, they end the run, which leaves nothing behind."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._pending: list[int] = []
        self._is_starting = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> _Signals:
        for number in _FORWARDED:
            if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup has it
                self._before[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def wait_for(self, command: Sequence[str], environment: Mapping[str, str]) -> int:
        """Run a command to its end, and return its exit code, 128 and its number if a signal ended it.

        Args:
            command: The command and its arguments.
            environment: What it runs in.
        """
        self._is_starting = True
        # Whatever files the user has opened for the command are the command's.
        with subprocess.Popen(command, env=environment, close_fds=False) as process:  # noqa: S603 - the user's own
            self._process = process
            for number in self._pending:
                process.send_signal(number)
            code = process.wait()
        return 128 - code if code < 0 else code

    def _handle(self, number: int, _frame: object) -> None:
        if self._process is None and not self._is_starting:
            raise _Interrupted(number)
        if self._process is None:
            self._pending.append(number)
        elif self._process.returncode is None and not (number in _FROM_TERMINAL and _has_terminal()):
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)


def _has_terminal() -> bool:
    """Return whether this process is in the foreground of a terminal, which tells the command, too."""
    try:
        descriptor = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(descriptor) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(descriptor)
