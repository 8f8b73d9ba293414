"""How values are written on the command line, in the environment and in pyproject.toml."""

from __future__ import annotations

import re
from typing import Any

import click

from mock_tavus.callbacks.rewrites import THIS_MACHINE
from mock_tavus.durations import parse_duration


class DurationType(click.ParamType[float]):
    """A length of time, as seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the seconds."""
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
        try:
            return parse_duration(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


_HOST = re.compile(r"[a-z][a-z0-9-]*(\.[a-z0-9-]+)+")


class RewriteType(click.ParamType[tuple[str, str]]):
    """`FROM=TO`, two beginnings of URLs; or a host alone, such as host.docker.internal, for URLs of this machine."""

    name = "from=to"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """Return the two."""
        if isinstance(value, tuple):
            return value
        if _HOST.fullmatch(str(value)):
            return THIS_MACHINE, str(value)
        # A URL may have `=` in its query: what is put in its place begins after the last `=http`.
        beginning, separator, replacement = str(value).rpartition("=http")
        if not separator or not beginning.startswith(("http://", "https://")):
            self.fail(
                "expected FROM=TO, two URLs, as in https://yourwebsite.com=http://127.0.0.1:9000, or a host alone, "
                f"as in host.docker.internal, received {value!r}",
                param,
                ctx,
            )
        return beginning, f"http{replacement}"
