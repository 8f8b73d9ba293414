"""What a client did on the wire, and what it reported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from contract_tests.client.case import Call, ClientCase
from contract_tests.engine.model import ShownExchange, ShownStep
from contract_tests.http.exchange import Exchange
from contract_tests.http.messages import HttpRequest
from contract_tests.http.script import JsonObject
from contract_tests.requirements import Evidence


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the client reported.

    Args:
        outcome: `ok`, `error`, `unsupported` or `crash`.
        replica_id: With `ok` after a create.
        status: With `ok` after a create or a wait; None if it does not tell.
        http_status: With `error`; None where no response was understood.
        kind: With `error`, if it tells.
        message: The text that a user sees; with `crash`, what happened.
        error_type: What else tells kinds of errors apart, such as the class of an exception.
        answer: The whole answer line, for what other operations return.
        printed: What came on its standard error meanwhile, and other lines of its standard output.
        seconds: How long it took.
        deadline: How long it may take at most, in seconds; None if that cannot be known.
        has_hung: With `crash`, whether it was ended because no answer came.
    """

    outcome: str
    replica_id: Any = None
    status: Any = None
    http_status: int | None = None
    kind: str | None = None
    message: str = ""
    error_type: str | None = None
    answer: Mapping[str, Any] = field(default_factory=dict)
    printed: str = ""
    seconds: float = 0.0
    deadline: float | None = None
    has_hung: bool = False

    @property
    def is_ok(self) -> bool:
        """Return whether the client reported a success."""
        return self.outcome == "ok"

    @property
    def is_error(self) -> bool:
        """Return whether the client reported an error."""
        return self.outcome == "error"

    def to_json(self) -> JsonObject:
        """Return the fields of the outcome that have a value."""
        names = ("outcome", "replica_id", "status", "http_status", "kind", "error_type", "message")
        shown = {name: value for name in names if (value := getattr(self, name)) not in (None, "")}
        more = ("replica", "replicas", "total_count", "error_message")
        return {**shown, **{name: self.answer[name] for name in more if self.answer.get(name) is not None}}

    def __str__(self) -> str:
        if self.is_ok:
            return f"a success{self._told()}"
        if self.outcome == "crash":
            return shortened(self.message, 120)
        told = [str(part) for part in (self.http_status, self.kind) if part]
        return f"{self.outcome} ({', '.join([*told, shortened(self.message, 120)])})"

    def _told(self) -> str:
        if self.replica_id is not None or not self.answer:
            return f" with the id {self.replica_id!r}"
        for name in ("replica", "replicas", "status"):
            if name in self.answer:
                return f" with the {name} {shortened(repr(self.answer[name]), 100)}"
        return ""


def shortened(text: str, limit: int) -> str:
    """Return the beginning of a text, cut between words where that can be.

    Args:
        text: The text.
        limit: How many characters are kept.
    """
    if len(text) <= limit:
        return text
    kept = text[:limit]
    at_word = kept.rpartition(" ")[0]
    return f"{at_word if len(at_word) > limit // 2 else kept}…"


@dataclass(frozen=True, slots=True)
class Step:
    """One call that was played.

    Args:
        call: What was asked.
        api_key: The key that was given.
        base_url: The URL that was given.
        outcome: What the client reported.
        exchanges: What was seen on the wire.
    """

    call: Call
    api_key: str
    base_url: str
    outcome: Outcome
    exchanges: Sequence[Exchange]

    @property
    def requests(self) -> list[HttpRequest]:
        """Return the requests, in the order in which they came."""
        return [request for exchange in self.exchanges if (request := exchange.request) is not None]

    @property
    def created(self) -> int:
        """Return how many trainings the call has bought, by the emulator's own account."""
        return sum(exchange.has_created for exchange in self.exchanges)


@dataclass(frozen=True, slots=True)
class ClientObservation:
    """A case that was played.

    Args:
        case: What was asked.
        steps: What came of each call.
    """

    case: ClientCase
    steps: Sequence[Step]

    @property
    def last(self) -> Step:
        """Return the last call, which is the probe."""
        return self.steps[-1]

    @property
    def crash(self) -> str | None:
        """Return the first crash; None if it does not exist."""
        return next((str(one.outcome) for one in self.steps if one.outcome.outcome == "crash"), None)

    @property
    def hangs(self) -> int:
        """Return how many calls were ended because no answer came."""
        return sum(one.outcome.has_hung for one in self.steps)

    @property
    def unsupported(self) -> str | None:
        """Return why the client does not offer what was asked for; None if it does."""
        for one in self.steps:
            if one.outcome.outcome == "unsupported" and not one.requests:
                return one.outcome.message or "the client does not offer this"
        return None

    @property
    def is_silent(self) -> bool:
        """Return whether a call sent no request."""
        return any(not one.requests for one in self.steps)

    @property
    def is_refused(self) -> bool:
        """Return whether no call sent a request."""
        return not any(one.requests for one in self.steps)

    def lacks(self, evidence: Evidence) -> str | None:
        """Return which evidence is missing, in words; None if it is there.

        Args:
            evidence: What a check is judged by.
        """
        if evidence is Evidence.REPORT:
            return None
        if any(one.requests or (evidence is Evidence.CONNECTION and one.exchanges) for one in self.steps):
            return None
        what = "request" if evidence is Evidence.REQUEST else "connection"
        return f"no {what} reached the emulator; the client reported {self.last.outcome}"

    def steps_shown(self) -> Sequence[ShownStep]:
        """Return the calls for a reader."""
        return tuple(
            ShownStep(
                {name: value for name, value in step.call.to_json().items() if name != "scripts"},
                tuple(script.to_json() for script in step.call.scripts),
                tuple(_shown(exchange) for exchange in step.exchanges if exchange.raw_request),
                str(step.outcome),
                step.outcome.printed,
            )
            for step in self.steps
        )

    def to_json(self) -> JsonObject:
        """Return the counterexample as the report for programs has it."""
        scripts = [[script.to_json() for script in call.scripts] for call in self.case.calls]
        told = [script for one in scripts for script in one]
        raw = b"".join(exchange.raw_request for step in self.steps for exchange in step.exchanges)
        printed = "".join(step.outcome.printed for step in self.steps)
        return {
            "calls": [dict(step.asked) for step in self.steps_shown()],
            "script": told[0] if len(told) == 1 else {"scripts": scripts} if told else {},
            "request_bytes": raw.decode("latin-1"),
            "outcome": self.last.outcome.to_json(),
            **({"printed": printed} if printed else {}),
        }

    @property
    def user_agent(self) -> str:
        """Return what the client calls itself; empty if it does not."""
        for step in self.steps:
            for request in step.requests:
                return request.header("user-agent") or ""
        return ""


def _shown(exchange: Exchange) -> ShownExchange:
    withheld = f"{exchange.withheld_bytes} more bytes were withheld" if exchange.withheld_bytes else ""
    place = "" if exchange.endpoint == "wire" else exchange.endpoint
    return ShownExchange(place, exchange.raw_request, exchange.raw_answer, withheld)
