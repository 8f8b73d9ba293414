"""Header fields as they were sent: WSGI takes `x_api_key` and `x-api-key` for the same, and the last one wins there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

RAW_HEADERS = "mock_tavus.headers"
"""Where a WSGI environment of ours has the fields as they came: pairs of a lower-case name and a value."""

STALLED = "mock_tavus.stalled"
"""True in a WSGI environment of ours if the rest of the body has not come in time."""

_UNPREFIXED = ("CONTENT_TYPE", "CONTENT_LENGTH")


def folded(fields: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return header fields by name, those that came more than once joined by commas (RFC 9110, section 5.3).

    Args:
        fields: Pairs of a lower-case name and a value, in the order in which they came.
    """
    headers: dict[str, str] = {}
    for name, value in fields:
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    return headers


def wsgi_headers(fields: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return the part of a WSGI environment that says which header fields a request has.

    A name with an underscore has no variable of its own there: it would pass for the name with a hyphen.

    Args:
        fields: Pairs of a lower-case name and a value, in the order in which they came.
    """
    pairs = list(fields)
    environ: dict[str, Any] = {RAW_HEADERS: pairs}
    for name, value in folded(pairs).items():
        if "_" not in name:
            variable = name.upper().replace("-", "_")
            environ[variable if variable in _UNPREFIXED else f"HTTP_{variable}"] = value
    return environ
