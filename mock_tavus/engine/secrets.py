"""How an API key may stand in a request, and in text."""

from __future__ import annotations

import base64
import contextlib
import re
from collections.abc import Iterator
from urllib.parse import quote, quote_plus


def credentials(value: str) -> Iterator[str]:
    """Yield what a header's value may carry as a key: as a whole, without its scheme, and piece by piece."""
    yield value
    for piece in re.split(r"[,;]", value):
        piece = piece.strip()
        yield piece
        yield piece.partition(" ")[2].strip()
        yield piece.partition("=")[2].strip()
        if piece.lower().startswith("basic "):
            with contextlib.suppress(ValueError):
                yield from base64.b64decode(piece[6:].strip()).decode("latin-1").split(":", 1)


def forms(secret: str) -> Iterator[str]:
    """Yield how a key may stand in text: as it is, read in another encoding, or percent-encoded."""
    for one in (secret, _utf8_as_latin1(secret), _latin1_as_utf8(secret)):
        yield from (one, *(encode(one, errors="replace") for encode in (quote, quote_plus, _quote_all)))


def _quote_all(text: str, errors: str) -> str:
    return quote(text, safe="", errors=errors)


def _utf8_as_latin1(text: str) -> str:
    return text.encode("utf-8", "surrogatepass").decode("latin-1")


def _latin1_as_utf8(text: str) -> str:
    """Return what a header's value, which came as ISO-8859-1, says in UTF-8; itself if that is not so."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text
