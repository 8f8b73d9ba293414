"""Register checks, and find all of one subject."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic

from hypothesis.strategies import SearchStrategy

from contract_tests.engine.model import C, Check, Judge, O, Probe, X
from contract_tests.requirements import Requirement


class Registry(Generic[C, O, X]):
    """The checks of one subject.

    Args:
        package: Where their modules are.
        modules: The modules.
        groups: The groups of ids, in the order of the catalogue.
    """

    def __init__(self, package: str, modules: Sequence[str], groups: Sequence[str]) -> None:
        self._package = package
        self._modules = modules
        self._groups = groups
        self._registered: dict[str, Check[C, O, X]] = {}

    def check(self, requirement: Requirement, probe: Probe[C, X]) -> Callable[[Judge], Judge]:
        """Register a judge.

        Args:
            requirement: What it judges.
            probe: Where its cases come from.

        Raises:
            ValueError: The id is registered already.
        """
        if requirement.check_id in self._registered:
            raise ValueError(f"{requirement.check_id} is registered already")

        def register(judge: Judge) -> Judge:
            """Register a `judge`."""
            self._registered[requirement.check_id] = Check(requirement, probe, judge)
            return judge

        return register

    def all(self) -> Sequence[Check[C, O, X]]:
        """Return every check, in the order of the catalogue."""
        for name in self._modules:
            importlib.import_module(f"{self._package}.{name}")
        found = self._registered.values()
        return sorted(found, key=lambda one: (self._groups.index(one.requirement.group), one.check_id))


def fixed(*cases: C) -> Probe[C, Any]:
    """Return a probe that always plays these `cases` and draws nothing."""
    return Probe("fixed", lambda context: cases)


def made(cases: Callable[[X], Iterable[C]], drawn: Callable[[X], SearchStrategy[C]] | None = None) -> Probe[C, X]:
    """Return a probe whose cases depend on the context.

    Args:
        cases: The cases that are always played.
        drawn: What Hypothesis draws more of; None if there is nothing to draw.
    """
    return Probe(cases.__name__.strip("_"), cases, drawn)
