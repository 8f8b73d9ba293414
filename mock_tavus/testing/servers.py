"""The servers of a test run: one for each set of settings, started when a test first asks for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

from mock_tavus.cli.configuration import config_from_texts
from mock_tavus.config import Config
from mock_tavus.server.embedded import MockServer
from mock_tavus.transports.intercept import intercept

TRAINING_TIME = "4h"
"""How long a training takes if nobody says otherwise: as documented, so that a test ends it, and not the clock."""

_Kind = TypeVar("_Kind", MockServer, intercept)


class Servers(Generic[_Kind]):
    """Start servers, and stop them all at the end.

    Args:
        make: From how it behaves to a server that is to be started.
        settings: What holds for all of them, by the names of options.
    """

    def __init__(self, make: Callable[[Config], _Kind], settings: Mapping[str, Any]) -> None:
        self._make: Callable[[Config], _Kind] = make
        self._settings = {"training_time": TRAINING_TIME, **settings}
        self._servers: dict[str, _Kind] = {}

    def get(self, settings: Mapping[str, Any]) -> _Kind:
        """Return a server with these settings.

        Args:
            settings: What differs from what holds for all, by the names of options.

        Raises:
            ConfigError: One is unknown, or out of bounds.
            ServerError: It cannot be started.
        """
        config = config_from_texts({**self._settings, **settings})
        key = repr(config)
        if key not in self._servers:
            self._servers[key] = self._make(config).start()
        return self._servers[key]

    def stop(self) -> None:
        """Stop them all."""
        for server in self._servers.values():
            server.stop()
