"""What the engine works with. It knows no subject: a case may be calls of a client, or events for a receiver."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, Self, TypeVar

from hypothesis.strategies import SearchStrategy

from contract_tests.failures import CheckFailed
from contract_tests.requirements import Evidence, Level, Requirement

JsonObject = dict[str, Any]


class Case(Protocol):
    """What a subject is confronted with: immutable, and the same again after `to_json` and back."""

    @property
    def key(self) -> str:
        """Return what tells cases apart."""

    @property
    def cost(self) -> float:
        """Return about how many seconds it takes to play."""

    def to_json(self) -> JsonObject:
        """Return the case as JSON, from which it can be replayed."""

    def smaller(self) -> Iterator[Self]:
        """Return cases that are a little smaller and ask the same question."""

    def parts(self) -> Iterator[Self]:
        """Return cases of which each has a part of this one, for a case that could not be judged as a whole."""

    def after(self, earlier: Self) -> Self | None:
        """Return this case behind an `earlier` one; None if that would be too long."""


@dataclass(frozen=True, slots=True)
class ShownExchange:
    """One request and its response, for a reader.

    Args:
        place: Where it was seen, if that is not the usual place.
        request: The bytes of the request.
        response: The bytes of the response.
        note: What else is to be said of it.
    """

    place: str
    request: bytes
    response: bytes = b""
    note: str = ""


@dataclass(frozen=True, slots=True)
class ShownStep:
    """One step of a case, for a reader.

    Args:
        asked: The call or event, as JSON.
        scripts: The scripts that the server played.
        exchanges: What was seen on the wire.
        outcome: What the subject reported, in words.
        printed: What it printed meanwhile.
    """

    asked: JsonObject
    scripts: Sequence[JsonObject] = ()
    exchanges: Sequence[ShownExchange] = ()
    outcome: str = ""
    printed: str = ""


class Observation(Protocol):
    """What came of a case."""

    def steps_shown(self) -> Sequence[ShownStep]:
        """Return the steps for a reader."""

    def to_json(self) -> JsonObject:
        """Return the counterexample as the report for programs has it."""

    @property
    def user_agent(self) -> str:
        """Return what the subject calls itself; empty if it does not."""

    @property
    def crash(self) -> str | None:
        """Return how the subject crashed; None if it did not."""

    @property
    def hangs(self) -> int:
        """Return how many calls were ended because no answer came."""

    @property
    def unsupported(self) -> str | None:
        """Return why the subject does not offer what the case asks for; None if it does."""

    @property
    def is_silent(self) -> bool:
        """Return whether the subject left out a request that another state of it might send."""

    @property
    def is_refused(self) -> bool:
        """Return whether the subject sent nothing at all."""

    def lacks(self, evidence: Evidence) -> str | None:
        """Return which `evidence` is missing, in words; None if it is there."""


C = TypeVar("C", bound=Case)
O = TypeVar("O", bound=Observation)  # noqa: E741 - the usual letters: C for cases, O for observations, X for contexts
X = TypeVar("X")
_Played = TypeVar("_Played", contravariant=True)
_Seen = TypeVar("_Seen", covariant=True)


class Bench(Protocol[_Played, _Seen]):
    """Where cases are played."""

    def play(self, case: _Played, *, patiently: bool = False) -> _Seen:
        """Play a case and return the observation.

        Args:
            case: What to play.
            patiently: Whether to wait as long as may be for what comes late: a failure is being played anew.
        """

    def restart(self) -> None:
        """Start the subject anew, so that nothing is left of earlier cases."""

    def close(self) -> None:
        """End the subject, and give back what the bench has taken."""


@dataclass(frozen=True, eq=False)
class Probe(Generic[C, X]):
    """Where cases come from. Checks that share a probe are judged on the same plays.

    Args:
        name: What it is called in reports.
        cases: The cases that are always played, the simplest first.
        drawn: What Hypothesis draws more of; None if there is nothing to draw.
    """

    name: str
    cases: Callable[[X], Iterable[C]]
    drawn: Callable[[X], SearchStrategy[C]] | None = None


Judge = Callable[[Any, Any], Iterable[CheckFailed] | None]
"""From an observation and a context: raises CheckFailed, or yields several; or raises NotApplicable or NotJudged."""


@dataclass(frozen=True, slots=True)
class Check(Generic[C, O, X]):
    """One check: data, and one function.

    Args:
        requirement: What it asks for.
        probe: Where its cases come from.
        judge: What judges an observation.
    """

    requirement: Requirement
    probe: Probe[C, X]
    judge: Judge

    @property
    def check_id(self) -> str:
        """Return the requirement's id."""
        return self.requirement.check_id

    @property
    def is_must(self) -> bool:
        """Return whether to fall short is a failure, not a warning."""
        return self.requirement.level is Level.MUST


@dataclass(frozen=True, slots=True)
class Failure(Generic[C, O]):
    """One way in which the subject falls short.

    Args:
        case: What shows it.
        observation: What came of it.
        received: What was seen.
        documented: What the authority asks for.
        is_warning: Whether it is at most a warning.
        place: What tells it from another failure of the same check.
        cause: What the subject does wrong, if that is known.
    """

    case: C
    observation: O
    received: str
    documented: str
    is_warning: bool = False
    place: str = ""
    cause: str = ""

    @classmethod
    def of(cls, case: C, observation: O, failed: CheckFailed) -> Self:
        """Return what a judge has raised or yielded, with what shows it.

        Args:
            case: What was played.
            observation: What came of it.
            failed: What the judge says.
        """
        return cls(
            case,
            observation,
            failed.received,
            failed.documented,
            failed.is_warning,
            failed.place,
            failed.cause,
        )

    def __str__(self) -> str:
        return f"Received: {self.received} / Documented: {self.documented}"


@dataclass(frozen=True, slots=True)
class CheckResult(Generic[C, O]):
    """What a check has ended in.

    Args:
        requirement: What it asks for.
        verdict: `pass`, `fail`, `warn`, `skip` or `error`.
        examples: How many cases were judged.
        message: Why it is not a pass.
        failures: Up to three that differ in place, each as small as it was found; the first is the main one.
        seconds: How long it took.
        not_judged: Whether a `skip` is one because nothing was seen that could be judged, not because the subject does
            not offer what the check needs.
        traceback: Of an `error`, where the kit failed.
        samples: Observations of cases that were judged, for a trace.
    """

    requirement: Requirement
    verdict: str
    examples: int = 0
    message: str = ""
    failures: Sequence[Failure[C, O]] = ()
    seconds: float = 0.0
    not_judged: bool = False
    traceback: str = ""
    samples: Sequence[O] = ()

    @property
    def failure(self) -> Failure[C, O] | None:
        """Return the main failure, if there is one."""
        return self.failures[0] if self.failures else None


@dataclass(frozen=True, slots=True)
class Options:
    """How much is tried, the same for the same seed on every machine.

    Args:
        examples: How many cases Hypothesis draws for each probe.
        seed: What it draws from.
        shrinks: How many smaller cases are tried for a failure.
        hangs: After how many calls without an answer, in one part of the run, the rest of that part is not judged.
        samples: How many judged cases are kept of each check, for a trace.
    """

    examples: int = 100
    seed: int = 0
    shrinks: int = 60
    hangs: int = 4
    samples: int = 0
