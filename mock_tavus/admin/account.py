"""One account, for Python tests: what `/__admin` does over HTTP, as methods with types."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar, overload

from mock_tavus.admin import actions
from mock_tavus.auth import account_id_for
from mock_tavus.callbacks import DeliveryPattern
from mock_tavus.durations import parse_duration
from mock_tavus.emulator import Emulator
from mock_tavus.engine.journal import RequestPattern
from mock_tavus.families.lifecycle import status_at
from mock_tavus.families.replicas.create import FAMILY
from mock_tavus.messages import Delivery, MaskedExchange
from mock_tavus.outcomes import Scenario
from mock_tavus.store import Account
from mock_tavus.store.inboxes import InboxAnswer, Message

_T = TypeVar("_T")


class _Found(Sequence[_T]):
    """What was there when it was asked for."""

    _found: Sequence[_T]

    @overload
    def __getitem__(self, place: int) -> _T: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[_T]: ...
    def __getitem__(self, place: int | slice) -> _T | Sequence[_T]:
        return self._found[place]

    def __len__(self) -> int:
        return len(self._found)


class Requests(_Found[MaskedExchange]):
    """The requests of an account that are remembered, the oldest first, with keys masked.

    Args:
        emulator: Whose journal.
        account_id: Of whom.
    """

    def __init__(self, emulator: Emulator, account_id: str) -> None:
        self._emulator = emulator
        self._pattern = RequestPattern(account_id=account_id)
        self._found = emulator.journal.entries(self._pattern)

    def wait(self, count: int, timeout: float = 5.0) -> Sequence[MaskedExchange]:
        """Wait until there are `count` requests or `timeout` real seconds have passed; return those that there are."""
        self._found = self._emulator.journal.wait(self._pattern, count, timeout)
        return self._found

    def __repr__(self) -> str:
        lines = (f"{one.request.method} {one.request.path} -> {one.response.status}" for one in self._found)
        return f"<Requests: {', '.join(lines) or 'none'}>"


class Callbacks(_Found[Delivery]):
    """The callbacks of an account, planned, under way or ended, the oldest first.

    Args:
        emulator: Whose callbacks.
        account_id: Of whom.
    """

    def __init__(self, emulator: Emulator, account_id: str) -> None:
        self._emulator = emulator
        self._account_id = account_id
        self._found = emulator.stores.deliveries.find(account_id)

    def wait(self, count: int, timeout: float = 5.0) -> Sequence[Delivery]:
        """Wait until `count` callbacks have ended or `timeout` real seconds have passed; return those that have."""
        pattern = DeliveryPattern(self._account_id, only_ended=True)
        return self._emulator.deliveries.wait_for(pattern, count, timeout)

    def replay(self, delivery_id: str) -> Delivery:
        """Send the callback `delivery_id` once more, now, and return the new one.

        Raises:
            AdminError: No callback of this id is remembered.
        """
        return actions.replay(self._emulator, delivery_id, self._account_id)

    def __repr__(self) -> str:
        return f"<Callbacks: {', '.join(f'{one.delivery_id} {one.state.value}' for one in self._found) or 'none'}>"


class Inbox:
    """A receiver of callbacks that is built in.

    Args:
        emulator: Whose inbox.
        name: Its name.
        base_url: What stands before `/__inbox`.
    """

    def __init__(self, emulator: Emulator, name: str, base_url: str) -> None:
        self._inboxes = emulator.stores.inboxes
        self.name = name
        self.url = f"{base_url}/__inbox/{name}"
        """What to give as `callback_url`."""

    @property
    def messages(self) -> Sequence[Message]:
        """Return what the inbox has taken, the oldest first."""
        return self._inboxes.messages(self.name)

    def wait(self, count: int, timeout: float = 5.0) -> Sequence[Message]:
        """Wait until the inbox holds `count` messages or `timeout` real seconds have passed; return its messages."""
        return self._inboxes.wait(self.name, count, timeout)

    def configure(self, status: int = 204, *, delay: float = 0.0, fail_first: int = 0) -> None:
        """Have the inbox answer like this from now on.

        Args:
            status: An HTTP status, 200 to 599.
            delay: How long it takes, in real seconds.
            fail_first: How many requests it answers with 500 before that.
        """
        self._inboxes.configure(self.name, InboxAnswer(status, delay, fail_first))

    def clear(self) -> None:
        """Forget what the inbox has taken, and how it answers."""
        self._inboxes.clear(self.name)

    def __iter__(self) -> Iterator[Message]:
        return iter(self.messages)


class TavusAccount:
    """One account of a running emulator: see what happened to it, decide what happens next.

    Args:
        emulator: The emulator.
        key: The account's API key.
        base_url: Gives what stands before `/v2/replicas`.
    """

    def __init__(self, emulator: Emulator, key: str, base_url: Callable[[], str]) -> None:
        self._emulator = emulator
        self._base_url = base_url
        self.key = key
        self.account_id = account_id_for(key.encode("utf-8", "surrogateescape"))

    @property
    def requests(self) -> Requests:
        """Return the account's requests."""
        return Requests(self._emulator, self.account_id)

    @property
    def callbacks(self) -> Callbacks:
        """Return the account's callbacks."""
        return Callbacks(self._emulator, self.account_id)

    @property
    def trainings(self) -> int:
        """Return how many trainings the account has started: what the real API would have billed."""
        return self._emulator.stores.accounts.creations(FAMILY).get(self.account_id, 0)

    @property
    def now(self) -> float:
        """Return the account's moment, in seconds since 1970."""
        return self._account().now()

    def next(
        self,
        *,
        times: int | None = 1,
        operation: str | None = None,
        match_body: Mapping[str, Any] | None = None,
        probability: float = 1.0,
        **outcome: Any,
    ) -> Scenario:
        """Decide what happens to the account's next requests: `next(status=503, retry_after=30)`.

        Args:
            times: For how many requests; None for any number.
            operation: Only requests for this operationId.
            match_body: Only requests whose body has these fields with these values.
            probability: The share of these requests that it touches, 0 to 1.
            outcome: What happens to them, by the names of docs/control.md.

        Raises:
            AdminError: The outcome cannot be read, or the contract has no such operation.
        """
        return actions.arm(
            self._emulator,
            outcome,
            account_id=self.account_id,
            operation_id=operation,
            body=match_body,
            times=times,
            probability=probability,
        )

    def advance(self, by: str | float, timeout: float = actions.SETTLE_SECONDS) -> Sequence[Delivery]:
        """Move the account forward, and return the callbacks that fell due once each has been tried.

        Args:
            by: How far: `"6h"`, or seconds.
            timeout: How long to wait for the callbacks, in real seconds.

        Raises:
            ValueError: `by` is no duration.
            AdminError: The account would come to where moments can no longer be written.
        """
        seconds = parse_duration(by) if isinstance(by, str) else by
        return actions.advance(self._emulator, [self._account()], seconds, timeout)

    def freeze(self) -> None:
        """Stop the account's time; `advance` still moves it."""
        actions.freeze(self._emulator, [self._account()])

    def resume(self) -> None:
        """Let the account's time go on from where it stood."""
        actions.resume(self._emulator, [self._account()])

    def complete(self, replica_id: str) -> Sequence[Delivery]:
        """Complete the training of `replica_id` now, and send its callback; return that.

        Raises:
            AdminError: The account has no such replica, or its training has ended.
        """
        account, replica = actions.find_replica(self._emulator, replica_id, self.account_id)
        return actions.end_training(self._emulator, account, replica, None)[1]

    def fail(self, replica_id: str, *, cause: str, message: str | None = None) -> Sequence[Delivery]:
        """Fail a training now, and send its callback; return that.

        Args:
            replica_id: Of whom.
            cause: One of the 26 documented causes, `video_fps` for one.
            message: What is said instead of the cause's own message.

        Raises:
            AdminError: The cause is unknown, the account has no such replica, or its training has ended.
        """
        text = actions.failure_message(self._emulator, cause, message)
        account, replica = actions.find_replica(self._emulator, replica_id, self.account_id)
        return actions.end_training(self._emulator, account, replica, text)[1]

    def status(self, replica_id: str) -> str:
        """Return what polling would say of `replica_id`: `started`, `completed` or `error`.

        Raises:
            AdminError: The account has no such replica.
        """
        account, replica = actions.find_replica(self._emulator, replica_id, self.account_id)
        return status_at(replica.plan, account.now())

    def inbox(self, name: str) -> Inbox:
        """Return the inbox `name`, a receiver of callbacks that is built in; inboxes are shared by all accounts."""
        return Inbox(self._emulator, name, self._base_url())

    def reset(self, *, journal: bool = True) -> None:
        """Forget the account: its replicas, callbacks, scenarios and time.

        Args:
            journal: Whether to forget its requests, too.
        """
        actions.reset(self._emulator, [self._account()], journal=journal)

    def _account(self) -> Account:
        return self._emulator.accounts.open(self.account_id)
