"""What was asked and answered, with everything secret masked."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from threading import Condition

from mock_tavus.errors import Violation
from mock_tavus.models import ApiRequest, JournalEntry

MASK = "***"
MAX_BODY_BYTES = 16 * 1024
"""How much of a request's body is remembered."""

_SECRET_NAME = re.compile(r"key|token|secret|password|auth|cookie|signature", re.IGNORECASE)
_JSON_FIELD = re.compile(rb'"((?:[^"\\]|\\.)*+)"(\s*:\s*)"(?:[^"\\]|\\.)*+(?:"|\Z)')
_QUOTED_FIELD = re.compile(r"""(['"])([\w-]+)\1(\s*:\s*)(['"])(?:(?!\4)[^\\]|\\.)*+(?:\4|\Z)""", re.DOTALL)
_SHORTEST_SECRET = 6
"""A shorter key is masked where it belongs, and not wherever its letters come."""
_QUERY_VALUE = re.compile(r"([^&;=]+)=([^&;]*)")


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


class _Hiding:
    """Put a mask in the place of known secrets."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._secrets = sorted({one for one in secrets if len(one) >= _SHORTEST_SECRET}, key=len, reverse=True)

    def in_text(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        return text

    def in_bytes(self, data: bytes) -> bytes:
        for secret in self._secrets:
            data = data.replace(secret.encode("utf-8", "surrogatepass"), MASK.encode())
        return data


class Journal:
    """Remember the latest requests, and tell listeners of each.

    Args:
        size: How many are remembered; the oldest are dropped first, and counted.
        secret_names: Headers and parameters that carry credentials, beside those whose names give them away.
        secrets: Keys that are known, masked wherever they stand.
    """

    def __init__(self, size: int, secret_names: Sequence[str] = (), secrets: Sequence[str] = ()) -> None:
        self._entries: deque[JournalEntry] = deque(maxlen=size)
        self._secret_names = frozenset(name.lower() for name in secret_names)
        self._secrets = tuple(secrets)
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
        hide = _Hiding([*self._secrets, *self._credentials(entry.request)])
        return replace(
            entry,
            request=self._mask_request(entry.request, hide),
            reply=replace(entry.reply, body=hide.in_bytes(entry.reply.body)),
            violations=tuple(self._mask_violation(one, hide) for one in entry.violations),
        )

    def _mask_violation(self, violation: Violation, hide: _Hiding) -> Violation:
        def masked(text: str) -> str:
            return hide.in_text(_QUOTED_FIELD.sub(self._mask_quoted, text))

        return replace(
            violation,
            message=masked(violation.message),
            received=masked(violation.received),
            fix=masked(violation.fix),
        )

    def _mask_quoted(self, field: re.Match[str]) -> str:
        return f"{field[1]}{field[2]}{field[1]}{field[3]}{MASK!r}" if self._is_secret(field[2]) else field[0]

    def _credentials(self, request: ApiRequest) -> list[str]:
        """Return what a request carries as its key, wherever else it may stand."""
        found = [value for name, value in request.headers.items() if self._is_secret(name)]
        return [*found, *(value.removeprefix("Bearer ") for value in found)]

    def _find(self, criteria: Criteria) -> list[JournalEntry]:
        with self._changed:
            return [entry for entry in self._entries if criteria.fits(entry)]

    def _mask_request(self, request: ApiRequest, hide: _Hiding) -> ApiRequest:
        headers = {name: hide.in_text(value) for name, value in self.mask_headers(request.headers).items()}
        body = _JSON_FIELD.sub(self._mask_field, request.body)
        if "urlencoded" in request.headers.get("content-type", ""):
            body = self.mask_query(body.decode("latin-1")).encode("latin-1")
        return replace(
            request,
            path=hide.in_text(request.path),
            headers=headers,
            query=hide.in_text(self.mask_query(request.query)),
            body=hide.in_bytes(body),
        )

    def mask_headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Return headers with the values masked that are secret."""
        return {name: MASK if self._is_secret(name) else value for name, value in headers.items()}

    def _mask_field(self, field: re.Match[bytes]) -> bytes:
        if self._is_secret(field[1].decode("utf-8", "replace")):
            return b'"%b"%b"%b"' % (field[1], field[2], MASK.encode())
        return field[0]

    def mask_query(self, query: str) -> str:
        """Return a query string with the values masked that are secret."""
        if "=" not in query:
            return query
        return _QUERY_VALUE.sub(lambda pair: f"{pair[1]}={MASK}" if self._is_secret(pair[1]) else pair[0], query)

    def _is_secret(self, name: str) -> bool:
        return name.lower() in self._secret_names or _SECRET_NAME.search(name) is not None
