"""What was asked and answered, with everything secret masked."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from threading import Lock

from mock_tavus.models import ApiRequest, JournalEntry

MASK = "***"
MAX_BODY_BYTES = 16 * 1024
"""How much of a request's body is remembered."""

_SECRET_NAME = re.compile(r"key|token|secret|password|authorization|cookie|signature", re.IGNORECASE)
_QUERY_VALUE = re.compile(r"([^&;=]+)=([^&;]*)")


class Journal:
    """Remember the latest requests, and tell listeners of each.

    Args:
        size: How many are remembered; the oldest are dropped first, and counted.
        secret_names: Headers and parameters that carry credentials, beside those whose names give them away.
    """

    def __init__(self, size: int, secret_names: Sequence[str] = ()) -> None:
        self._entries: deque[JournalEntry] = deque(maxlen=size)
        self._secret_names = frozenset(name.lower() for name in secret_names)
        self._listeners: list[Callable[[JournalEntry], None]] = []
        self._lock = Lock()
        self.dropped_count = 0

    def on_record(self, listener: Callable[[JournalEntry], None]) -> None:
        """Call `listener` with every entry from now on, as it came: `mask` it before anyone sees it."""
        self._listeners.append(listener)

    def record(self, entry: JournalEntry) -> None:
        """Remember an entry. It is masked when it is read: most entries never are."""
        if len(entry.request.body) > MAX_BODY_BYTES:
            entry = replace(entry, request=replace(entry.request, body=entry.request.body[:MAX_BODY_BYTES]))
        with self._lock:
            self.dropped_count += len(self._entries) == self._entries.maxlen
            self._entries.append(entry)
        for listener in self._listeners:
            listener(entry)

    def entries(self) -> Sequence[JournalEntry]:
        """Return what is remembered, the oldest first, masked."""
        with self._lock:
            entries = list(self._entries)
        return [self.mask(entry) for entry in entries]

    def mask(self, entry: JournalEntry) -> JournalEntry:
        """Return an entry with everything secret masked; listeners must not show one that is not."""
        return replace(entry, request=self._mask_request(entry.request))

    def _mask_request(self, request: ApiRequest) -> ApiRequest:
        headers = {name: MASK if self._is_secret(name) else value for name, value in request.headers.items()}
        return replace(request, headers=headers, query=self.mask_query(request.query))

    def mask_query(self, query: str) -> str:
        """Return a query string with the values masked that are secret."""
        if "=" not in query:
            return query
        return _QUERY_VALUE.sub(lambda pair: f"{pair[1]}={MASK}" if self._is_secret(pair[1]) else pair[0], query)

    def _is_secret(self, name: str) -> bool:
        return name.lower() in self._secret_names or _SECRET_NAME.search(name) is not None
