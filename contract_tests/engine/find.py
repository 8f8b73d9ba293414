"""Find failures: in cases that were saved, then in fixed ones, then in drawn ones."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Generic

from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import seed as seeded
from hypothesis.strategies import SearchStrategy

from contract_tests.engine.model import C, Failure, O, Options, Probe, X
from contract_tests.engine.shrink import shrink
from contract_tests.engine.trial import Trial
from contract_tests.failures import NotApplicable

MAX_FAILURES = 3
"""How many failures of a check are looked for that differ in place."""

_DRAWN_SHRINKS = 150
"""How many cases Hypothesis may have played while it makes one smaller."""


class _Fails(Exception):
    """Tell Hypothesis that an example fails."""


@dataclass(slots=True)
class Finding(Generic[C, O]):
    """What was found of a check.

    Args:
        failures: Those that are no warnings, by place, each made smaller.
        warning: The first that is only worth a warning, made smaller.
        origins: For each place, the case in which the failure was found.
    """

    failures: dict[str, Failure[C, O]] = field(default_factory=dict)
    warning: Failure[C, O] | None = None
    origins: dict[str, C] = field(default_factory=dict)


class Draws(Generic[C, X]):
    """Draw the cases of each probe once, the same for the same seed.

    Args:
        context: What cases are made from.
        options: How many, and from which seed.
    """

    def __init__(self, context: X, options: Options) -> None:
        self._context = context
        self._options = options
        self._drawn: dict[int, list[C]] = {}

    def of(self, probe: Probe[C, X]) -> list[C]:
        """Return what is drawn for a `probe`."""
        if probe.drawn is None or not self._options.examples:
            return []
        if id(probe) not in self._drawn:
            drawn: list[C] = []
            _run_hypothesis(probe.drawn(self._context), drawn.append, self._options, (Phase.generate,))
            self._drawn[id(probe)] = drawn
        return self._drawn[id(probe)]


def find(trial: Trial[C, O, X], saved: Iterable[C], draws: Draws[C, X], options: Options) -> Finding[C, O]:
    """Return up to three failures that differ in place, and else what is worth a warning, as small as can be.

    Args:
        trial: The check at work.
        saved: Counterexamples of earlier runs, which are tried first.
        draws: What draws more cases.
        options: How much is tried.
    """
    finding: Finding[C, O] = Finding()
    try:
        _search_fixed(trial, saved, finding)
    except NotApplicable:  # the rest does not apply, or is not worth its time; what was found stays
        if not finding.failures:
            raise
    if not finding.failures:
        for failure in _failures(trial, draws.of(trial.check.probe)):
            _note(finding, failure)
            if finding.failures:
                _shrink_drawn(trial, finding, options)
                break
    for place, failure in finding.failures.items():
        finding.origins[place] = failure.case
        finding.failures[place] = smallest(trial, failure, options.shrinks)
    if not finding.failures and finding.warning is not None:
        finding.warning = smallest(trial, finding.warning, options.shrinks)
    return finding


def _search_fixed(trial: Trial[C, O, X], saved: Iterable[C], finding: Finding[C, O]) -> None:
    """Note the failures of saved and of fixed cases, until there are enough."""
    for failure in _failures(trial, itertools.chain(saved, trial.check.probe.cases(trial.context))):
        _note(finding, failure)
        # A judge that tells places apart may find another one; of the others, one failure says it all.
        if len(finding.failures) >= MAX_FAILURES or "" in finding.failures:
            return


def smallest(trial: Trial[C, O, X], failure: Failure[C, O], tries: int, *, again: bool = False) -> Failure[C, O]:
    """Return a failure of the same place and weight in a case that is as small as can be.

    Args:
        trial: The check at work.
        failure: The failure.
        tries: How many smaller cases may be played.
        again: Whether each is played anew, in a subject that is started anew.
    """
    found = failure

    def still_fails(case: C) -> bool:
        nonlocal found
        if trial.is_exhausted:
            return False
        if again:
            trial.recorder.restart()
        same = matching(trial.judge(case, again=again), failure)
        found = same or found
        return same is not None

    shrink(failure.case, still_fails, tries)
    return found


def matching(failures: Iterable[Failure[C, O]], wanted: Failure[C, O]) -> Failure[C, O] | None:
    """Return the first of some failures with the place and the weight of the `wanted` one."""
    return next((one for one in failures if (one.place, one.is_warning) == (wanted.place, wanted.is_warning)), None)


def _failures(trial: Trial[C, O, X], cases: Iterable[C]) -> Iterator[Failure[C, O]]:
    """Return the failures of cases. Of one that could not be judged as a whole, each part is tried alone."""
    for case in cases:
        trial.must_go_on()
        yield from trial.judge(case)
        observation = trial.recorder.play(case)
        if observation.is_refused or (observation.is_silent and trial.is_unjudged(case)):
            for part in case.parts():
                trial.must_go_on()
                yield from trial.judge(part)


def _note(finding: Finding[C, O], failure: Failure[C, O]) -> None:
    if failure.is_warning:
        finding.warning = finding.warning or failure
    elif len(finding.failures) < MAX_FAILURES:
        finding.failures.setdefault(failure.place, failure)


def _shrink_drawn(trial: Trial[C, O, X], finding: Finding[C, O], options: Options) -> None:
    """Have Hypothesis make the case smaller in which a drawn failure was found: it knows what the case was made of."""
    drawn = trial.check.probe.drawn
    if drawn is None:
        return
    (place, found), *_ = finding.failures.items()
    left = _DRAWN_SHRINKS
    latest = found

    def judge(case: C) -> None:
        nonlocal left, latest
        if not trial.recorder.knows(case):
            left -= 1
            if left < 0:
                return
        same = matching(trial.judge(case), found)
        if same is not None:
            latest = same
            raise _Fails

    _run_hypothesis(drawn(trial.context), judge, options, (Phase.generate, Phase.shrink))
    finding.failures[place] = latest


def _run_hypothesis(strategy: SearchStrategy[C], act: Any, options: Options, phases: tuple[Phase, ...]) -> None:
    test: Any = given(strategy)(lambda case: act(case))
    configured = settings(
        max_examples=options.examples,
        deadline=None,
        database=None,  # Hypothesis keeps nothing of a run that has a seed; see saved.py
        phases=phases,
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        print_blob=False,
        verbosity=Verbosity.quiet,
    )
    try:
        seeded(options.seed)(configured(test))()
    except (_Fails, ExceptionGroup):
        return
    except Exception as error:
        if (
            type(error).__module__.partition(".")[0] != "hypothesis"
        ):  # as FlakyFailure, where a failure did not come again
            raise
