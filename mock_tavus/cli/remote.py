"""The commands for a running emulator."""

from __future__ import annotations

import contextlib
import functools
import json
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import click
import yaml

from mock_tavus.cli.client import AdminClient
from mock_tavus.cli.lines import callback_line, moments, replica_line, request_lines, scenario_line
from mock_tavus.cli.options import OneLineErrorCommand, admin_token_option, option, url_option
from mock_tavus.cli.types import DurationType
from mock_tavus.training_errors import TRAINING_ERRORS

_POLL_SECONDS = 0.3


@dataclass(frozen=True, slots=True)
class Remote:
    """A running emulator, as the options of a command name it.

    Args:
        client: Calls it.
        as_json: Whether its answers are printed as they are.
    """

    client: AdminClient
    as_json: bool

    def show(self, answer: Any, lines: Callable[[Any], Iterable[str]]) -> None:
        """Print an answer, in lines or as it is.

        Args:
            answer: What the server said.
            lines: Makes lines of it.
        """
        if self.as_json:
            click.echo(json.dumps(answer, ensure_ascii=False, indent=2))
        else:
            for line in lines(answer):
                click.echo(line)


def _command(name: str, *arguments: Callable[[Any], Any]) -> Callable[[Callable[..., None]], click.Command]:
    """Return what makes a command of a function that gets a `Remote`.

    Args:
        name: The command's.
        arguments: Its own arguments and options, in the order in which the help shows them.
    """

    def make(function: Callable[..., None]) -> click.Command:
        @functools.wraps(function)
        def run(
            url: str, account: str | None, key: str | None, admin_token: str | None, as_json: bool, **own: Any
        ) -> None:
            if account is not None and key is not None:
                raise click.UsageError("--account and --key both name an account; give one of them")
            function(Remote(AdminClient(url, account, admin_token, key), as_json), **own)

        command: Any = run
        for add in (
            click.option("--json", "as_json", is_flag=True, help="Print the server's answer as it is."),
            admin_token_option,
            option("--key", "Only the account of this API key."),
            option("--account", "Only this account (acct_… and at least 12 of its digits). Default: all of them."),
            url_option,
            *reversed(arguments),
        ):
            command = add(command)
        return click.command(name, cls=OneLineErrorCommand)(command)

    return make


@_command("advance", click.argument("by", type=DurationType()))
def advance(remote: Remote, by: float) -> None:
    """Jump forward in time, by 4h, say, and send the callbacks that fall due."""
    answer = remote.client.change("/clock/advance", {"by": f"{by:f}s"})
    remote.show(answer, lambda answer: [*moments(answer), *map(callback_line, answer["callbacks"])])


@_command("freeze")
def freeze(remote: Remote) -> None:
    """Stop the time of the account, or of all; advance still moves it."""
    remote.show(remote.client.change("/clock/freeze"), moments)


@_command("resume")
def resume(remote: Remote) -> None:
    """Let the time of the account, or of all, go on."""
    remote.show(remote.client.change("/clock/resume"), moments)


@_command(
    "requests",
    option("--limit", "How many to show, the latest.", type=click.IntRange(1, 10_000), default=20, show_default=True),
)
def requests_command(remote: Remote, limit: int) -> None:
    """Show the latest requests, and what was wrong with them."""
    answer = remote.client.get("/requests", limit=limit)
    remote.show(answer, lambda answer: [line for request in answer["requests"] for line in request_lines(request)])


@_command("callbacks", click.option("--follow", is_flag=True, help="Go on, and show each as it ends, until Ctrl-C."))
def callbacks(remote: Remote, follow: bool) -> None:
    """Show the callbacks, how they went, and their ids."""
    if follow:
        _follow(remote)
        return
    remote.show(remote.client.get("/callbacks"), lambda answer: map(callback_line, answer["callbacks"]))


@_command("replay", click.argument("callback_id"))
def replay(remote: Remote, callback_id: str) -> None:
    """Send a callback once more, now; `mock-tavus callbacks` shows its id."""
    remote.show(remote.client.change(f"/callbacks/{callback_id}/replay"), lambda callback: [callback_line(callback)])


@_command("complete", click.argument("replica_id"))
def complete(remote: Remote, replica_id: str) -> None:
    """Complete a training now and send its callback."""
    answer = remote.client.change(f"/replicas/{replica_id}/complete")
    remote.show(answer, lambda answer: [replica_line(answer["replica"])])


@_command(
    "fail",
    click.argument("replica_id"),
    click.option("--cause", type=click.Choice(list(TRAINING_ERRORS)), required=True, help="Why it fails."),
)
def fail(remote: Remote, replica_id: str, cause: str) -> None:
    """Fail a training now and send its callback."""
    answer = remote.client.change(f"/replicas/{replica_id}/fail", {"cause": cause})
    remote.show(answer, lambda answer: [replica_line(answer["replica"])])


@_command(
    "arm",
    click.argument("outcome", nargs=-1, required=True, metavar="NAME=VALUE..."),
    click.option("--times", type=click.IntRange(1), default=1, show_default=True, help="For how many requests."),
    click.option("--operation", help="Only requests for this operationId."),
)
def arm(remote: Remote, outcome: tuple[str, ...], times: int, operation: str | None) -> None:
    """Decide what happens to the next requests: status=503 retry-after=30, say, or training-error=video_fps."""
    named = dict(_pair(text) for text in outcome)
    match = {} if operation is None else {"operation": operation}
    answer = remote.client.change("/scenarios", {"times": times, "match": match, "outcome": named})
    remote.show(answer, lambda scenario: [scenario_line(scenario)])


@_command("clear")
def clear(remote: Remote) -> None:
    """Forget the scenarios that are armed."""
    remote.show(remote.client.forget("/scenarios"), lambda answer: [f"forgotten: {answer['disarmed']}"])


@_command("reset", click.option("--journal", is_flag=True, help="Also forget the requests."))
def reset(remote: Remote, journal: bool) -> None:
    """Forget replicas, callbacks and time."""
    answer = remote.client.change("/reset", {"journal": journal})
    remote.show(answer, lambda answer: [f"reset: {', '.join(answer['reset']) or 'there was nothing'}"])


@_command("contract")
def contract(remote: Remote) -> None:
    """Print the contract that the server serves, as YAML, or as JSON with --json."""
    document = remote.client.get("/openapi.json")
    remote.show(document, lambda document: [yaml.safe_dump(document, sort_keys=False, allow_unicode=True).rstrip()])


COMMANDS = (
    advance,
    freeze,
    resume,
    requests_command,
    callbacks,
    replay,
    complete,
    fail,
    arm,
    clear,
    reset,
    contract,
)


def _pair(text: str) -> tuple[str, Any]:
    """Return a name and a value: JSON where it is that, else text."""
    name, equals, value = text.partition("=")
    if not equals:
        raise click.UsageError(f"expected NAME=VALUE, as in status=503, received {text!r}")
    try:
        return name.replace("-", "_"), json.loads(value)
    except ValueError:
        return name.replace("-", "_"), value


def _follow(remote: Remote) -> None:
    known: dict[str, str] = {}
    pause = threading.Event()
    with contextlib.suppress(KeyboardInterrupt):  # Ctrl-C is how it is meant to end
        while True:
            for callback in remote.client.get("/callbacks")["callbacks"]:
                if known.get(callback["id"]) != callback["state"]:
                    known[callback["id"]] = callback["state"]
                    line = json.dumps(callback, ensure_ascii=False) if remote.as_json else callback_line(callback)
                    click.echo(line)
            pause.wait(_POLL_SECONDS)
