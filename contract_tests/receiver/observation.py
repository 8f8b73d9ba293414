"""What a receiver answered, and what it believed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from contract_tests.engine.model import ShownExchange, ShownStep
from contract_tests.http.script import JsonObject
from contract_tests.receiver.case import Event, EventKind, ReceiverCase
from contract_tests.receiver.model import Expected
from contract_tests.requirements import Evidence


@dataclass(frozen=True, slots=True)
class Response:
    """What became of one request to a receiver.

    Args:
        status: The HTTP status; None if no response came.
        request: The bytes that were sent.
        response: The bytes that came.
        seconds: How long it took.
        error: What went wrong; empty if nothing did.
    """

    status: int | None
    request: bytes = b""
    response: bytes = b""
    seconds: float = 0.0
    error: str = ""

    @property
    def is_taken(self) -> bool:
        """Return whether the receiver has taken what it was sent."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def was_sent(self) -> bool:
        """Return whether the request reached the receiver: no response to it says something, too."""
        return self.status is not None or "Refused" not in self.error

    @property
    def has_failed(self) -> bool:
        """Return whether the receiver answered 5xx, or not at all."""
        return self.status is None or self.status >= 500

    def __str__(self) -> str:
        return self.error or "no response" if self.status is None else str(self.status)


@dataclass(frozen=True, slots=True)
class State:
    """What an application holds for a replica.

    Args:
        word: `unknown`, `pending`, `ready`, `error`, or `other`.
        told: The state as the application calls it.
        effects: How often it has acted on the end of the training; None if it does not tell.
        error_message: Why the training failed, if it tells.
    """

    word: str = "unknown"
    told: Any = None
    effects: int | None = None
    error_message: str | None = None

    def fits(self, expected: Expected) -> bool:
        """Return whether this is what was `expected`."""
        return self.word in expected.words and self.effects in (None, expected.effects)

    def __str__(self) -> str:
        if self.word == "unknown":
            return "unknown"
        effects = "" if self.effects is None else f", {self.effects} effect{'' if self.effects == 1 else 's'}"
        return f"{self.told!r}{effects}"


@dataclass(frozen=True, slots=True)
class EventStep:
    """One event that was played.

    Args:
        event: What happened.
        replica_id: The id of its replica.
        responses: What became of each request.
        state: What the application held for the replica afterwards; None if that cannot be asked.
        expected: What it should have held; None before a callback that was refused is sent again.
        is_again: Whether it is a callback that was refused before the create's response, sent again after it.
    """

    event: Event
    replica_id: str
    responses: Sequence[Response] = ()
    state: State | None = None
    expected: Expected = Expected()
    is_again: bool = False


@dataclass(frozen=True, slots=True)
class ReceiverObservation:
    """A story that was played.

    Args:
        case: What was to happen.
        steps: What came of each event.
        missing: What the story needs and was not given, such as `--restart`; None if nothing is missing.
        relied_on_redelivery: Whether an early callback was refused, and had to be sent again.
        has_died: Whether nobody listens any more on the receiver's port.
    """

    case: ReceiverCase
    steps: Sequence[EventStep] = ()
    missing: str | None = None
    relied_on_redelivery: bool = False
    has_died: bool = False

    @property
    def last(self) -> EventStep:
        """Return the last event."""
        return self.steps[-1]

    @property
    def crash(self) -> str | None:
        """Return that the receiver has died, if it has; None if it has not."""
        return "nobody listens on the receiver's port any more" if self.has_died else None

    @property
    def hangs(self) -> int:
        """Return how many requests came to no response."""
        return sum(
            one.status is None and "no response within" in one.error for step in self.steps for one in step.responses
        )

    @property
    def unsupported(self) -> str | None:
        """Return what the story needs and was not given."""
        return self.missing

    @property
    def is_silent(self) -> bool:
        """Return False: a receiver answers, and starts no request."""
        return False

    @property
    def is_refused(self) -> bool:
        """Return False, as above."""
        return False

    @property
    def user_agent(self) -> str:
        """Return nothing: a receiver does not call itself anything."""
        return ""

    def lacks(self, evidence: Evidence) -> str | None:
        """Return that no response came, if that is so.

        Args:
            evidence: What a check is judged by.
        """
        responses = [one for step in self.steps for one in step.responses]
        if evidence is Evidence.REPORT or any(one.was_sent for one in responses):
            return None
        said = responses[-1].error if responses else "nothing was sent"
        return f"the receiver gave no response: {said}"

    def steps_shown(self) -> Sequence[ShownStep]:
        """Return the events for a reader."""
        return tuple(
            ShownStep(
                _asked(step),
                exchanges=tuple(
                    ShownExchange("", one.request, one.response, "") for one in step.responses if one.request
                ),
                outcome=_outcome(step),
            )
            for step in self.steps
        )

    def to_json(self) -> JsonObject:
        """Return the counterexample as the report for programs has it."""
        raw = b"".join(one.request for step in self.steps for one in step.responses)
        return {
            **self.case.to_json(),
            "steps": [
                {
                    **_asked(step),
                    "replica_id": step.replica_id,
                    "responses": [one.status for one in step.responses],
                    **({} if step.state is None else {"state": str(step.state)}),
                }
                for step in self.steps
            ],
            "request_bytes": raw.decode("latin-1"),
        }


def _asked(step: EventStep) -> JsonObject:
    shown = step.event.to_json()
    return {**shown, "again": True} if step.is_again else shown


def _outcome(step: EventStep) -> str:
    told = [", ".join(map(str, step.responses))] if step.responses else []
    if step.state is not None and step.event.kind is not EventKind.FAIL_NEXT:
        told.append(f"state {step.state}")
    return "; ".join(told)
