"""Lengths of time as people write them."""

from __future__ import annotations

import re

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)")
_PLAIN = re.compile(r"[0-9]+(\.[0-9]+)?")
MAX_SECONDS = 10 * 366 * 86400.0
"""Ten years: beyond that, moments stop being dates."""


def parse_duration(text: str) -> float:
    """Return the seconds that a text such as `250ms`, `2s`, `1h30m` or `90` stands for.

    Args:
        text: The text.

    Raises:
        ValueError: It is none of these, or longer than ten years.
    """
    stripped = text.strip().lower()
    parts = _PART.findall(stripped)
    if _PLAIN.fullmatch(stripped):
        seconds = float(stripped)
    elif parts and "".join(number + unit for number, unit in parts) == stripped:
        seconds = sum(float(number) * _UNITS[unit] for number, unit in parts)
    else:
        raise ValueError(f"expected a duration such as 250ms, 2s, 4h or 1h30m, received {text!r}")
    if seconds > MAX_SECONDS:
        raise ValueError(f"expected a duration of at most ten years, received {text!r}")
    return seconds
