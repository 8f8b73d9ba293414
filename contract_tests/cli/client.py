"""`mock-tavus conform`: judge a client."""

from __future__ import annotations

import shlex
from typing import Any

import click

from contract_tests.api import callable_client, command_client
from contract_tests.cli.options import EXIT_CODES, run, run_options
from contract_tests.client.session import read_basic_body
from contract_tests.failures import KitError
from contract_tests.subject import Subject

_EXAMPLES = f"""
\b
Examples:
  mock-tavus conform --client my_package.tavus:create_replica
  mock-tavus conform --client-cmd "node client.mjs" --report-html report.html
  mock-tavus conform --client-cmd ./client.sh --only SEC --only TRN --profile quick
{EXIT_CODES}"""


@click.command(epilog=_EXAMPLES)
@click.option(
    "--client", metavar="MODULE[:NAME]", help="A Python callable, or a module or object with the operations' names."
)
@click.option("--client-cmd", metavar="COMMAND", help="A command to judge, which speaks JSON Lines.")
@click.option(
    "--operation", multiple=True, metavar="NAME=MODULE:CALLABLE", help="A callable for another operation (repeatable)."
)
@click.option(
    "--basic-body", metavar="JSON", help="The smallest body that the client sends; by default, that is found out."
)
@run_options
def client_command(**options: Any) -> None:
    """Judge a client: any program that calls the API."""
    run(_subject, options)


def _subject(given: dict[str, Any]) -> Subject:
    return subject_from(given["client"], given["client_cmd"], given["basic_body"], given["operation"], prefix="--")


def subject_from(
    name: str | None, command: str | None, basic_body: str | None, operations: tuple[str, ...] = (), *, prefix: str
) -> Subject:
    """Return the client that options name.

    Args:
        name: What `--client` says.
        command: What `--client-cmd` says.
        basic_body: What `--basic-body` says.
        operations: What each `--operation` says.
        prefix: What stands before the names of the options: `--`, or `--tavus-` with pytest.

    Raises:
        KitError: They name none, or two, or cannot be read.
    """
    if (not name) == (not command):
        raise KitError(f"name the client: either {prefix}client MODULE:CALLABLE or {prefix}client-cmd COMMAND")
    body = None if basic_body is None else read_basic_body(basic_body, f"{prefix}basic-body")
    if name:
        return callable_client(name, operations=operations, basic_body=body)
    try:
        words = shlex.split(str(command))
    except ValueError as error:
        raise KitError(f"{prefix}client-cmd: {error}, received {command!r}") from error
    return command_client(words, basic_body=body, title=command)
