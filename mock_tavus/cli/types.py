"""How values are written on the command line, in the environment and in pyproject.toml."""

from __future__ import annotations

import re
from typing import Any

import click

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)")


def parse_duration(text: str) -> float:
    """Return the seconds that a text such as `250ms`, `2s`, `1h30m` or `90` stands for.

    Raises:
        ValueError: It is none of these.
    """
    stripped = text.strip().lower()
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", stripped):
        return float(stripped)
    parts = _PART.findall(stripped)
    if not parts or "".join(number + unit for number, unit in parts) != stripped:
        raise ValueError(f"expected a duration such as 250ms, 2s, 4h or 1h30m, received {text!r}")
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


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


class RewriteType(click.ParamType[tuple[str, str]]):
    """`FROM=TO`, two beginnings of URLs."""

    name = "from=to"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """Return the two."""
        if isinstance(value, tuple):
            return value
        # A URL may have `=` in its query: what is put in its place begins after the last `=http`.
        beginning, separator, replacement = str(value).rpartition("=http")
        if not separator or not beginning.startswith(("http://", "https://")):
            self.fail(
                f"expected FROM=TO, two URLs, as in https://yourwebsite.com=http://127.0.0.1:9000, received {value!r}",
                param,
                ctx,
            )
        return beginning, f"http{replacement}"
