"""Play a failure anew, in a subject that is started anew, so that whoever replays it sees the same."""

from __future__ import annotations

from collections.abc import Iterator

from contract_tests.engine.find import matching, smallest
from contract_tests.engine.model import C, Failure, O, X
from contract_tests.engine.trial import Trial

_REPLAYS = 2
"""How often a case is played anew; one of these must fail, too."""


def confirm(trial: Trial[C, O, X], failure: Failure[C, O], origin: C, tries: int) -> Failure[C, O] | None:
    """Return the failure that was seen again; None if it was not: it is unstable.

    What is left of a failure may have failed only because the subject was broken by then. So the case in which it was
    found is tried, too, and each behind those that were played before it.

    Args:
        trial: The check at work.
        failure: The failure, made smaller.
        origin: The case in which it was found.
        tries: How many smaller cases may be played if one with earlier calls fails.
    """
    seen: set[str] = set()
    before = tuple(trial.recorder.before(failure.case))
    earlier = tuple(trial.recorder.before(origin))
    candidates = (failure.case, origin, *_behind(failure.case, before), *_behind(origin, earlier))
    for case in candidates:
        if trial.is_exhausted:  # a subject that hangs again and again: that it fails needs no more proof
            return failure
        if case.key in seen:
            continue
        seen.add(case.key)
        again = _fails_anew(trial, case, failure)
        if again is not None:
            return again if case.key == failure.case.key else smallest(trial, again, tries, again=True)
    return None


def _fails_anew(trial: Trial[C, O, X], case: C, failure: Failure[C, O]) -> Failure[C, O] | None:
    for _ in range(_REPLAYS):
        trial.recorder.restart()
        found = matching(trial.judge(case, again=True), failure)
        if found is not None:
            return found
    return None


def _behind(case: C, earlier: tuple[C, ...]) -> Iterator[C]:
    """Return a `case` behind more and more of those that were played before it."""
    longer: C | None = case
    for one in reversed(earlier):
        longer = None if longer is None else longer.after(one)
        if longer is not None:
            yield longer
