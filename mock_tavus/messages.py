"""The values that pass between the layers: frozen, and without behaviour of their own."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from mock_tavus.errors import Violation

Json = dict[str, Any]

_serials = itertools.count(1)


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """One request as it came, before anything is judged.

    Args:
        method: In capitals.
        path: Decoded, with its leading slash.
        headers: By lower-case name.
        body: The bytes; cut off at the limit if `too_large`.
        query: The raw query string, without the question mark.
        operation_id: The contract's operation that path and method match; None if there is none.
        path_parameters: What the path gives for the contract's template.
        too_large: Whether the body goes beyond the limit.
        is_truncated: Whether the body ended before its Content-Length.
        is_stalled: Whether the rest of the body did not come in time.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""
    query: str = ""
    operation_id: str | None = None
    path_parameters: Mapping[str, str] = field(default_factory=dict)
    too_large: bool = False
    is_truncated: bool = False
    is_stalled: bool = False


@dataclass(frozen=True, slots=True)
class ApiReply:
    """One answer, ready to be written.

    Args:
        status: The HTTP status.
        body: The bytes of the body, as a rule a JSON text.
        headers: Beside the content type.
        deliveries: Callbacks that may be sent once these bytes have left.
    """

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    content_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class OperationCall:
    """What an operation is asked to do: a request that the contract has accepted.

    Args:
        path: Path parameters.
        query: Query parameters, in the contract's types, defaults filled in.
        body: The decoded body; empty if there is none, or if an edited contract takes something else than an object.
    """

    path: Mapping[str, Any]
    query: Mapping[str, Any]
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class OperationResult:
    """What an operation answers, and the callbacks that follow from it."""

    body: Any
    deliveries: tuple[Delivery, ...] = ()


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """What will happen to a replica, as data: its state at any moment follows from this alone.

    Args:
        begins_at: When training begins.
        ends_at: When it ends.
        error_message: Why it will fail; None if it will complete.
    """

    begins_at: float
    ends_at: float
    error_message: str | None = None


@dataclass(frozen=True, slots=True)
class Replica:
    """One replica, with all that is needed to tell its state at any moment."""

    replica_id: str
    account_id: str
    name: str
    plan: TrainingPlan
    renamed_at: float | None = None


class DeliveryState(StrEnum):
    """How far a callback has come."""

    PLANNED = "planned"
    SENDING = "sending"
    DELIVERED = "delivered"
    FAILED = "failed"
    HELD_BACK = "held back"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Return whether nothing more will happen."""
        return self not in (DeliveryState.PLANNED, DeliveryState.SENDING)


@dataclass(frozen=True, slots=True)
class DeliveryAttempt:
    """One try at sending a callback.

    Args:
        at: When it began, in the account's time.
        duration: How long it took, in real seconds.
        status: What the receiver answered; None if nothing was understood.
        error: Why it did not succeed, for a person; None if it did.
        response_body: What the receiver wrote, cut off at 64 KiB.
    """

    at: float
    duration: float
    status: int | None = None
    error: str | None = None
    response_body: bytes = b""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One callback, from the moment it is planned.

    Args:
        delivery_id: Unique within the account.
        account_id: Whose replica it is about.
        replica_id: Which replica it is about.
        url: What the client gave as `callback_url`.
        body: What is sent.
        due_at: When, in the account's time; moved on by each retry.
        state: How far it has come.
        target_url: Where it was really sent, after rewriting; empty until then.
        attempts: Every try, the first one first.
        note: Why it was held back and what to do about it; empty otherwise.
        retries: How often it is tried again if it fails; None for what holds for all.
        serial: Tells it from every other one, even from one that had its id before a reset.
    """

    delivery_id: str
    account_id: str
    replica_id: str
    url: str
    body: Json
    due_at: float
    state: DeliveryState = DeliveryState.PLANNED
    target_url: str = ""
    attempts: tuple[DeliveryAttempt, ...] = ()
    note: str = ""
    retries: int | None = None
    serial: int = field(default_factory=_serials.__next__, compare=False)

    def copy(self, delivery_id: str, **changes: Any) -> Delivery:
        """Return another callback like this one, that has not been tried."""
        fresh = {"state": DeliveryState.PLANNED, "attempts": (), "target_url": "", "note": ""}
        return replace(self, delivery_id=delivery_id, serial=next(_serials), **{**fresh, **changes})


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One request and its answer.

    Args:
        number: Counted from 1 over all accounts.
        at: When it came, in the account's time.
        account_id: Whose key it carried; None if it was not accepted.
        operation_id: What it asked for; None if the contract has nothing of the kind.
        request: As it came, but for what is secret.
        reply: As it went.
        violations: How the request breaks the contract.
        duration: How long the answer took, in real seconds.
        scenario: What was armed or asked for and shaped the answer, in words; empty if nothing was.
    """

    number: int
    at: float
    account_id: str | None
    operation_id: str | None
    request: ApiRequest
    reply: ApiReply
    violations: tuple[Violation, ...]
    duration: float
    scenario: str = ""

    @property
    def entry_id(self) -> str:
        """Return what the entry is called in URLs."""
        return f"req_{self.number:06d}"
