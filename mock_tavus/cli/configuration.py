"""From options to `Config`."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from mock_tavus.cli.options import REPEATED, type_of
from mock_tavus.cli.types import RewriteType
from mock_tavus.config import Config
from mock_tavus.errors import ConfigError
from mock_tavus.settings import Kind, Named, settings_of


def config_from(settings: Mapping[str, Any]) -> Config:
    """Return how the emulator behaves.

    Args:
        settings: The options, by the names of `Config`'s fields; messages as the path of a file.

    Raises:
        ConfigError: A setting is out of bounds, or the file cannot be read.
    """
    messages = settings.get("training_messages")
    return Config(**{**settings, "training_messages": _read_messages(messages) if messages else {}})


def config_from_texts(settings: Mapping[str, Any]) -> Config:
    """Return how the emulator behaves, by settings as they are written in a file, or by their values.

    Args:
        settings: By the names of options, with hyphens or underscores; values as in pyproject.toml.

    Raises:
        ConfigError: One is unknown, cannot be read, or is out of bounds.
    """
    known = {name: named for named in settings_of(Config) for name in (named.field, named.option.replace("-", "_"))}
    found: dict[str, Any] = {}
    for name, value in settings.items():
        plain = name.replace("-", "_")
        if plain not in known:
            near = difflib.get_close_matches(plain, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"the known ones are {', '.join(sorted(known))}"
            raise ConfigError(f"no setting {name!r}; {hint}")
        found[known[plain].field] = _converted(known[plain], value)
    return config_from(found)


def _converted(named: Named, value: Any) -> Any:
    """Return a setting's value, from how it is written."""
    kind = named.setting.kind
    if not isinstance(value, str):
        return tuple(value) if isinstance(value, list) else value
    try:
        if kind in REPEATED:
            texts = value.split()
            return tuple(RewriteType().convert(text, None, None) if kind is Kind.REWRITES else text for text in texts)
        return click.BOOL.convert(value, None, None) if kind is Kind.FLAG else type_of(named).convert(value, None, None)
    except click.BadParameter as error:
        raise ConfigError(f"{named.option}: {error.message}") from error


def _read_messages(path: Path) -> dict[str, str]:
    try:
        messages = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"training-messages: {path} cannot be read ({error})") from error
    if not isinstance(messages, dict):
        raise ConfigError(f"training-messages: expected one JSON object in {path}, from cause to message")
    return messages
