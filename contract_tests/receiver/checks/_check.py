"""How a check of receivers is registered, and how all of them are found."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Sequence
from functools import cache

from hypothesis.strategies import SearchStrategy

from contract_tests.engine.model import Check, Judge, Probe
from contract_tests.receiver.case import ReceiverCase
from contract_tests.receiver.context import ReceiverContext
from contract_tests.receiver.observation import ReceiverObservation
from contract_tests.requirements import Requirement

_MODULES = ("stories", "requests", "life")

ReceiverCheck = Check[ReceiverCase, ReceiverObservation, ReceiverContext]
ReceiverProbe = Probe[ReceiverCase, ReceiverContext]

_registered: dict[str, ReceiverCheck] = {}


def check(requirement: Requirement, probe: ReceiverProbe) -> Callable[[Judge], Judge]:
    """Register a judge.

    Args:
        requirement: What it judges.
        probe: Where its stories come from.

    Raises:
        ValueError: The id is registered already.
    """
    if requirement.check_id in _registered:
        raise ValueError(f"{requirement.check_id} is registered already")

    def register(judge: Judge) -> Judge:
        _registered[requirement.check_id] = Check(requirement, probe, judge)
        return judge

    return register


def fixed(*cases: ReceiverCase) -> ReceiverProbe:
    """Return a probe that always plays these `cases` and draws nothing."""
    return Probe("fixed", lambda context: cases)


def made(
    cases: Callable[[ReceiverContext], Iterable[ReceiverCase]],
    drawn: Callable[[ReceiverContext], SearchStrategy[ReceiverCase]] | None = None,
) -> ReceiverProbe:
    """Return a probe whose stories depend on the context.

    Args:
        cases: The stories that are always played.
        drawn: What Hypothesis draws more of; None if there is nothing to draw.
    """
    return Probe(cases.__name__.strip("_"), cases, drawn)


@cache
def all_checks() -> Sequence[ReceiverCheck]:
    """Return every check of receivers, in the order of the catalogue."""
    for name in _MODULES:
        importlib.import_module(f"contract_tests.receiver.checks.{name}")
    return tuple(_registered[check_id] for check_id in sorted(_registered))
