"""`mock-tavus` and its commands: from options to `Config`."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import click

from mock_tavus.cli.options import OneLineErrorCommand, option
from mock_tavus.cli.remote import COMMANDS
from mock_tavus.cli.settings import read_settings, unknown_variables
from mock_tavus.cli.types import DurationType, RewriteType
from mock_tavus.config import Config
from mock_tavus.errors import ConfigError
from mock_tavus.server.standalone import ServeOptions, serve

_FILE = click.Path(dir_okay=False, path_type=Path)
_DEFAULTS = Config()


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="mock-tavus", message="mock-tavus %(version)s")
@click.pass_context
def main(context: click.Context) -> None:
    """Emulate the Tavus create-replica API on this machine."""
    known = {
        option.name.replace("_", "-")
        for command in main.commands.values()
        for option in command.params
        if option.name is not None and isinstance(option, click.Option)
    }
    settings = read_settings(Path.cwd(), known)
    for warning in unknown_variables(os.environ, known):
        click.echo(f"Warning: {warning}", err=True)
    context.default_map = dict.fromkeys(main.commands, settings)


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
@option("--host", "Where to listen.", default="127.0.0.1", show_default=True)
@option("--port", "0 takes any free port.", type=click.IntRange(0, 65535), default=4010, show_default=True)
@option("--quiet", "Print only where the server listens.", is_flag=True)
@option("--ready-file", "Write the address here, as JSON, once the server answers.", type=_FILE)
@option("--until-stdin-ends", "Stop when standard input ends, too: never outlive who started it.", is_flag=True)
@option(
    "--wire-port",
    "Listen here too, record every byte, and misbehave below HTTP as told; 0 takes any free port.",
    type=click.IntRange(0, 65535),
)
@option("--wire-certificate", "PEM file with a certificate and its key, for a door of the wire with TLS.", type=_FILE)
@option("--openapi", "Serve this contract instead of the bundled one.", type=_FILE)
@option("--api-key", "Accept only this key (repeatable); else any that does not begin with `invalid`.", multiple=True)
@option("--seed", "Make replica ids reproducible.", type=int)
@option(
    "--replica-id-digits",
    "Hexadecimal digits after the r.",
    type=click.IntRange(8, 32),
    default=_DEFAULTS.replica_id_digits,
    show_default=True,
)
@option("--training-time", "How long a training takes.", type=DurationType(), default="2s", show_default=True)
@option("--training-messages", "JSON file with messages for causes of failure, in place of ours.", type=_FILE)
@option(
    "--max-replicas",
    "How many replicas to keep; beyond that the oldest finished ones are forgotten.",
    type=int,
    default=_DEFAULTS.max_replicas,
    show_default=True,
)
@option(
    "--max-trainings", "How many trainings each account may start; beyond that, creates are answered 402.", type=int
)
@option(
    "--max-accounts",
    "How many accounts (API keys) to keep; beyond that the one unused for the longest time is forgotten.",
    type=int,
    default=_DEFAULTS.max_accounts,
    show_default=True,
)
@option(
    "--body-timeout",
    "How long a request's body may pause, or, up to 64 KiB, take, before it is answered 408.",
    type=DurationType(),
    default="10s",
    show_default=True,
)
@option("--accept-null", "Take null for an optional field that is left out.", is_flag=True)
@option("--allow-callback-host", "Call this host back, though it is not on this machine (repeatable).", multiple=True)
@option(
    "--callback-rewrite",
    "Call TO where a callback URL begins with FROM (repeatable).",
    metavar="FROM=TO",
    type=RewriteType(),
    multiple=True,
)
@option(
    "--callback-timeout", "The longest that a receiver may take.", type=DurationType(), default="10s", show_default=True
)
@option(
    "--callback-grace",
    "How long a callback waits after its create has been answered, in real time.",
    type=DurationType(),
    default="50ms",
    show_default=True,
)
@option(
    "--callback-retries",
    "How often to try a failed callback again, after 1, 2, 4, … seconds.",
    type=int,
    default=_DEFAULTS.callback_retries,
    show_default=True,
)
@option("--admin-token", "Ask for this bearer token below /__admin.")
@option("--control-host", "A name by which /__admin may be called, beside this machine's (repeatable).", multiple=True)
@option(
    "--journal-size",
    "How many requests, and ended callbacks, to remember.",
    type=int,
    default=_DEFAULTS.journal_size,
    show_default=True,
)
def serve_command(
    host: str,
    port: int,
    quiet: bool,
    ready_file: Path | None,
    until_stdin_ends: bool,
    wire_port: int | None,
    wire_certificate: Path | None,
    **settings: Any,
) -> None:
    """Serve the API until Ctrl-C.

    The first line on standard output says where. Then come the routes, a key to use, a curl line to paste, and one line
    for each request and each callback.
    """
    options = ServeOptions(host, port, quiet, ready_file, until_stdin_ends, wire_port, wire_certificate)
    serve(_config(settings), options)


@main.command(
    "conform",
    context_settings={"ignore_unknown_options": True, "help_option_names": []},
    short_help="Judge a client, by the conformance kit.",
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def conform(arguments: tuple[str, ...]) -> None:
    """Judge a client: hand over to `mock-tavus-contract client`, a program of its own, which says what it needs."""
    command = [sys.executable, "-P", "-m", "contract_tests", "client", *arguments]
    os.execv(sys.executable, command)  # noqa: S606 - our own program, which has the terminal and its signals to itself


for _command in COMMANDS:
    main.add_command(_command)


def _config(settings: dict[str, Any]) -> Config:
    messages = settings.pop("training_messages")
    return Config(
        api_keys=settings.pop("api_key"),
        control_hosts=settings.pop("control_host"),
        allow_callback_hosts=settings.pop("allow_callback_host"),
        callback_rewrites=settings.pop("callback_rewrite"),
        training_messages=_read_messages(messages) if messages else {},
        **settings,
    )


def _read_messages(path: Path) -> dict[str, str]:
    try:
        messages = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"training-messages: {path} cannot be read ({error})") from error
    if not isinstance(messages, dict):
        raise ConfigError(f"training-messages: expected one JSON object in {path}, from cause to message")
    return messages
