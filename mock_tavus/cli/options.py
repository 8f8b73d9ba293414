"""What the commands share: options that can stand in the environment, and mistakes told in one line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from mock_tavus.cli.settings import variable_of
from mock_tavus.errors import MockTavusError

_Command = TypeVar("_Command", bound=Callable[..., Any])


def option(name: str, text: str, **settings: Any) -> Callable[[_Command], _Command]:
    """Return an option that can also stand in the environment, as MOCK_TAVUS_NAME."""
    return click.option(name, help=text, envvar=variable_of(name), **settings)


class OneLineErrorCommand(click.Command):
    """Tell a user's mistake in one line, and end with exit code 2: a traceback is for our own faults."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except MockTavusError as error:
            raise _OneLineError(str(error)) from error


class _OneLineError(click.ClickException):
    exit_code = 2
