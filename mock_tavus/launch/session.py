"""One run: an emulator, the way to it, a command, and its result."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from mock_tavus.background import Background
from mock_tavus.clock import SystemClock
from mock_tavus.errors import ServerError
from mock_tavus.launch.environment import Way, former_proxy, led_environment
from mock_tavus.launch.tally import Tally
from mock_tavus.proxy.authority import Authority
from mock_tavus.proxy.door import HttpsDoor
from mock_tavus.proxy.hosts import VENDOR_HOST
from mock_tavus.proxy.tunnels import Tunnels

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
    tunnels = Tunnels(to_all=not options.only_vendor, former_proxy=former_proxy(given), hint="leave out --only-tavus")
    authority = Authority.create(SystemClock().now())
    door = _door(emulated, authority, tunnels)
    with tempfile.TemporaryDirectory(prefix="mock-tavus-run-") as name:
        folder = Path(name)
        port, address = _start(door)
        try:
            environment = led_environment(Way(port, authority.pem, folder), given, keeps_keys=options.keeps_keys)
            if options.base_url_variable:
                environment[options.base_url_variable] = emulated.base_url
            launcher = [sys.executable, "-I", "-S", str(_LAUNCHER), _hosts_file(folder, address), VENDOR_HOST, address]
            code = _wait_for([*launcher, *command], environment)
            tally = emulated.tally()
        finally:
            door.stop()
    for line in tally.lines(tunnels):
        sys.stderr.write(f"mock-tavus: {line}\n")
    return 1 if code == 0 and options.fails_on_unused and tally.requests == 0 else code


def _door(emulated: Emulated, authority: Authority, tunnels: Tunnels) -> HttpsDoor:
    parts = urlsplit(emulated.base_url)
    main = (parts.hostname or "", parts.port or 80)
    context = authority.server_context()
    return HttpsDoor(main, context, emulated.background, tunnels, on_listening=emulated.listening)


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
    lines = f"{address} {VENDOR_HOST}\n::ffff:{address} {VENDOR_HOST}\n"
    path.write_text(f"{lines}{before}", "utf-8", "surrogateescape")
    path.chmod(0o644)
    return str(path)


def _wait_for(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run a command to its end, and hand on the signals that come meanwhile."""
    with subprocess.Popen(command, env=environment) as process, _forwarding(process):  # noqa: S603 - the user's own
        code = process.wait()
    return 128 - code if code < 0 else code


@contextlib.contextmanager
def _forwarding(process: subprocess.Popen[bytes]) -> Iterator[None]:
    def _forward(number: int, _frame: object) -> None:
        if number in _FROM_TERMINAL and _has_terminal():
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(number)

    heard = [number for number in _FORWARDED if signal.getsignal(number) is not signal.SIG_IGN]  # nohup ignores one
    before = {number: signal.signal(number, _forward) for number in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


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
