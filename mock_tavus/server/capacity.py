"""How many connections each door serves at once: those that are not finished must not keep others waiting."""

from __future__ import annotations

import contextlib
import resource
from dataclasses import dataclass

from mock_tavus.proxy.hosts import MAX_CONNECTIONS as MAX_HTTPS

MAX_MAIN = 8192
"""The most connections of the main door."""

_OTHER_FILES = 700
"""How many files are open beside the connections of these doors: the wire has up to 256, callbacks up to 128."""

_HTTPS_SHARE = 8
"""What part of all files the https door may take, which has a second one for each connection."""


@dataclass(frozen=True, slots=True)
class Capacity:
    """How many connections each door serves at once.

    Args:
        main: The main door.
        https: The https door; 0 without one.
    """

    main: int
    https: int

    @classmethod
    def of_this_process(cls, *, has_https: bool) -> Capacity:
        """Return what the system allows, with as many files as this process can get.

        Args:
            has_https: Whether there is an https door.
        """
        files = _raise_file_limit()
        https = min(MAX_HTTPS, files // (2 * _HTTPS_SHARE)) if has_https else 0
        return cls(max(1, min(MAX_MAIN, files - _OTHER_FILES - 2 * https)), https)


def _raise_file_limit() -> int:
    """Let this process open as many files as the system allows, and return how many that is."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
            return hard
    return soft
