"""What is called in place of a callback URL."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from mock_tavus.origins import is_loopback

THIS_MACHINE = ""
"""What a rewrite has in place of a beginning if it is for every URL of this machine: only the host is replaced then."""

Rewrite = tuple[str, str]
"""The beginning of a URL, or `THIS_MACHINE`, and what takes its place."""


def rewritten(url: str, rewrites: Sequence[Rewrite]) -> str:
    """Return a URL after the first rewrite that fits.

    Args:
        url: As the client gave it.
        rewrites: Beginnings and what to put in their place.
    """
    for beginning, replacement in rewrites:
        if beginning == THIS_MACHINE:
            if (led := _with_other_host(url, replacement)) is not None:
                return led
            continue
        rest = url.removeprefix(beginning)
        # Only whole parts: a rule for https://a.com must not touch https://a.com.evil.net
        if url.startswith(beginning) and (not rest or rest[0] in "/?#" or beginning.endswith("/")):
            missing_slash = beginning.endswith("/") and not replacement.endswith("/")
            return f"{replacement}{'/' if missing_slash else ''}{rest}"
    return url


def _with_other_host(url: str, host: str) -> str | None:
    """Return a URL with another host in place of this machine's; None if it is for another one, or no URL."""
    try:
        parts = urlsplit(url)
        port = "" if parts.port is None else f":{parts.port}"
        if not is_loopback((parts.hostname or "").lower().rstrip(".")):
            return None
    except ValueError:
        return None
    user = f"{parts.netloc.rpartition('@')[0]}@" if "@" in parts.netloc else ""
    return parts._replace(netloc=f"{user}{host}{port}").geturl()
