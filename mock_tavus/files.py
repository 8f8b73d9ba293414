"""Files that somebody may be waiting for: they are there as a whole, or not at all."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def write_whole(path: Path, content: bytes, mode: int = 0o666) -> None:
    """Write a file so that nobody ever sees half of it, and that only `mode` may read it, from its first byte on.

    Args:
        path: Where to; what is there is replaced.
        content: All of it.
        mode: Its permissions, less what the user's umask takes away.

    Raises:
        OSError: It cannot be written; what was there before still is.
    """
    unfinished = unfinished_name(path)
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
        unfinished.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise


def unfinished_name(path: Path) -> Path:
    """Return what a file is called while it is written.

    Args:
        path: The file.
    """
    return path.with_name(f"{path.name}.tmp")
