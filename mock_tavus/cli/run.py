"""`mock-tavus run`: an unchanged command, whose calls to the vendor's API reach an emulator."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from mock_tavus.background import Background
from mock_tavus.cli.client import AdminClient
from mock_tavus.cli.configuration import config_from
from mock_tavus.cli.options import OneLineErrorCommand, option, setting_options
from mock_tavus.config import Config
from mock_tavus.errors import ConfigError, ServerError
from mock_tavus.settings import settings_of
from mock_tavus.terminal import without_secrets

if TYPE_CHECKING:
    from mock_tavus.launch.session import Emulated
    from mock_tavus.launch.tally import Tally

OUR_FAULT = 125
"""The exit code of whatever is not the command's own doing, as `docker run` and `env` have it."""

_EXAMPLES = """
\b
Examples:
  mock-tavus run -- python app.py
  mock-tavus run --training-time 1h --fail-on-unused -- npm test
  mock-tavus run --set TAVUS_BASE_URL -- ./client
  mock-tavus run --url http://127.0.0.1:4010 -- node app.mjs

The exit code is the command's own; 126 or 127 if it cannot be run, and 125 for a fault of ours. What the command
prints is its own, too: two lines on standard error, at the end, say what came of its calls.
"""


class _RunCommand(OneLineErrorCommand):
    """Tell a user's mistake from what the command itself ends with."""

    failure_code = OUR_FAULT

    def make_context(self, *arguments: Any, **settings: Any) -> click.Context:
        """Read the options."""
        try:
            return super().make_context(*arguments, **settings)
        except click.UsageError as error:
            error.exit_code = OUR_FAULT  # type: ignore[misc]
            raise


@click.command(
    "run", cls=_RunCommand, epilog=_EXAMPLES, context_settings={"allow_interspersed_args": False}, no_args_is_help=False
)
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED, metavar="COMMAND...")
@click.option("--url", help="Use the emulator that listens there, in place of one of the run's own.")
@option("--admin-token", "Its --admin-token, or that of the run's own.")
@option("--only-tavus", "Refuse to lead the command to other hosts.", is_flag=True)
@option("--keep-key", "Leave the user's own API keys in the environment; else they are made-up ones.", is_flag=True)
@option("--fail-on-unused", "End with 1 if the command ends with 0 and has called nothing.", is_flag=True)
@option("--set", "Put the emulator's base URL into this variable.", metavar="NAME")
@setting_options(Config, leave_out=("admin_token",))
@click.pass_context
def run_command(
    context: click.Context,
    /,
    command: tuple[str, ...],
    url: str | None,
    admin_token: str | None,
    only_tavus: bool,
    keep_key: bool,
    fail_on_unused: bool,
    set: str | None,  # noqa: A002
    **settings: Any,
) -> None:
    """Run a command so that its calls to https://tavusapi.com reach an emulator.

    Nothing about the command is changed: it is led by variables (proxy, certificates), by what Node, Ruby and Python
    load at their start, and, on Linux, by a hosts file of its own. Nothing of that remains when it ends.

    Args:
        context: Who asks.
        command: The command and its arguments.
        url: Where an emulator listens; None for one of the run's own.
        admin_token: Its token.
        only_tavus: Whether no other host can be reached through the proxy.
        keep_key: Whether the user's own keys stay in the environment.
        fail_on_unused: Whether a run that called nothing has failed.
        set: A variable that gets the base URL.
        settings: How the run's own emulator behaves.
    """
    from mock_tavus.launch.session import RunOptions, run  # with what it loads, it is for this command alone

    options = RunOptions(only_tavus, keep_key, fail_on_unused, set or "")
    try:
        with _emulated(context, url, admin_token, settings) as emulated:
            code = run(emulated, command, options, os.environ)
    except OSError as error:
        raise ServerError(f"the command was not run: {error.strerror or error}") from error
    context.exit(code)


@contextmanager
def _emulated(
    context: click.Context, url: str | None, admin_token: str | None, settings: dict[str, Any]
) -> Iterator[Emulated]:
    if url is None:
        from mock_tavus.launch.embedded import OwnEmulator

        with OwnEmulator(config_from({**settings, "admin_token": admin_token})) as own:
            yield own
        return
    for named in settings_of(Config):
        if (
            named.field in settings
            and context.get_parameter_source(named.field) is click.core.ParameterSource.COMMANDLINE
        ):
            raise ConfigError(f"--{named.option} is for an emulator of the run's own; leave it or --url out")
    try:
        parts = urlsplit(url)
        is_good = (
            parts.scheme == "http" and parts.hostname and (parts.port is None or parts.port > 0) and not parts.username
        )
    except ValueError:
        is_good = False
    if not is_good:
        raise ConfigError(f"--url: expected http://HOST:PORT, received {without_secrets(url)!r}")
    yield _Running(url, admin_token)


class _Running:
    """An emulator in another process.

    Args:
        url: Where it listens.
        token: Its admin token; None if it has none.

    Raises:
        ServerRefused: Nothing like it answers there.
    """

    def __init__(self, url: str, token: str | None) -> None:
        self.base_url = url.rstrip("/")
        self.background = Background()
        self._client = AdminClient(url, token=token)
        self._before = self._counts()
        self._known = {each["id"] for each in self._callbacks()}

    def listening(self, address: str, port: int) -> None:
        """Do nothing: it judges callbacks to its doors, and knows no `address` and `port` of this process."""

    def tally(self) -> Tally:
        """Return what has happened since the run began."""
        from mock_tavus.launch.tally import Tally

        requests, trainings = self._counts()
        states = [each["state"] for each in self._callbacks() if each["id"] not in self._known]
        return Tally(max(0, requests - self._before[0]), max(0, trainings - self._before[1]), states)

    def _counts(self) -> tuple[int, int]:
        """Return how many requests there have been, by the number of the latest, and how many trainings."""
        latest = self._client.get("/requests", limit=1)["requests"]
        number = int(latest[0]["id"].rpartition("_")[2]) if latest else 0
        return number, int(self._client.get("/ledger")["trainings"])

    def _callbacks(self) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = self._client.get("/callbacks")["callbacks"]
        return found
