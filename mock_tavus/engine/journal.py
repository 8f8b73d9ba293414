"""What was asked and answered, with everything secret masked."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from mock_tavus.engine.masking import Masker
from mock_tavus.messages import Exchange, MaskedExchange
from mock_tavus.store import Changes, Topic
from mock_tavus.store.ports import JournalStore

_log = logging.getLogger("mock_tavus")

MAX_BODY_BYTES = 16 * 1024
"""How much of a request's body, and of a response's, is remembered."""


@dataclass(frozen=True, slots=True)
class RequestPattern:
    """Which exchanges are wanted; what is None or False does not matter.

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

    def matches(self, exchange: Exchange) -> bool:
        """Return whether an exchange is wanted.

        Args:
            exchange: The request with its response.
        """
        return (
            exchange.number > self.since
            and self.account_id in (None, exchange.account_id)
            and self.operation_id in (None, exchange.operation_id)
            and self.status in (None, exchange.response.status)
            and not (self.unmatched and exchange.operation_id is not None)
            and self.method in (None, exchange.request.method)
            and self.path in (None, exchange.request.path)
            and (self.body_contains is None or self.body_contains.encode() in exchange.request.body)
        )


ANY = RequestPattern()
"""Every exchange."""


class Journal:
    """Remember the latest exchanges, and tell listeners of each.

    Args:
        store: Where they are remembered.
        changes: Told of each.
        masker: Knows what is secret.
    """

    def __init__(self, store: JournalStore, changes: Changes, masker: Masker) -> None:
        self._store = store
        self._changes = changes
        self._masker = masker
        self._listeners: list[Callable[[Exchange], None]] = []

    def on_record(self, listener: Callable[[Exchange], None]) -> None:
        """Call `listener` with every exchange from now on, as it came: `mask` it before anyone sees it."""
        self._listeners.append(listener)

    def next_number(self) -> int:
        """Return the number of the next exchange."""
        return self._store.next_number()

    def record(self, exchange: Exchange) -> None:
        """Remember an exchange. It is masked when it is read: most never are.

        Args:
            exchange: The request with its response.
        """
        exchange.request_length = len(exchange.request.body)
        exchange.response_length = len(exchange.response.body)
        if exchange.request_length > MAX_BODY_BYTES:
            exchange.request = replace(exchange.request, body=exchange.request.body[:MAX_BODY_BYTES])
        if exchange.response_length > MAX_BODY_BYTES:
            exchange.response = replace(exchange.response, body=exchange.response.body[:MAX_BODY_BYTES])
        self._store.add(exchange)
        self._changes.publish(Topic.REQUESTS)
        for listener in self._listeners:
            try:
                listener(exchange)
            except Exception:  # one that listens must not keep the response from its client
                _log.exception("a listener failed for %s", exchange.exchange_id)

    def entries(self, pattern: RequestPattern = ANY, limit: int | None = None) -> Sequence[MaskedExchange]:
        """Return the exchanges that match, the oldest first.

        Args:
            pattern: Which exchanges.
            limit: At most this many, the latest; None for all.
        """
        return [self.mask(exchange) for exchange in reversed(self._store.find(pattern.matches, limit))]

    def count(self, pattern: RequestPattern) -> int:
        """Return how many exchanges match.

        Args:
            pattern: What is wanted.
        """
        return len(self._store.find(pattern.matches))

    def latest(self, pattern: RequestPattern, limit: int) -> Sequence[Exchange]:
        """Return at most `limit` that match, the newest first, as they came: `mask` them before anyone sees them."""
        return self._store.find(pattern.matches, limit)

    def wait(self, pattern: RequestPattern, count: int, timeout: float) -> Sequence[MaskedExchange]:
        """Wait until `count` exchanges match or `timeout` real seconds have passed; return those that match.

        Args:
            pattern: Which exchanges.
            count: How many to wait for.
            timeout: How long to wait at most, in real seconds.
        """
        self._changes.wait_for(Topic.REQUESTS, lambda: self.count(pattern) >= count, timeout)
        return self.entries(pattern)

    def get(self, exchange_id: str) -> MaskedExchange | None:
        """Return an exchange by its id; None if it is not known, or no longer.

        Args:
            exchange_id: The exchange's id.
        """
        found = self._store.find(lambda exchange: exchange.exchange_id == exchange_id, 1)
        return self.mask(found[0]) if found else None

    def clear(self, account_id: str | None = None) -> int:
        """Forget the exchanges of one account, or all, and return how many there were.

        Args:
            account_id: The account's id; None for all of them.
        """
        return self._store.clear(account_id)

    @property
    def dropped_count(self) -> int:
        """Return how many exchanges were forgotten to make room."""
        return self._store.dropped_count

    def mask(self, exchange: Exchange) -> MaskedExchange:
        """Return an exchange with everything secret masked.

        Args:
            exchange: The request with its response.
        """
        return self._masker.exchange(exchange)

    def mask_text(self, exchange: Exchange, text: str) -> str:
        """Return a text about an exchange with every key masked that the exchange carries.

        Args:
            exchange: The request with its response.
            text: The text.
        """
        return self._masker.for_request(exchange.request.headers).message(text)
