"""How a check is registered, and how all of them are found."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache

from hypothesis.strategies import SearchStrategy

from contract_tests.client.case import ClientCase
from contract_tests.client.context import ClientContext
from contract_tests.client.observation import ClientObservation
from contract_tests.engine.model import Check, Judge, Probe
from contract_tests.requirements import Requirement

_MODULES = (
    *("request", "options", "authentication", "success", "errors", "transport", "deadlines", "security"),
    *("reading", "listing", "changing", "waiting", "patience"),
)
_GROUPS = ("REQ", "AUT", "OKP", "ERR", "TRN", "SEC", "GET", "LST", "REN", "DEL", "POL")

ClientCheck = Check[ClientCase, ClientObservation, ClientContext]
ClientProbe = Probe[ClientCase, ClientContext]

_registered: dict[str, ClientCheck] = {}


def check(requirement: Requirement, probe: ClientProbe) -> Callable[[Judge], Judge]:
    """Register a judge.

    Args:
        requirement: What it judges.
        probe: Where its cases come from.

    Raises:
        ValueError: The id is registered already.
    """
    if requirement.check_id in _registered:
        raise ValueError(f"{requirement.check_id} is registered already")

    def register(judge: Judge) -> Judge:
        _registered[requirement.check_id] = Check(requirement, probe, judge)
        return judge

    return register


def fixed(*cases: ClientCase) -> ClientProbe:
    """Return a probe that always plays these `cases` and draws nothing."""
    return Probe("fixed", lambda context: cases)


def made(
    cases: Callable[[ClientContext], Iterable[ClientCase]],
    drawn: Callable[[ClientContext], SearchStrategy[ClientCase]] | None = None,
) -> ClientProbe:
    """Return a probe whose cases depend on the context.

    Args:
        cases: The cases that are always played.
        drawn: What Hypothesis draws more of; None if there is nothing to draw.
    """
    return Probe(cases.__name__.strip("_"), cases, drawn)


@cache
def all_checks() -> Sequence[ClientCheck]:
    """Return every check of clients, in the order of the catalogue."""
    for name in _MODULES:
        importlib.import_module(f"contract_tests.client.checks.{name}")
    return tuple(sorted(_registered.values(), key=lambda one: (_GROUPS.index(one.requirement.group), one.check_id)))


def catalogue() -> Mapping[str, Requirement]:
    """Return what is asked of clients, by id."""
    return {check.check_id: check.requirement for check in all_checks()}
