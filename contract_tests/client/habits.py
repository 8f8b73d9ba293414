"""What is usual for one client, learned from plain calls before anything is judged: habits are no faults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from contract_tests.client.observation import Outcome


@dataclass(frozen=True, slots=True)
class Habits:
    """What a client does whatever it is given.

    Args:
        own_defaults: What it sends beside what it is given, by path: `/model_name`.
        known_options: The paths of the options that it sends when all are given; None if it refused them all.
        reports: From an HTTP status to what it reports after a plain response with that status.
    """

    own_defaults: Mapping[str, Any] = field(default_factory=dict)
    known_options: frozenset[str] | None = None
    reports: Mapping[int, Outcome] = field(default_factory=dict)

    def knows(self, path: str) -> bool:
        """Return whether the client sends the option at a `path`, such as `/properties/gaze_correction`."""
        return self.known_options is None or path in self.known_options

    @property
    def tells_status(self) -> bool:
        """Return whether the client reports the status of a plain 400."""
        plain = self.reports.get(400)
        return plain is None or tells_number(plain, 400)

    def tells(self, outcome: Outcome, status: int) -> bool:
        """Return whether an outcome tells which status it came from: by its number, or by a kind of its own.

        A kind tells if the client uses it for this status alone; among 5xx, for 5xx alone.

        Args:
            outcome: What the client reported.
            status: The status of the response.
        """
        if tells_number(outcome, status):
            return True
        if len(self.reports) < 2:  # it reports numbers, so nothing else was learned of it
            return False
        kinds = {one: _kind(report) for one, report in self.reports.items()}
        kind = _kind(outcome)
        if kind == (None, None) or kinds.get(status) != kind:
            return False
        return all(kind != other or (one >= 500 and status >= 500) or one == status for one, other in kinds.items())


def tells_number(outcome: Outcome, status: int) -> bool:
    """Return whether an outcome has the number of a `status`."""
    return outcome.http_status == status or str(status) in outcome.message


def _kind(outcome: Outcome) -> tuple[str | None, str | None]:
    return outcome.error_type, outcome.kind


def leaves(value: Any, where: str = "") -> Mapping[str, Any]:
    """Return each path in a value, with what stands there: `/properties` as well as `/properties/gaze_correction`.

    Args:
        value: A JSON value.
        where: Its own path.
    """
    found: dict[str, Any] = {where: value} if where else {}
    if isinstance(value, dict):
        for name, one in value.items():
            found.update(leaves(one, f"{where}/{name}"))
    return found
