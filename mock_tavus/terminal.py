"""What a terminal may be shown of texts that others wrote."""

from __future__ import annotations

from urllib.parse import urlsplit


def plain(text: str) -> str:
    """Return `text` so that it cannot move the cursor."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def without_secrets(url: str, query_mark: str = "") -> str:
    """Return a URL without its query and its user's name and password: receivers keep shared secrets there (observed).

    Args:
        url: The URL.
        query_mark: What stands for a query.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return url.partition("?")[0]
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}{query_mark if parts.query else ''}"
