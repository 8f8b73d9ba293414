"""How a request picks its outcome: by a header, or because a scenario was armed for it."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mock_tavus.durations import parse_duration
from mock_tavus.errors import MockTavusError
from mock_tavus.messages import ApiRequest
from mock_tavus.outcomes import NOTHING, Outcome, Scenario
from mock_tavus.store.ports import ScenarioStore
from mock_tavus.training_errors import TRAINING_ERRORS

HEADER = "x-mock-tavus-scenario"
FAULTS = ("empty", "truncated", "malformed", "html", "wrong-content-type")
CALLBACKS = ("once", "never", "twice", "out-of-order", "before-answer")
MAX_DELAY = 60.0
MAX_ARMED = 1000
MAX_SCENARIO_BYTES = 64 * 1024
"""How much the bodies and headers of one scenario may take, as JSON."""


class ScenarioError(MockTavusError):
    """A scenario cannot be read. The message says what was expected, and what came."""


def outcome_from(settings: Mapping[str, Any]) -> Outcome:
    """Read an outcome.

    Args:
        settings: From names, with hyphens or underscores, to values, as JSON or a header has them.

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
        except (TypeError, ValueError, OverflowError) as error:
            raise ScenarioError(f"{name}: {error}") from error
    return Outcome(**read, headers=headers or None)


def outcome_of_headers(headers: Mapping[str, str]) -> Outcome:
    """Read what a request itself asks for: `X-Mock-Tavus-Scenario: name=value; …`, or `Prefer: code=401`.

    Args:
        headers: Header fields, by lower-case name.

    Raises:
        ScenarioError: The first of these cannot be read. `Prefer` is a wish, and what is not understood is ignored.
    """
    wished = NOTHING
    for preference in headers.get("prefer", "").split(","):
        name, _, value = preference.strip().partition("=")
        is_status = len(value) == 3 and value.isascii() and value.isdigit() and 200 <= int(value) <= 599
        if name.lower() == "code" and is_status:
            wished = Outcome(status=int(value))
    directives = [part.partition("=") for part in headers.get(HEADER, "").split(";") if part.strip()]
    return outcome_from({name: value.strip() for name, _, value in directives}).over(wished)


class Scenarios:
    """Choose what happens to requests.

    Args:
        store: What is armed.
        fraction: Gives a number from 0 to 1 for a name and a count, always the same.
    """

    def __init__(self, store: ScenarioStore, fraction: Callable[[str, int], float]) -> None:
        self._store = store
        self._fraction = fraction
        self._counts = itertools.count()

    def arm(self, scenario: Scenario) -> Scenario:
        """Arm a scenario, and return it with an id of its own.

        Args:
            scenario: The scenario.

        Raises:
            ScenarioError: Too many are armed, or its body is too long.
        """
        if _size(scenario) > MAX_SCENARIO_BYTES:
            raise ScenarioError(
                f"expected a scenario of at most {MAX_SCENARIO_BYTES} bytes, received {_size(scenario)}"
            )
        armed = self._store.arm(scenario, MAX_ARMED)
        if armed is None:
            raise ScenarioError(f"{MAX_ARMED} scenarios are armed; DELETE /__admin/scenarios first")
        return armed

    def armed(self, account_id: str | None = None) -> Sequence[Scenario]:
        """Return what is armed for one account alone, or all that is armed, the oldest first.

        Args:
            account_id: The account's id; None for all of them.
        """
        return list(self._store.armed(account_id))

    def disarm(self, scenario_id: str | None = None, account_id: str | None = None) -> int:
        """Forget one scenario, an account's, or all, and return how many there were.

        Args:
            scenario_id: The scenario's id; None for every one.
            account_id: The account's id; None for all of them.
        """
        return self._store.disarm(scenario_id, account_id)

    @property
    def any_armed(self) -> bool:
        """Return whether anything is armed, for whatever account."""
        return bool(self._store.armed())

    def any_for(self, account_id: str, operation_id: str, request: ApiRequest) -> bool:
        """Return whether anything is armed that a request meets.

        Args:
            account_id: Whose key the request carries.
            operation_id: What it asks for.
            request: The request.
        """
        return any(one.matches(account_id, operation_id, request) for one in self._store.armed())

    def choose(self, account_id: str, operation_id: str, request: ApiRequest) -> tuple[Outcome, str | None]:
        """Return what is asked for by the request, and else what is armed for it, with the scenario's id.

        Args:
            account_id: Whose key the request carries.
            operation_id: What it asks for.
            request: The request.

        Raises:
            ScenarioError: The header of the request cannot be read.
        """
        armed = self._store.armed()
        outcome, scenario_id = self._pick(armed, account_id, operation_id, request) if armed else (NOTHING, None)
        if HEADER not in request.headers and "prefer" not in request.headers:
            return outcome, scenario_id
        asked_for = outcome_of_headers(request.headers)
        return asked_for.over(outcome), scenario_id if asked_for == NOTHING else "header"

    def pause(self, delay: tuple[float, float]) -> float:
        """Return how long a response is to take, in real seconds, between the two bounds of `delay`."""
        low, high = delay
        return low + (high - low) * self._fraction("delay", next(self._counts))

    def _pick(
        self, armed: Sequence[Scenario], account_id: str, operation_id: str, request: ApiRequest
    ) -> tuple[Outcome, str | None]:
        for scenario in armed:
            if not scenario.matches(account_id, operation_id, request):
                continue
            if (
                scenario.probability < 1
                and self._fraction(scenario.scenario_id, next(self._counts)) >= scenario.probability
            ):
                continue
            if self._store.use(scenario):
                return scenario.outcome, scenario.scenario_id
        return NOTHING, None


def _size(scenario: Scenario) -> int:
    """Return how many bytes a scenario's values take as JSON."""
    outcome = scenario.outcome
    kept = [outcome.body, outcome.callback_body, dict(outcome.headers or {}), dict(scenario.body)]
    return len(json.dumps(kept, ensure_ascii=False).encode("utf-8", "replace"))


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
