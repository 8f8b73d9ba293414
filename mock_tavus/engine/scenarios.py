"""How a request picks its outcome: by a header, or because a scenario was armed for it."""

from __future__ import annotations

import itertools
import json
import math
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from mock_tavus.durations import parse_duration
from mock_tavus.errors import MockTavusError
from mock_tavus.messages import ApiRequest
from mock_tavus.training_errors import TRAINING_ERRORS

HEADER = "x-mock-tavus-scenario"
FAULTS = ("empty", "truncated", "malformed", "html", "wrong-content-type")
CALLBACKS = ("once", "never", "twice", "out-of-order", "before-answer")
MAX_DELAY = 60.0
MAX_ARMED = 1000


class ScenarioError(MockTavusError):
    """A scenario cannot be read. The message says what was expected, and what came."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a request is to end in. What is None is left to whatever comes next in the order of precedence.

    Args:
        training_error: The cause for which training fails.
        training_time: How long training takes, in seconds; infinity for one that is stuck for ever.
        callback: `once`, `never`, `twice`, `out-of-order`: then, again, as the opposite; or `before-answer`.
        callback_delay: How much later than the end of training the callback is sent, in seconds.
        callback_body: What the callback says instead.
        callback_retries: How often a failed callback is tried again.
        status: The status to answer without doing anything.
        body: What to answer with that status: any JSON value, or text; by default the contract's example.
        headers: What to answer beside it.
        fault: How the answer is spoiled, once the request has been done.
        delay: How long the answer takes, at least and at most, in real seconds.
    """

    training_error: str | None = None
    training_time: float | None = None
    callback: str | None = None
    callback_delay: float | None = None
    callback_body: Any = None
    callback_retries: int | None = None
    status: int | None = None
    body: Any = None
    headers: Mapping[str, str] | None = None
    fault: str | None = None
    delay: tuple[float, float] | None = None

    def over(self, other: Outcome) -> Outcome:
        """Return this outcome, with what it leaves open taken from another."""
        mine = {one.name: value for one in fields(self) if (value := getattr(self, one.name)) is not None}
        return replace(other, **mine)


NOTHING = Outcome()


def outcome_from(settings: Mapping[str, Any]) -> Outcome:
    """Read an outcome from names with hyphens or underscores to values, as JSON or a header has them.

    Raises:
        ScenarioError: A name or a value is not known.
    """
    read: dict[str, Any] = {}
    headers: dict[str, str] = {}
    for name, value in settings.items():
        key = name.strip().replace("-", "_")
        try:
            if key in _HEADERS:
                headers[_HEADERS[key]] = _header_text(value)
            elif key == "headers":
                headers |= _headers(value)
            elif key in _READERS:
                read[key] = _READERS[key](value)
            else:
                known = ", ".join(one.replace("_", "-") for one in [*_READERS, "headers", *_HEADERS])
                raise ScenarioError(f"unknown outcome {name!r}; the known ones are {known}")
        except (TypeError, ValueError) as error:
            raise ScenarioError(f"{name}: {error}") from error
    return Outcome(**read, headers=headers or None)


def outcome_of_headers(headers: Mapping[str, str]) -> Outcome:
    """Read what a request itself asks for: `X-Mock-Tavus-Scenario: name=value; …`, or `Prefer: code=401`.

    Raises:
        ScenarioError: The first of these cannot be read. `Prefer` is a wish, and what is not understood is ignored.
    """
    wished = NOTHING
    for preference in headers.get("prefer", "").split(","):
        name, _, value = preference.strip().partition("=")
        if name.lower() == "code" and value.isascii() and value.isdigit() and 200 <= int(value) <= 599:
            wished = Outcome(status=int(value))
    directives = [part.partition("=") for part in headers.get(HEADER, "").split(";") if part.strip()]
    return outcome_from({name: value.strip() for name, _, value in directives}).over(wished)


@dataclass(frozen=True, slots=True)
class Scenario:
    """An outcome that is armed for some requests.

    Args:
        scenario_id: What it is called in URLs.
        outcome: What it does to a request.
        account_id: Only requests of this account; None for all.
        operation_id: Only requests for this operation; None for all.
        body: Only requests whose body has these fields with these values.
        times: How many more requests it is for; None for any number.
        probability: The share of these requests that it touches, 0 to 1.
    """

    scenario_id: str
    outcome: Outcome
    account_id: str | None = None
    operation_id: str | None = None
    body: Mapping[str, Any] = field(default_factory=dict)
    times: int | None = None
    probability: float = 1.0

    def fits(self, account_id: str, request: ApiRequest) -> bool:
        """Return whether a request is one of those that it is for."""
        return (
            self.account_id in (None, account_id)
            and self.operation_id in (None, request.operation_id)
            and (not self.body or _has(request.body, self.body))
        )


class Scenarios:
    """All that is armed.

    Args:
        draw: Gives a number from 0 to 1 for a name and a count, always the same.
    """

    def __init__(self, draw: Callable[[str, int], float]) -> None:
        self._draw = draw
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._draws = itertools.count()
        self._armed: dict[str, Scenario] = {}

    def arm(self, scenario: Scenario) -> Scenario:
        """Arm a scenario under an id of its own, and return it.

        Raises:
            ScenarioError: Too many are armed.
        """
        with self._lock:
            if len(self._armed) >= MAX_ARMED:
                raise ScenarioError(f"{MAX_ARMED} scenarios are armed; DELETE /__admin/scenarios first")
            named = replace(scenario, scenario_id=f"sc_{next(self._numbers):06d}")
            self._armed[named.scenario_id] = named
            return named

    def armed(self, account_id: str | None = None) -> Sequence[Scenario]:
        """Return what is armed, for one account or for all, the oldest first."""
        with self._lock:
            return [one for one in self._armed.values() if account_id in (None, one.account_id)]

    @property
    def any_armed(self) -> bool:
        """Return whether anything is armed, for whatever account."""
        return bool(self._armed)

    def any_for(self, account_id: str, request: ApiRequest) -> bool:
        """Return whether anything is armed that a request of an account meets."""
        with self._lock:
            return any(one.fits(account_id, request) for one in self._armed.values())

    def disarm(self, scenario_id: str | None = None, account_id: str | None = None) -> int:
        """Forget one scenario, an account's, or all, and return how many there were."""
        with self._lock:
            gone = [
                one.scenario_id
                for one in self._armed.values()
                if scenario_id in (None, one.scenario_id) and account_id in (None, one.account_id)
            ]
            for each in gone:
                del self._armed[each]
            return len(gone)

    def pick(self, account_id: str, request: ApiRequest) -> Outcome:
        """Return the outcome of the oldest scenario that a request meets, and count it as used."""
        if not self._armed:
            return NOTHING
        with self._lock:
            for scenario in self._armed.values():
                if not scenario.fits(account_id, request):
                    continue
                if (
                    scenario.probability < 1
                    and self._draw(scenario.scenario_id, next(self._draws)) >= scenario.probability
                ):
                    continue
                self._use(scenario)
                return scenario.outcome
        return NOTHING

    def _use(self, scenario: Scenario) -> None:
        if scenario.times == 1:
            del self._armed[scenario.scenario_id]
        elif scenario.times is not None:
            self._armed[scenario.scenario_id] = replace(scenario, times=scenario.times - 1)


def _has(raw: bytes, wanted: Mapping[str, Any]) -> bool:
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        return False
    return isinstance(body, dict) and all(name in body and body[name] == value for name, value in wanted.items())


def _cause(value: Any) -> str:
    if value not in TRAINING_ERRORS:
        raise ValueError(f"expected one of {', '.join(TRAINING_ERRORS)}, received {value!r}")
    return str(value)


def _one_of(choices: Sequence[str]) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if value not in choices:
            raise ValueError(f"expected one of {', '.join(choices)}, received {value!r}")
        return str(value)

    return read


def _training_time(value: Any) -> float:
    return math.inf if value == "stuck" else parse_duration(str(value))


def _duration(value: Any) -> float:
    return parse_duration(str(value))


def _delay(value: Any) -> tuple[float, float]:
    lowest, _, highest = str(value).partition("..")
    bounds = (parse_duration(lowest), parse_duration(highest or lowest))
    if not bounds[0] <= bounds[1] <= MAX_DELAY:
        raise ValueError(f"expected a duration of at most {MAX_DELAY:g} s, or LOW..HIGH, received {value!r}")
    return bounds


def _number(lowest: int, highest: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        number = int(value)
        if isinstance(value, bool) or not lowest <= number <= highest:
            raise ValueError(f"expected a whole number from {lowest} to {highest}, received {value!r}")
        return number

    return read


def _headers(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or not all(_is_header(name, text) for name, text in value.items()):
        raise ValueError(f"expected an object from header names to texts in one line, received {value!r}")
    for name in value:
        if name.lower() in _FRAMING:
            raise ValueError(f"{name} is not to be chosen: it frames the answer; what is below HTTP, the wire spoils")
    return value


def _header_text(value: Any) -> str:
    if not _is_header_text(str(value)):
        raise ValueError(f"expected text in one line, in ISO-8859-1, received {value!r}")
    return str(value)


def _is_header(name: str, text: Any) -> bool:
    return name.replace("-", "").isalnum() and name.isascii() and isinstance(text, str) and _is_header_text(text)


def _is_header_text(text: str) -> bool:
    return text.isprintable() and all(ord(character) < 256 for character in text)


_FRAMING = ("content-length", "transfer-encoding")
_HEADERS = {"retry_after": "Retry-After", "location": "Location"}
"""Outcomes that are headers, by the names that they have."""

_READERS: Mapping[str, Callable[[Any], Any]] = {
    "training_error": _cause,
    "training_time": _training_time,
    "callback": _one_of(CALLBACKS),
    "callback_delay": _duration,
    "callback_body": lambda value: value,
    "callback_retries": _number(0, 100),
    "status": _number(200, 599),
    "body": lambda value: value,
    "fault": _one_of(FAULTS),
    "delay": _delay,
}
