"""From an answer to the bytes of it, as a script wants them."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator, Mapping, Sequence
from http import HTTPStatus

from mock_tavus.wire.script import WireAnswer, WireScript

_CASES: Mapping[str, Callable[[str], str]] = {"as-is": str, "lower": str.lower, "upper": str.upper}
_FRAMING = ("content-length", "transfer-encoding", "content-encoding")


def render(answer: WireAnswer, script: WireScript, *, takes_gzip: bool) -> bytes:
    """Return an answer from its first interim answer to its last byte.

    Args:
        answer: What is said.
        script: How.
        takes_gzip: Whether the client has said that it takes gzip.
    """
    if script.raw is not None:
        return script.raw
    interim = b"".join(_head(status, None, (), script) for status in script.interim)
    return interim + _final(answer, script, takes_gzip) * (2 if script.twice else 1)


def writes(answer: bytes, script: WireScript) -> Iterator[bytes]:
    """Return the parts in which an answer is written, up to where it is cut.

    Args:
        answer: What the server said.
        script: The script.
    """
    shown = answer if script.cut is None else answer[: cut_point(answer, script.cut)]
    ends = sorted({at for at in script.split_at if 0 < at < len(shown)} | {len(shown)})
    start = 0
    for end in ends:
        step = script.write_size or max(1, end - start)
        for at in range(start, end, step):
            yield shown[at : min(at + step, end)]
        start = end


def cut_point(answer: bytes, cut: int | str) -> int:
    """Return after how many bytes an answer breaks off.

    Args:
        answer: The bytes of the whole answer.
        cut: That count, or `in-head`, `after-head` or `in-body`, which are half way through the head, behind it, and
            half way through what follows the last head.
    """
    if isinstance(cut, int):
        return cut
    begin = 0
    while answer.startswith(b"HTTP/1.1 1", begin):  # an interim answer
        begin = answer.find(b"\r\n\r\n", begin) + 4
    end = answer.find(b"\r\n\r\n", begin) + 4
    return {"in-head": (begin + end) // 2, "after-head": end, "in-body": (end + len(answer)) // 2}[cut]


def _final(answer: WireAnswer, script: WireScript, takes_gzip: bool) -> bytes:
    headers = [(name, value) for name, value in answer.headers if name.lower() not in _FRAMING]
    body = answer.body + b" " * script.padding
    if script.gzip == "always" or (script.gzip == "if-advertised" and takes_gzip):
        body = gzip.compress(body, mtime=0)
        headers.append(("Content-Encoding", "gzip"))
    if answer.status in (204, 304):
        body = b""
    elif script.framing == "chunked":
        headers.append(("Transfer-Encoding", "chunked"))
        body = _chunked(body, script.chunks)
    elif script.framing == "length":
        headers.append(("Content-Length", str(max(0, len(body) + script.length_offset))))
    if script.ends != "keep":
        headers.append(("Connection", "close"))
    return _head(answer.status, answer.reason, headers, script) + body


def _head(status: int, reason: str | None, headers: Sequence[tuple[str, str]], script: WireScript) -> bytes:
    case = _CASES[script.header_case]
    if reason is None:
        reason = HTTPStatus(status).phrase if status in HTTPStatus.__members__.values() else ""
    lines = [f"HTTP/1.1 {status} {reason}", *(f"{case(name)}: {value}" for name, value in headers), "", ""]
    return "\r\n".join(lines).encode("utf-8", "surrogateescape")


def _chunked(body: bytes, sizes: Sequence[int]) -> bytes:
    parts, start = [], 0
    for size in [*sizes, len(body)]:
        part = body[start : start + max(1, size)]
        start += len(part)
        if part:
            parts.append(b"%x\r\n%b\r\n" % (len(part), part))
    return b"".join([*parts, b"0\r\n\r\n"])
