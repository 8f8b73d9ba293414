"""What happens to one exchange on the wire, typed: the twin of `WireScript` in openapi/control.yaml."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any, Self

JsonObject = dict[str, Any]


class Cut(StrEnum):
    """Where a response breaks off, by name; a number of bytes may stand in its place."""

    IN_HEAD = "in-head"
    AFTER_HEAD = "after-head"
    IN_BODY = "in-body"


@dataclass(frozen=True, slots=True)
class Answer:
    """A response in place of the emulator's.

    Args:
        status: The HTTP status.
        headers: Names and values; what frames the body is added.
        body: The text of the body.
        body_base64: The bytes of the body, in place of a text.
    """

    status: int = 200
    headers: Sequence[tuple[str, str]] = ()
    body: str = ""
    body_base64: str | None = None

    @classmethod
    def from_json(cls, value: JsonObject) -> Self:
        """Read a response from its JSON form.

        Args:
            value: What `to_json` has written, or a script by hand.
        """
        headers = tuple((str(name), str(text)) for name, text in value.get("headers", ()))
        return cls(value.get("status", 200), headers, value.get("body", ""), value.get("body_base64"))

    def to_json(self) -> JsonObject:
        """Return the response as the emulator takes it."""
        shown: JsonObject = {"status": self.status, "headers": [list(pair) for pair in self.headers]}
        if self.body_base64 is not None:
            return {**shown, "body_base64": self.body_base64}
        return {**shown, "body": self.body}

    def header(self, name: str) -> str:
        """Return the first header of a `name`; empty if it does not exist."""
        return next((value for one, value in self.headers if one.lower() == name.lower()), "")

    def json(self) -> Any:
        """Return the body as the value it says."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Script:
    """What happens to one exchange; the simplest is to answer normally.

    Args:
        handle: Whether the emulator takes the request: it remembers, and the ledger counts.
        answer: What is answered in place of what the emulator says.
        raw_base64: The exact bytes to write, in place of any response.
        interim: Statuses of interim responses that go before.
        delay: How long the response waits, in seconds.
        framing: How the response marks the end of its body: its `length`, `chunked`, or `close` of the connection.
        chunks: The sizes of the first chunks.
        header_case: `as-is`, `lower` or `upper`.
        gzip: `never`, `if-advertised` or `always`.
        length_offset: How many bytes more Content-Length says than there are.
        split_at: Where a new write begins, as counts of bytes.
        write_size: How many bytes a write has at most; 0 for no limit.
        pause: How long to wait between two writes, in seconds.
        padding: How many spaces stand behind the body.
        cut: Where the response breaks off: a count of bytes, or a `Cut`; None for not at all.
        end: What becomes of the connection: `keep`, `fin`, `rst` or `hang`.
        twice: Whether the response is written a second time behind the first.
        times: For how many exchanges the script is.
    """

    handle: bool = True
    answer: Answer | None = None
    raw_base64: str | None = None
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
    cut: int | Cut | None = None
    end: str = "keep"
    twice: bool = False
    times: int = 1
    read: str = field(default="all")

    @classmethod
    def from_json(cls, value: JsonObject) -> Self:
        """Read a script from its JSON form.

        Args:
            value: What `to_json` has written, or a script by hand.
        """
        read: JsonObject = {name: tuple(one) if isinstance(one, list) else one for name, one in value.items()}
        if "answer" in read:
            read["answer"] = Answer.from_json(read["answer"])
        if isinstance(read.get("cut"), str):
            read["cut"] = Cut(read["cut"])
        return cls(**read)

    def to_json(self) -> JsonObject:
        """Return the script as the emulator takes it, without what is as usual."""
        return dict(self._told())

    def _told(self) -> Iterator[tuple[str, Any]]:
        for one in fields(self):
            value = getattr(self, one.name)
            if value != one.default:
                yield (
                    one.name,
                    (
                        value.to_json()
                        if isinstance(value, Answer)
                        else list(value)
                        if isinstance(value, tuple)
                        else value
                    ),
                )


HANGS = Script(cut=0, end="hang", times=5)


def responds(body: Any, status: int = 200, content_type: str = "application/json", **script: Any) -> Script:
    """Return a script that answers this while the emulator is not asked.

    Args:
        body: A text, or a value that is sent as JSON.
        status: The HTTP status.
        content_type: The header's value.
        script: What else the script has.
    """
    text = body if isinstance(body, str) else json.dumps(body)
    return Script(handle=False, answer=Answer(status, (("Content-Type", content_type),), text), **script)


def writes(raw: bytes) -> Script:
    """Return a script that writes these bytes, `raw`, while the emulator is not asked."""
    return Script(handle=False, raw_base64=base64.b64encode(raw).decode())
