"""One line for each request and each callback, for a person who watches."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TextIO

from mock_tavus.background import Background
from mock_tavus.messages import Delivery, DeliveryState, Exchange
from mock_tavus.terminal import plain, without_secrets

MAX_PENDING_LINES = 10_000
"""So many lines may wait for a slow terminal; what comes beyond is counted, and the count is printed."""

_MAX_TEXT = 400
_GREEN, _YELLOW, _RED, _DIM, _PLAIN = "\033[32m", "\033[33m", "\033[31m", "\033[2m", "\033[0m"


class Console:
    """Print what happens, from a thread of its own, so that a slow terminal never holds an answer up.

    Args:
        stream: Where to.
        color: Whether the stream understands colours.
        mask: Takes what is secret out of a request.
        mask_text: Takes what is secret in a request out of a text about it.
        remarks: What is worth saying of a request beside its answer.
        background: What starts the thread.
    """

    def __init__(
        self,
        stream: TextIO,
        *,
        color: bool,
        mask: Callable[[Exchange], Exchange] = lambda entry: entry,
        mask_text: Callable[[Exchange, str], str] = lambda entry, text: text,
        remarks: Callable[[Exchange], Sequence[str]] = lambda entry: (),
        background: Background | None = None,
    ) -> None:
        self._background = background or Background()
        self._stream = stream
        self._color = color
        self._mask = mask
        self._mask_text = mask_text
        self._remarks = remarks
        self._pending: deque[Exchange | Delivery | str] = deque()
        self._dropped = 0
        self._changed = threading.Event()
        self._stopping = False
        self._has_started = False
        self._ended = threading.Event()

    def start(self) -> None:
        """Start printing.

        Raises:
            ServerError: The system cannot start a thread.
        """
        self._background.keep_running("console", self._run)
        self._has_started = True

    def stop(self) -> None:
        """Print what is pending, and end."""
        self._stopping = True
        self._changed.set()
        if self._has_started:
            self._ended.wait(timeout=1)

    def show(self, item: Exchange | Delivery | str) -> None:
        """Print a request, a callback or a text, soon.

        Args:
            item: What is printed.
        """
        if len(self._pending) >= MAX_PENDING_LINES:
            self._dropped += 1
            return
        self._pending.append(item)
        if not self._changed.is_set():
            self._changed.set()

    def _run(self) -> None:
        while not self._stopping or self._pending:
            self._changed.wait()
            self._changed.clear()
            lines = [self._safe_line(self._pending.popleft()) for _ in range(len(self._pending))]
            if self._dropped:
                lines.append(f"… {self._dropped} more, not printed: they came faster than this could be written")
                self._dropped = 0
            try:
                text = "".join(f"{line}\n" for line in lines)
                encoding = getattr(self._stream, "encoding", None) or "utf-8"
                self._stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
                self._stream.flush()
            except (OSError, ValueError):
                break  # nobody reads any more; the emulator goes on
        self._ended.set()

    def _safe_line(self, item: Exchange | Delivery | str) -> str:
        """Return the line of an item, or one that says that it could not be made: what comes later is printed, too."""
        try:
            return self._line(item)
        except Exception as error:
            self._background.report("console", error)
            return f"… a line could not be made ({type(error).__name__}); /__admin has what it was about"

    def _line(self, item: Exchange | Delivery | str) -> str:
        if isinstance(item, str):
            return item
        if isinstance(item, Delivery):
            return self._delivery_line(item)
        return self._request_line(item)

    def _request_line(self, entry: Exchange) -> str:
        remarks = [self._mask_text(entry, remark) for remark in self._remarks(entry)]
        if entry.request.query or entry.response.status >= 400:  # of others, nothing is shown that the caller wrote
            entry = self._mask(entry)
        request, status = entry.request, entry.response.status
        query = f"?{request.query}" if request.query else ""
        color = _GREEN if status < 400 else _YELLOW if status < 500 else _RED
        text = " · ".join([_summary(entry), *remarks])
        at = entry.real_at or entry.at
        if abs(entry.at - at) >= 1:  # the account's clock has jumped, or stands still
            text += f" · at {_moment(entry.at)} in its account"
        return self._columns(at, str(status), color, request.method, f"{request.path}{query}", text)

    def _delivery_line(self, delivery: Delivery) -> str:
        last = delivery.attempts[-1] if delivery.attempts else None
        at = delivery.due_at if last is None else last.at
        status = "held" if last is None else str(last.status or "fail")
        good = delivery.state is DeliveryState.DELIVERED
        body = delivery.body if isinstance(delivery.body, dict) else {}  # a scenario may have it say anything
        said = f"{delivery.replica_id} {body.get('status', '')}".rstrip()
        if last is None:
            said += f" · not sent: {delivery.note}"
        elif last.error is not None:
            tries = f" ({len(delivery.attempts)} attempts)" if len(delivery.attempts) > 1 else ""
            said += f" · {last.error}{tries}"
        target = without_secrets(delivery.target_url or delivery.url, query_mark="?…")
        return self._columns(at, status, _GREEN if good else _YELLOW, "→", target, said)

    def _columns(self, at: float, status: str, color: str, method: str, target: str, text: str) -> str:
        time = f"{datetime.fromtimestamp(at, UTC).isoformat(timespec='milliseconds')[11:23]}Z"
        return (
            f"{self._paint(_DIM, time)}  {self._paint(color, f'{status:<4}')}  {_clean(method):<6}  "
            f"{_clean(target):<44}  {_clean(text)}"
        )

    def _paint(self, color: str, text: str) -> str:
        return f"{color}{text}{_PLAIN}" if self._color else text


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def _summary(entry: Exchange) -> str:
    try:
        body = json.loads(entry.response.body)
    except ValueError:
        return ""
    if not isinstance(body, dict):
        return ""
    if "replica_id" in body:
        return f"{body['replica_id']} {body.get('status', '')} {body.get('training_progress', '')}".rstrip()
    if "total_count" in body:
        data = body.get("data")
        return f"{len(data) if isinstance(data, list) else '?'} of {body['total_count']}"
    text = str(body.get("error") or body.get("message") or "")
    why = entry.violations[0].message if entry.violations else ""
    return f"{text} · {why}" if why else text


def _clean(text: str) -> str:
    """Return a text that cannot move the cursor, and that is not endless."""
    shown = plain(text[:_MAX_TEXT])
    return shown if len(text) <= _MAX_TEXT else f"{shown}…"
