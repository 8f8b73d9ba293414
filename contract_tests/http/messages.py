"""HTTP/1.1 requests, read strictly from their raw bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

_TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One request as it was on the wire.

    Args:
        method: As sent.
        target: As sent, with its query.
        headers: Names and values as sent, without the white space around values.
        body: The bytes of the body, without what frames it.
        faults: In what it breaks the rules of HTTP/1.1, in words.
    """

    method: str
    target: str
    headers: Sequence[tuple[str, str]]
    body: bytes
    faults: Sequence[str] = ()

    def header(self, name: str) -> str | None:
        """Return the first header of a name, whatever its case."""
        return next((value for one, value in self.headers if one.lower() == name), None)

    def json(self) -> Any:
        """Return the body as the value it says.

        Raises:
            ValueError: It is not UTF-8, not JSON, begins with a byte order mark, has a key twice, or NaN or Infinity.
        """
        if self.body.startswith(_BOM):
            raise ValueError("the body begins with a byte order mark")
        text = self.body.decode("utf-8")
        return json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant)


@lru_cache(maxsize=1024)
def read_request(raw: bytes) -> HttpRequest | None:
    """Read the request at the beginning of what a client has sent; None if there is not even a line."""
    head, separator, rest = raw.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    parts = lines[0].split(b" ")
    if len(parts) != 3 or not parts[2].startswith(b"HTTP/1."):
        return None
    faults: list[str] = [] if separator else ["the head does not end"]
    headers = []
    for line in lines[1:]:
        name, colon, value = line.partition(b":")
        if not colon or not _TOKEN.fullmatch(name) or b"\n" in line or b"\r" in line:
            faults.append(f"the header line {line[:60]!r} is not one")
        headers.append((name.decode("latin-1"), value.strip(b" \t").decode("latin-1")))
    body, framing = _read_body(headers, rest)
    return HttpRequest(
        parts[0].decode("latin-1"), parts[1].decode("latin-1"), tuple(headers), body, (*faults, *framing)
    )


def _read_body(headers: Sequence[tuple[str, str]], rest: bytes) -> tuple[bytes, list[str]]:
    lengths = [value for name, value in headers if name.lower() == "content-length"]
    codings = [value.lower() for name, value in headers if name.lower() == "transfer-encoding"]
    if codings:
        faults = ["Content-Length beside Transfer-Encoding"] if lengths else []
        return _read_chunks(rest, faults) if codings == ["chunked"] else (rest, [f"Transfer-Encoding: {codings}"])
    if not lengths:
        return b"", [f"{len(rest)} bytes of body, and nothing that frames them"] if rest else []
    if len(set(lengths)) > 1 or not lengths[0].isascii() or not lengths[0].isdigit():
        return rest, [f"Content-Length: {', '.join(lengths)}"]
    length = int(lengths[0])
    faults = []
    if len(rest) != length:
        faults.append(f"Content-Length says {length} bytes, and there are {len(rest)}")
    return rest[:length], faults


def _read_chunks(rest: bytes, faults: list[str]) -> tuple[bytes, list[str]]:
    body = b""
    while True:
        line, end, rest = rest.partition(b"\r\n")
        size = line.partition(b";")[0].strip()
        if not end or not re.fullmatch(rb"[0-9a-fA-F]+", size):
            return body, [*faults, f"a chunk begins with {line[:20]!r}"]
        count = int(size, 16)
        if count == 0:
            return body, faults if rest.endswith(b"\r\n") else [*faults, "the last chunk does not end"]
        if rest[count : count + 2] != b"\r\n":
            return body + rest[:count], [*faults, f"a chunk of {count} bytes does not end after them"]
        body, rest = body + rest[:count], rest[count + 2 :]


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError(f"a key comes twice in {[name for name, _ in pairs]}")
    return result


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def plain(text: str) -> str:
    """Return a text with everything escaped that would move a cursor or cannot be written."""
    return "".join(map(visible, text))


def visible(char: str) -> str:
    """Return a character, or its escape if it cannot be seen; lines stay lines."""
    return char if char.isprintable() or char == "\n" else char.encode("unicode_escape").decode()
