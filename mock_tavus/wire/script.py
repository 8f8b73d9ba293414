"""What happens to one exchange on the wire, as data: the simplest script is to answer normally."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mock_tavus.errors import MockTavusError


class ScriptError(MockTavusError):
    """A script cannot be read. The message says what was expected, and what came."""


@dataclass(frozen=True, slots=True)
class WireAnswer:
    """An answer, before it is framed.

    Args:
        status: The HTTP status.
        headers: Names and values, in this order; what frames the body is added.
        body: The bytes of the body.
        reason: What stands behind the status; by default what HTTP calls it.
    """

    status: int
    headers: Sequence[tuple[str, str]] = ()
    body: bytes = b""
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class WireScript:
    """What happens to one exchange.

    Args:
        read: How much of the request is read before anything else happens: `all`, its `head`, or `nothing`.
        handle: Whether the emulator takes the request: it remembers, and the ledger counts.
        answer: What is answered in place of what the emulator says.
        raw: The exact bytes to write, in place of any answer; nothing is framed.
        interim: Statuses of interim answers that go before, such as 100 and 103.
        delay: How long the answer waits, in real seconds, once the request has been handled.
        framing: How the response marks the end of its body: its `length`, `chunked`, or `close` of the connection.
        chunks: The sizes of the first chunks, if it is chunked; the rest is one more.
        header_case: `as-is`, `lower` or `upper`.
        gzip: Whether the body is compressed: `never`, `if-advertised` or `always`.
        length_offset: How many bytes more (or fewer, below 0) Content-Length says than there are.
        split_at: Where in the answer a new write begins, as counts of bytes.
        write_size: How many bytes a write has at most; 0 for no limit.
        pause: How long to wait between two writes, in real seconds.
        padding: How many spaces stand behind the body, which JSON allows: for answers that are too large.
        cut: After how many bytes of the answer it breaks off, or `in-head`, `after-head` or `in-body`; None for not at
            all.
        end: What becomes of the connection: `keep`, `fin`, `rst`, or `hang`: kept open without another byte.
        twice: Whether the answer is written a second time behind the first.
        times: For how many exchanges the script is.
    """

    read: str = "all"
    handle: bool = True
    answer: WireAnswer | None = None
    raw: bytes | None = None
    interim: Sequence[int] = ()
    delay: float = 0.0
    framing: str = "length"
    chunks: Sequence[int] = ()
    header_case: str = "as-is"
    gzip: str = "never"
    length_offset: int = 0
    split_at: Sequence[int] = ()
    write_size: int = 0
    pause: float = 0.0
    padding: int = 0
    cut: int | str | None = None
    end: str = "keep"
    twice: bool = False
    times: int = 1
    source: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def ends(self) -> str:
        """Return what becomes of the connection: what was cut off cannot be followed by another answer."""
        if self.end == "keep" and (self.cut is not None or self.framing == "close" or self.read != "all"):
            return "fin"
        return self.end


NORMAL = WireScript()


def script_from(settings: Mapping[str, Any]) -> WireScript:
    """Read a script from its JSON form, which `openapi/control.yaml` describes and has validated.

    Raises:
        ScriptError: Something in it is not base64.
    """
    read = dict(settings)
    if "answer" in read:
        read["answer"] = _answer_from(read["answer"])
    if "raw_base64" in read:
        read["raw"] = _bytes_from(read.pop("raw_base64"), "raw_base64")
    return WireScript(**read, source=settings)


def _answer_from(settings: Mapping[str, Any]) -> WireAnswer:
    body = settings.get("body", "").encode("utf-8", "surrogatepass")
    if "body_base64" in settings:
        body = _bytes_from(settings["body_base64"], "answer.body_base64")
    headers = [(name, value) for name, value in settings.get("headers", [])]
    return WireAnswer(settings.get("status", 200), headers, body, settings.get("reason"))


def _bytes_from(text: str, where: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ScriptError(f"{where}: expected base64 ({error}), received {text[:80]!r}") from error
