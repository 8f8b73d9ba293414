"""From options to `Config`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mock_tavus.config import Config
from mock_tavus.errors import ConfigError


def config_from(settings: Mapping[str, Any]) -> Config:
    """Return how the emulator behaves.

    Args:
        settings: The options, by the names of `Config`'s fields; messages as the path of a file.

    Raises:
        ConfigError: A setting is out of bounds, or the file cannot be read.
    """
    messages = settings.get("training_messages")
    return Config(**{**settings, "training_messages": _read_messages(messages) if messages else {}})


def _read_messages(path: Path) -> dict[str, str]:
    try:
        messages = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"training-messages: {path} cannot be read ({error})") from error
    if not isinstance(messages, dict):
        raise ConfigError(f"training-messages: expected one JSON object in {path}, from cause to message")
    return messages
