"""What a check is, and how all of them are found."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from hypothesis.strategies import SearchStrategy

from contract_tests.catalogue import CATALOGUE, Entry
from contract_tests.client.case import Episode, Situation
from contract_tests.client.strategies import BodyStrategies

_MODULES = ("request", "authentication", "success", "errors", "transport", "security")

Judge = Callable[[Episode], None]


@dataclass(frozen=True, slots=True)
class Setting:
    """What situations are made from.

    Args:
        bodies: Bodies that the contract allows.
        doors: The doors of the wire, by name, and `refused`.
        longest_wait: How long a client that was given no timeout is waited for, in seconds; 0 for not to try that.
    """

    bodies: BodyStrategies
    doors: Mapping[str, str]
    longest_wait: float = 0.0


@dataclass(frozen=True, slots=True)
class Check:
    """One check: data, and one function.

    Args:
        entry: Its row in the catalogue.
        cases: The situations that are always played, the simplest first.
        drawn: What Hypothesis draws more of; None if there is nothing to draw.
        judge: Raises CheckFailed for an episode that falls short, NotApplicable for one that it cannot judge.
    """

    entry: Entry
    cases: Callable[[Setting], Iterator[Situation]]
    drawn: Callable[[Setting], SearchStrategy[Situation]] | None
    judge: Judge


_registered: dict[str, Check] = {}


def check(
    check_id: str,
    cases: Callable[[Setting], Iterator[Situation]],
    drawn: Callable[[Setting], SearchStrategy[Situation]] | None = None,
) -> Callable[[Judge], Judge]:
    """Register a judge under an id of the catalogue.

    Raises:
        ValueError: The id is registered already; the catalogue does not say that it is drawn, or says so in vain.
    """
    entry = CATALOGUE[check_id]
    if check_id in _registered:
        raise ValueError(f"{check_id} is registered already")
    if (drawn is None) is not (entry.how == "plain"):
        raise ValueError(f"{check_id} is {entry.how} in the catalogue")

    def register(judge: Judge) -> Judge:
        _registered[check_id] = Check(entry, cases, drawn, judge)
        return judge

    return register


@cache
def all_checks() -> Sequence[Check]:
    """Return every check, in the order of the catalogue.

    Raises:
        ValueError: The catalogue has a row that nothing checks.
    """
    for name in _MODULES:
        importlib.import_module(f"contract_tests.client.checks.{name}")
    missing = set(CATALOGUE) - set(_registered)
    if missing:
        raise ValueError(f"nothing checks {', '.join(sorted(missing))}")
    return tuple(_registered[check_id] for check_id in CATALOGUE)
