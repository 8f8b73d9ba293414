"""What the commands share: options made from settings, and mistakes told in one line."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, TypeVar

import click

from mock_tavus.cli.project import variable_of
from mock_tavus.cli.types import DurationType, RewriteType
from mock_tavus.errors import MockTavusError
from mock_tavus.settings import Kind, Named, settings_of

_Command = TypeVar("_Command", bound=Callable[..., Any])
_FILE = click.Path(dir_okay=False, path_type=Path)
_FOLDER = click.Path(file_okay=False, path_type=Path)
REPEATED = (Kind.TEXTS, Kind.REWRITES)
"""Kinds of settings that have several values."""


def option(name: str, text: str, **settings: Any) -> Callable[[_Command], _Command]:
    """Return an option that can also stand in the environment, as MOCK_TAVUS_NAME.

    Args:
        name: With the two hyphens before it.
        text: Its help.
        settings: What else click takes.
    """
    return click.option(name, help=text, envvar=variable_of(name), **settings)


url_option = option("--url", "Where the server listens.", default="http://127.0.0.1:4010", show_default=True)
"""For a command that asks a running server."""

admin_token_option = option("--admin-token", "The server's --admin-token.")
"""For the same."""


def setting_options(kind: type[Any], leave_out: Collection[str] = ()) -> Callable[[_Command], _Command]:
    """Return what gives a command an option for each setting of a dataclass.

    Args:
        kind: The dataclass; the options' values come by the names of its fields.
        leave_out: Fields that get no option.
    """

    def add(command: _Command) -> _Command:
        for named in reversed([one for one in settings_of(kind) if one.field not in leave_out]):
            command = _setting_option(named)(command)
        return command

    return add


def _setting_option(named: Named) -> Callable[[_Command], _Command]:
    setting = named.setting
    names = [f"--{named.option}", *([f"--{setting.former}"] if setting.former else []), named.field]
    variables = [variable_of(name) for name in (named.option, setting.former) if name]
    text = setting.help.replace("`", "") + (" Repeatable." if setting.kind in REPEATED else "")
    shown: dict[str, Any] = {"metavar": setting.metavar} if setting.metavar else {}
    if setting.kind is Kind.FLAG:
        return click.option(*names, help=text, envvar=variables, is_flag=True)
    if setting.kind in REPEATED:
        value_type = RewriteType() if setting.kind is Kind.REWRITES else click.STRING
        shown |= {"metavar": "FROM=TO"} if setting.kind is Kind.REWRITES else {}
        return click.option(*names, help=text, envvar=variables, multiple=True, type=value_type, **shown)
    if named.default is not None and setting.kind in (Kind.NUMBER, Kind.DURATION, Kind.TEXT):
        shown |= {"default": setting.default_text or named.default, "show_default": True}
    return click.option(*names, help=text, envvar=variables, type=type_of(named), **shown)


def type_of(named: Named) -> click.ParamType[Any]:
    """Return what reads the value of a setting of one value.

    Args:
        named: The setting.
    """
    kind, setting = named.setting.kind, named.setting
    if kind is Kind.DURATION:
        return DurationType()
    if kind in (Kind.FILE, Kind.MESSAGES):
        return _FILE
    if kind is Kind.FOLDER:
        return _FOLDER
    if kind is Kind.NUMBER and setting.highest < 1e9 and setting.lowest > -1e9:
        return click.IntRange(int(setting.lowest), int(setting.highest))
    return click.INT if kind is Kind.NUMBER else click.STRING


class OneLineErrorCommand(click.Command):
    """Tell a user's mistake in one line, and end with exit code 2: a traceback is for our own faults."""

    failure_code = 2

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        if self.help is not None:  # what a docstring says of arguments is for those who read the code
            self.help = self.help.partition("Args:")[0].rstrip()

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command in `ctx`."""
        try:
            return super().invoke(ctx)
        except MockTavusError as error:
            raise OneLineError(str(error), self.failure_code) from error


class OneLineError(click.ClickException):
    """A mistake, in one line.

    Args:
        message: What is said.
        exit_code: What the command ends with.
    """

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code  # type: ignore[misc]
