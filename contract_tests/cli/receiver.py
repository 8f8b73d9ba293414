"""`mock-tavus conform-receiver`: judge what takes the callbacks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from contract_tests.cli.options import EXIT_CODES, run, run_options
from contract_tests.receiver.application import Hooks, read_state_words
from contract_tests.receiver.session import ReceiverSubject
from contract_tests.subject import Subject

_EXAMPLES = f"""
\b
Examples:
  mock-tavus conform-receiver --receiver http://127.0.0.1:8000/hook
  mock-tavus conform-receiver --receiver http://127.0.0.1:8000/hook --start "node app.mjs" --restart "node app.mjs" \\
      --created http://127.0.0.1:8000/test/created --receiver-state http://127.0.0.1:8000/test/state/
{EXIT_CODES}"""

_HOOKS = ("receiver_state", "created", "fail_next", "state_words", "start", "restart")


@click.command(epilog=_EXAMPLES)
@click.option("--receiver", metavar="URL", required=True, help="Where the application takes callbacks.")
@click.option("--receiver-state", metavar="CMD|URL", help="What tells the state of a replica, whose id is appended.")
@click.option("--created", metavar="CMD|URL", help="What is told of the response to a create.")
@click.option("--fail-next", metavar="CMD|URL", help="What has the next callback of a replica fail.")
@click.option("--state-words", metavar="WORDS", help="What states are called: ready=done,error=failed.")
@click.option("--start", metavar="CMD", help="What starts the application.")
@click.option("--restart", metavar="CMD", help="What starts it anew.")
@click.option(
    "--allow-receiver-host", multiple=True, metavar="HOST", help="A host that is not loopback or private (repeatable)."
)
@run_options
def receiver_command(**options: Any) -> None:
    """Judge a receiver: what takes the callbacks in your own application."""
    run(_subject, options)


def _subject(given: dict[str, Any]) -> Subject:
    return receiver_from(given["receiver"], {name: given[name] for name in _HOOKS}, given["allow_receiver_host"])


def receiver_from(url: str, hooks: Mapping[str, str | None], allowed: tuple[str, ...] = ()) -> ReceiverSubject:
    """Return the receiver that options name.

    Args:
        url: Where it takes callbacks.
        hooks: What the options of the command say, by their names with underscores.
        allowed: Hosts that may be anywhere.

    Raises:
        KitError: The words for states cannot be read.
    """
    naming = ["--receiver", url]
    for name in _HOOKS:
        value = hooks.get(name)
        if value is not None:
            naming += [f"--{name.replace('_', '-')}", value]
    for host in allowed:
        naming += ["--allow-receiver-host", host]
    found = Hooks(
        hooks.get("receiver_state"),
        hooks.get("created"),
        hooks.get("fail_next"),
        hooks.get("start"),
        hooks.get("restart"),
        read_state_words(hooks.get("state_words")),
    )
    return ReceiverSubject(url, found, allowed, naming)
