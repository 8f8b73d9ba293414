"""`mock-tavus` and its commands: from options to `Config`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from mock_tavus.cli import processes
from mock_tavus.cli.authority import ca_command
from mock_tavus.cli.completion import completion_command
from mock_tavus.cli.configuration import config_from
from mock_tavus.cli.forwarding import listen_command, trigger_command
from mock_tavus.cli.options import OneLineErrorCommand, setting_options
from mock_tavus.cli.project import read_settings, unknown_variables
from mock_tavus.cli.remote import COMMANDS, replay
from mock_tavus.cli.run import run_command
from mock_tavus.config import Config
from mock_tavus.server.options import ServeOptions
from mock_tavus.settings import settings_of


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    help="Emulate the Tavus create-replica API on this machine.",
)
@click.version_option(package_name="mock-tavus", message="mock-tavus %(version)s")
@click.pass_context
def main(context: click.Context) -> None:
    """Emulate the Tavus create-replica API on this machine.

    Args:
        context: Who asks, and what is to become of the call.
    """
    parameters = {
        name.removeprefix("--"): str(option.name)
        for command in _commands_of(main)
        for option in command.params
        if isinstance(option, click.Option)
        for name in option.opts
        if name.startswith("--")
    }
    settings = read_settings(Path.cwd(), parameters)
    for warning in unknown_variables(os.environ, parameters):
        click.echo(f"Warning: {warning}", err=True)
    named = {parameters[name.replace("_", "-")]: value for name, value in settings.items()}
    context.default_map = {
        name: dict.fromkeys(command.commands, named) if isinstance(command, click.Group) else named
        for name, command in main.commands.items()
    }


def _commands_of(group: click.Group) -> Iterator[click.Command]:
    """Yield the commands of a group, and of the groups in it."""
    for command in group.commands.values():
        if isinstance(command, click.Group):
            yield from _commands_of(command)
        else:
            yield command


_EXAMPLES = """
\b
Examples:
  mock-tavus serve
  mock-tavus serve --port 0 --ready-file ready.json
  mock-tavus serve --training-time 4h --api-key my-secret
  mock-tavus serve --callback-rewrite https://yourwebsite.com=http://127.0.0.1:9000

Every option can also be set in the environment, as MOCK_TAVUS_TRAINING_TIME=4h (several values with spaces between
them), or in pyproject.toml, below [tool.mock-tavus], as training-time = "4h". The command line wins, then the
environment. A duration is written 250ms, 2s, 4h or 1h30m.
"""


@main.command("serve", cls=OneLineErrorCommand, epilog=_EXAMPLES)
@setting_options(ServeOptions)
@setting_options(Config)
def serve_command(**settings: Any) -> None:
    """Serve the API until Ctrl-C.

    The first line on standard output says where. Then come the routes, a key to use, a curl line to paste, and one line
    for each request and each callback.
    """
    from mock_tavus.server.standalone import serve  # granian is loaded by the command that needs it

    options = ServeOptions(**{named.field: settings.pop(named.field) for named in settings_of(ServeOptions)})
    serve(config_from(settings), options)


_KIT = {
    "conform": "Judge a client, by the conformance kit.",
    "conform-receiver": "Judge a receiver of callbacks, by the conformance kit.",
    "compare": "Show two reports of the kit side by side.",
}
"""The commands of the kit, a program of its own, which says itself what it needs."""


def _kit_command(name: str, help_text: str) -> click.Command:
    """Return a command that hands over to the kit.

    Args:
        name: The command of the kit.
        help_text: What the list of commands says of it.
    """

    @click.command(
        name, context_settings={"ignore_unknown_options": True, "help_option_names": []}, short_help=help_text
    )
    @click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
    def command(arguments: tuple[str, ...]) -> None:
        _hand_over(name, arguments)

    return command


def _hand_over(name: str, arguments: tuple[str, ...]) -> None:
    """Become the kit, which has the terminal and its signals to itself then.

    Args:
        name: The command of the kit.
        arguments: What it is given.
    """
    command = [sys.executable, "-P", "-m", "contract_tests", name, *arguments]
    os.execv(sys.executable, command)  # noqa: S606 - our own program


for _command in (
    run_command,
    *processes.COMMANDS,
    ca_command,
    *COMMANDS,
    listen_command,
    trigger_command,
    completion_command,
    *(_kit_command(*_one) for _one in _KIT.items()),
):
    main.add_command(_command)
main.add_command(replay, "resend")  # the name that goes with `listen` and `trigger`
