"""What was asked and answered, with everything secret masked."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from threading import Condition

from mock_tavus.engine.masking import Masker
from mock_tavus.messages import JournalEntry

MAX_BODY_BYTES = 16 * 1024
"""How much of a request's body is remembered."""


@dataclass(frozen=True, slots=True)
class Criteria:
    """Which entries are wanted; what is None or False does not matter.

    Args:
        account_id: Of whom.
        operation_id: Asking for what.
        status: Answered with what.
        unmatched: Only those that the contract has no operation for.
        method: In capitals.
        path: Exactly.
        since: Only those after this number.
        body_contains: Text that the body has in it.
    """

    account_id: str | None = None
    operation_id: str | None = None
    status: int | None = None
    unmatched: bool = False
    method: str | None = None
    path: str | None = None
    since: int = 0
    body_contains: str | None = None

    def fits(self, entry: JournalEntry) -> bool:
        """Return whether an entry is wanted."""
        return (
            entry.number > self.since
            and self.account_id in (None, entry.account_id)
            and self.operation_id in (None, entry.operation_id)
            and self.status in (None, entry.reply.status)
            and not (self.unmatched and entry.operation_id is not None)
            and self.method in (None, entry.request.method)
            and self.path in (None, entry.request.path)
            and (self.body_contains is None or self.body_contains.encode() in entry.request.body)
        )


class Journal:
    """Remember the latest requests, and tell listeners of each.

    Args:
        size: How many are remembered; the oldest are dropped first, and counted.
        masker: Knows what is secret.
    """

    def __init__(self, size: int, masker: Masker | None = None) -> None:
        self._entries: deque[JournalEntry] = deque(maxlen=size)
        self._masker = masker or Masker()
        self._listeners: list[Callable[[JournalEntry], None]] = []
        self._changed = Condition()
        self._waiting = 0
        self.dropped_count = 0

    def on_record(self, listener: Callable[[JournalEntry], None]) -> None:
        """Call `listener` with every entry from now on, as it came: `mask` it before anyone sees it."""
        self._listeners.append(listener)

    def record(self, entry: JournalEntry) -> None:
        """Remember an entry. It is masked when it is read: most entries never are."""
        if len(entry.request.body) > MAX_BODY_BYTES:
            entry = replace(entry, request=replace(entry.request, body=entry.request.body[:MAX_BODY_BYTES]))
        with self._changed:
            self.dropped_count += len(self._entries) == self._entries.maxlen
            self._entries.append(entry)
            if self._waiting:
                self._changed.notify_all()
        for listener in self._listeners:
            listener(entry)

    def entries(self, criteria: Criteria = Criteria(), limit: int | None = None) -> Sequence[JournalEntry]:
        """Return what is remembered and wanted, the oldest first, masked.

        Args:
            criteria: Which entries are wanted.
            limit: At most so many, the latest.
        """
        found = self._find(criteria)
        return [self.mask(entry) for entry in (found if limit is None else found[max(0, len(found) - limit) :])]

    def latest(self, criteria: Criteria, limit: int) -> Sequence[JournalEntry]:
        """Return at most so many of what is wanted, the newest first, as they came: `mask` them before anyone sees."""
        with self._changed:
            return list(islice((entry for entry in reversed(self._entries) if criteria.fits(entry)), limit))

    def wait(self, criteria: Criteria, count: int, timeout: float) -> Sequence[JournalEntry]:
        """Return what is wanted as soon as there are so many, or what there is after so many real seconds."""
        with self._changed:
            self._waiting += 1
            try:
                self._changed.wait_for(lambda: len(self._find(criteria)) >= count, timeout)
            finally:
                self._waiting -= 1
        return self.entries(criteria)

    def get(self, entry_id: str) -> JournalEntry | None:
        """Return an entry by its id, masked; None if it is not known, or no longer."""
        with self._changed:
            found = next((entry for entry in self._entries if entry.entry_id == entry_id), None)
        return None if found is None else self.mask(found)

    def clear(self, account_id: str | None = None) -> int:
        """Forget the entries of one account, or all, and return how many there were."""
        with self._changed:
            kept = [entry for entry in self._entries if account_id not in (None, entry.account_id)]
            count = len(self._entries) - len(kept)
            self._entries = deque(kept, maxlen=self._entries.maxlen)
        return count

    def mask(self, entry: JournalEntry) -> JournalEntry:
        """Return an entry with everything secret masked; listeners must not show one that is not."""
        mask = self._masker.for_request(entry.request.headers)
        return replace(
            entry,
            request=mask.request(entry.request),
            reply=mask.reply(entry.reply),
            violations=tuple(map(mask.violation, entry.violations)),
        )

    def mask_text(self, entry: JournalEntry, text: str) -> str:
        """Return a text about an entry with every key masked that the entry carries."""
        return self._masker.for_request(entry.request.headers).message(text)

    def _find(self, criteria: Criteria) -> list[JournalEntry]:
        with self._changed:
            return [entry for entry in self._entries if criteria.fits(entry)]
