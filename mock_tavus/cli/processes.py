"""`mock-tavus start`, `stop`, `wait` and `health`: a server in the background, for scripts and containers."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from mock_tavus.cli.client import AdminClient, ServerRefused, ServerUnreachable
from mock_tavus.cli.options import OneLineErrorCommand, admin_token_option, option, url_option
from mock_tavus.cli.types import DurationType
from mock_tavus.clock import SystemClock
from mock_tavus.errors import ServerError

NOT_WELL = 1
"""The exit code if a server does not answer, or cannot send callbacks."""

_PAUSE = 0.05  # seconds between two looks
_STOPS_WITHIN = 10.0  # seconds
_FILE = click.Path(dir_okay=False, path_type=Path)

_pid_file = option("--pid-file", "The file that says where the server listens, and its process id.", type=_FILE)


@click.command(
    "start",
    cls=OneLineErrorCommand,
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": True},
    short_help="Start a server in the background, and return once it answers.",
)
@_pid_file
@option("--timeout", "How long it may take to answer.", type=DurationType(), default="30s", show_default=True)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[OPTIONS OF SERVE]")
def start_command(pid_file: Path | None, timeout: float, arguments: tuple[str, ...]) -> None:
    """Start a server in the background, and return once it answers; print where. It takes the options of serve.

    Args:
        pid_file: The file that says where the server listens; None for the usual place.
        timeout: How long it may take to answer, in seconds.
        arguments: The options of serve.
    """
    path = _path(pid_file)
    if (running := _read(path)) is not None and _is_there(running["url"]):
        raise ServerError(f"one runs already, at {running['url']}; end it with mock-tavus stop, or give --pid-file")
    path.unlink(missing_ok=True)
    log = path.with_name(f"{path.name}.log")
    command = [sys.executable, "-P", "-m", "mock_tavus", "serve", "--ready-file", str(path), *arguments]
    try:
        with log.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603 - our own program
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
            )
    except OSError as error:
        raise ServerError(f"--pid-file: {log} cannot be written ({error.strerror})") from error
    if not _within(timeout, lambda: path.exists() or process.poll() is not None):
        process.terminate()
        process.wait(_STOPS_WITHIN)
        raise ServerError(f"the server does not answer within {timeout:g} s; {log} has what it said")
    if (told := _read(path)) is None:
        raise ServerError(_last_words(log))
    click.echo(told["url"])


@click.command("stop", cls=OneLineErrorCommand)
@_pid_file
def stop_command(pid_file: Path | None) -> None:
    """Stop the server that `start` has started; without one, do nothing.

    Args:
        pid_file: What was given to `start`; None for the usual place.
    """
    path = _path(pid_file)
    running = _read(path)
    if running is None or not _is_there(running["url"]):  # a number alone could be somebody else's by now
        path.unlink(missing_ok=True)
        click.echo("no server runs", err=True)
        return
    with contextlib.suppress(ProcessLookupError):
        os.kill(running["pid"], signal.SIGTERM)
    if not _within(_STOPS_WITHIN, lambda: not path.exists()):
        raise ServerError(f"the server, process {running['pid']}, does not end")
    click.echo(f"stopped: {running['url']}")


@click.command("wait", cls=OneLineErrorCommand)
@url_option
@admin_token_option
@option("--timeout", "How long to wait.", type=DurationType(), default="30s", show_default=True)
def wait_command(url: str, admin_token: str | None, timeout: float) -> None:
    """Wait until a server answers; end with 1 if it does not.

    Args:
        url: Where it listens.
        admin_token: Its admin token; None if it has none.
        timeout: How long to wait, in seconds.
    """
    if not _within(timeout, lambda: _answers(url, admin_token)):
        click.echo(f"nothing answers at {url} within {timeout:g} s", err=True)
        raise SystemExit(NOT_WELL)


@click.command("health", cls=OneLineErrorCommand)
@url_option
@admin_token_option
@click.option("--json", "as_json", is_flag=True, help="Print the server's answer as it is.")
def health_command(url: str, admin_token: str | None, as_json: bool) -> None:
    """Say whether a server is well, by the exit code, too: 0, or 1 if it is not, or does not answer.

    Args:
        url: Where it listens.
        admin_token: Its admin token; None if it has none.
        as_json: Whether its answer is printed as JSON.
    """
    try:
        found = AdminClient(url, token=admin_token).get("/health")
    except ServerRefused as error:
        click.echo(str(error), err=True)
        raise SystemExit(NOT_WELL) from error
    click.echo(json.dumps(found) if as_json else _told(found))
    if found["status"] != "ok":
        raise SystemExit(NOT_WELL)


COMMANDS = (start_command, stop_command, wait_command, health_command)


def _told(found: Any) -> str:
    return f"{found['status']}: {found['replicas']} replicas, {found['callbacks_pending']} callbacks to come"


def _path(given: Path | None) -> Path:
    """Return where a server in the background tells where it is: by default in a folder of the user's alone."""
    if given is not None:
        return given.absolute()
    folder = Path(tempfile.gettempdir()) / f"mock-tavus-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise ServerError(f"{folder} cannot be made ({error.strerror}); give --pid-file") from error
    if folder.stat().st_uid != os.getuid():  # somebody else made it, and could have a process of ours ended
        raise ServerError(f"{folder} belongs to another user; give --pid-file")
    return folder / "serve.json"


def _read(path: Path) -> Any:
    """Return where a server listens, and its process id, from its file; None if the file has neither."""
    try:
        found = json.loads(path.read_text("utf-8"))
        is_good = isinstance(found["url"], str) and isinstance(found["pid"], int)
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return found if is_good else None


def _answers(url: str, token: str | None = None) -> bool:
    try:
        AdminClient(url, token=token, timeout=2.0).get("/health")
    except ServerRefused:
        return False
    return True


def _is_there(url: str) -> bool:
    """Return whether a server answers, if only that it wants a token."""
    try:
        AdminClient(url, timeout=2.0).get("/health")
    except ServerUnreachable:
        return False
    except ServerRefused:
        return True
    return True


def _last_words(log: Path) -> str:
    """Return what a server said before it ended."""
    said = log.read_text("utf-8", "replace").strip().splitlines()
    return said[-1].removeprefix("Error: ") if said else f"the server ended; {log} has what it said"


def _within(timeout: float, condition: Callable[[], bool]) -> bool:
    clock, pause = SystemClock(), threading.Event()
    deadline = clock.monotonic() + timeout
    while not condition():
        if clock.monotonic() > deadline:
            return False
        pause.wait(_PAUSE)
    return True
