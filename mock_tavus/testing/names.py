"""What belongs to a test by its name alone."""

from __future__ import annotations

import hashlib


def inbox_name(key: str) -> str:
    """Return the name of a test's own inbox: a hash of the key, because a key in a URL would be masked in every log.

    Args:
        key: The test's API key.
    """
    return f"inbox-{hashlib.blake2b(key.encode(), digest_size=6).hexdigest()}"
