"""What a setting is: written once, beside its default; options, bounds and the table in the docs follow from it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any

from mock_tavus.errors import ConfigError


class Kind(StrEnum):
    """How a setting is written on the command line."""

    FLAG = ""
    TEXT = "NAME"
    TEXTS = "NAME, repeatable"
    NUMBER = "N"
    DURATION = "TIME"
    FILE = "FILE"
    FOLDER = "DIR"
    MESSAGES = "FILE, JSON"
    REWRITES = "FROM=TO, repeatable"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting.

    Args:
        help: What it does, in one line.
        kind: How it is written.
        option: The name of its option, with hyphens; empty for the field's own. `-` if it has none.
        metavar: What stands for its value in the help; empty for that of its kind.
        lowest: The smallest number.
        highest: The largest number.
        above_zero: Whether zero itself is too small.
        default_text: How the default is shown; empty for what it is.
        former: The option's former name, which works for one more release; empty if it had none.
    """

    help: str
    kind: Kind = Kind.TEXT
    option: str = ""
    metavar: str = ""
    lowest: float = -math.inf
    highest: float = math.inf
    above_zero: bool = False
    default_text: str = ""
    former: str = ""

    def must_allow(self, name: str, value: Any) -> None:
        """Refuse a number that is out of bounds.

        Args:
            name: The setting's, with hyphens.
            value: What was given; None stands for a default that is no number.

        Raises:
            ConfigError: It is too small or too large.
        """
        if value is None or (self.lowest, self.highest) == (-math.inf, math.inf):
            return
        if not self.lowest <= value <= self.highest:
            expected = (
                f"{self.lowest:g} or more" if self.highest == math.inf else f"{self.lowest:g} to {self.highest:g}"
            )
            raise ConfigError(f"{name}: expected {expected}, received {value}")
        if self.above_zero and not value > 0:
            raise ConfigError(f"{name}: expected more than 0 seconds, received {value}")


@dataclass(frozen=True, slots=True)
class Named:
    """One setting of a class, with its names.

    Args:
        field: The field's name.
        option: The option's name, with hyphens, without the two before it.
        setting: The setting.
        default: Its default.
    """

    field: str
    option: str
    setting: Setting
    default: Any


def setting(default: Any, help: str, kind: Kind = Kind.TEXT, **details: Any) -> Any:  # noqa: A002
    """Return a dataclass's field that is a setting.

    Args:
        default: Its default.
        help: What it does, in one line.
        kind: How it is written on the command line.
        details: The rest of `Setting`.
    """
    metadata = {"setting": Setting(help, kind, **details)}
    if isinstance(default, dict):
        return field(default_factory=dict, metadata=metadata)
    return field(default=default, metadata=metadata)


def settings_of(kind: type[Any]) -> Iterator[Named]:
    """Yield the settings of a dataclass, in the order in which it has them.

    Args:
        kind: Which kind.
    """
    for one in fields(kind):
        found = one.metadata.get("setting")
        if found is not None and found.option != "-":
            yield Named(one.name, found.option or one.name.replace("_", "-"), found, one.default)


def check_bounds(config: Any) -> None:
    """Refuse numbers that are out of bounds.

    Args:
        config: An instance of a dataclass with settings.

    Raises:
        ConfigError: One is.
    """
    for one in fields(config):
        found = one.metadata.get("setting")
        if found is not None:
            found.must_allow(one.name.replace("_", "-"), getattr(config, one.name))
