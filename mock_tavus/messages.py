"""The values that pass between the layers: frozen, and without behaviour of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from http import HTTPStatus
from typing import Any

from mock_tavus.errors import Violation

JsonObject = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """One request as it came, before anything is judged.

    Args:
        method: In capitals.
        path: Decoded, with its leading slash.
        headers: By lower-case name.
        body: The bytes; cut off at the limit if `too_large`.
        query: The raw query string, without the question mark.
        too_large: Whether the body goes beyond the limit.
        is_truncated: Whether the body ended before its Content-Length.
        is_stalled: Whether the rest of the body did not come in time.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""
    query: str = ""
    too_large: bool = False
    is_truncated: bool = False
    is_stalled: bool = False


@dataclass(frozen=True, slots=True)
class ApiResponse:
    """One response, ready to be written.

    Args:
        status: The HTTP status.
        body: The bytes of the body, as a rule a JSON text.
        headers: Beside the content type.
        content_type: The body's media type.
    """

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str = "application/json"

    @property
    def fields(self) -> list[tuple[str, str]]:
        """Return every header field, those of the body with it; 204 and 304 have no body (RFC 9110, section 8.6)."""
        if self.status in (204, 304):
            return list(self.headers)
        return [*self.headers, ("Content-Type", self.content_type), ("Content-Length", str(len(self.body)))]


def phrase(status: int, otherwise: str) -> str:
    """Return the words that go with an HTTP status.

    Args:
        status: The HTTP status.
        otherwise: What stands for a status that has none.
    """
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return otherwise


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
        response_body: What the receiver wrote, cut off at 16 KiB.
        response_length: How long that was, in bytes, as far as it is known: what the receiver announced, or what came.
    """

    at: float
    duration: float
    status: int | None = None
    error: str | None = None
    response_body: bytes = b""
    response_length: int = 0


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
        serial: Tells it from every other one, even from one that had its id before a reset; the store gives it.
    """

    delivery_id: str
    account_id: str
    replica_id: str
    url: str
    body: Any
    due_at: float
    state: DeliveryState = DeliveryState.PLANNED
    target_url: str = ""
    attempts: tuple[DeliveryAttempt, ...] = ()
    note: str = ""
    retries: int | None = None
    serial: int = field(default=0, compare=False)

    def copy(self, delivery_id: str, **changes: Any) -> Delivery:
        """Return another callback like this one, that has not been tried.

        Args:
            delivery_id: Its own id.
            changes: What else is different.
        """
        fresh = {"state": DeliveryState.PLANNED, "attempts": (), "target_url": "", "note": "", "serial": 0}
        return replace(self, delivery_id=delivery_id, **{**fresh, **changes})


class Step(StrEnum):
    """The steps of a request's way, in their order; an exchange tells which of them decided its response."""

    ORIGIN = "origin"
    PATH = "path"
    KEY = "key"
    METHOD = "method"
    SCENARIO = "scenario"
    CONTRACT = "contract"
    OPERATION = "operation"
    FAULT = "fault"


@dataclass(slots=True)
class Exchange:
    """One request with its response, completed on the way; as it came, with whatever is secret in it.

    Args:
        number: Counted from 1 over all accounts.
        at: When it came, in the account's time.
        request: As it came.
        account_id: Whose key it carried; None if it was not accepted.
        operation_id: What it asked for; None if the contract has nothing of the kind.
        step: The step that decided the response.
        scenario_id: The scenario that was armed for it, `header` if the request asked for its outcome itself; None if
            there was none.
        violations: How the request breaks the contract.
        response: As it went.
        duration: How long the response took, in real seconds.
        real_at: When it came, in real time.
        request_length: How long the request's body was, in bytes; more of it may have come than is kept.
        response_length: How long the response's body was, in bytes.
    """

    number: int
    at: float
    request: ApiRequest
    account_id: str | None = None
    operation_id: str | None = None
    step: Step = Step.PATH
    scenario_id: str | None = None
    violations: tuple[Violation, ...] = ()
    response: ApiResponse = ApiResponse(500, b"")
    duration: float = 0.0
    real_at: float = 0.0
    request_length: int = 0
    response_length: int = 0

    @property
    def exchange_id(self) -> str:
        """Return what the exchange is called in URLs."""
        return f"req_{self.number:06d}"


@dataclass(slots=True)
class MaskedExchange(Exchange):
    """One request with its response, with everything secret masked: what may be shown."""

    @property
    def entry_id(self) -> str:
        """Return `exchange_id` by the name that it had before; to be removed with the next release."""
        return self.exchange_id

    @property
    def reply(self) -> ApiResponse:
        """Return `response` by the name that it had before; to be removed with the next release."""
        return self.response


JournalEntry = MaskedExchange
"""The former name of `MaskedExchange`; to be removed with the next release."""
