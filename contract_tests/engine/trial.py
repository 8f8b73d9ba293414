"""One check at work: which of its cases the subject has met, and how each of the others falls short."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic

from contract_tests.engine.model import C, Check, Failure, O, X
from contract_tests.engine.recorder import Recorder
from contract_tests.failures import CheckFailed, NotApplicable, NotJudged

_FRESH_TRIES = 3
"""How many cases of a check that were not judged are played once more in a subject that is started anew."""

_MAX_CRASHES = 4
"""A check ends when the subject has crashed in more cases than this: each may have taken seconds."""

NO_CRASH = "an answer, or an error, to every call"


class Stopped(Exception):
    """The run is interrupted."""


class TooManyCrashes(Exception):
    """The subject has crashed so often that the check is stopped.

    Args:
        failure: A crash, as a failure.
    """

    def __init__(self, failure: Failure[C, O]) -> None:
        super().__init__(str(failure))
        self.failure = failure


class Trial(Generic[C, O, X]):
    """Judge one check's cases, and count.

    Args:
        check: Which.
        recorder: What plays them.
        context: What judges know beside what they see.
        max_hangs: After how many calls without an answer nothing more is judged.
        on_judged: Told how many cases have been judged.
        is_stopping: Tells whether the run is interrupted.
        samples: How many judged cases to keep.
        afresh: Whether all are played anew, even those that another check has played before.
    """

    def __init__(
        self,
        check: Check[C, O, X],
        recorder: Recorder[C, O],
        context: X,
        max_hangs: int,
        on_judged: Callable[[int], None] = lambda count: None,
        is_stopping: Callable[[], bool] = lambda: False,
        *,
        samples: int = 0,
        afresh: bool = False,
    ) -> None:
        self.check = check
        self.recorder = recorder
        self.context = context
        self._max_hangs = max_hangs
        self._on_judged = on_judged
        self._is_stopping = is_stopping
        self._afresh = afresh
        self._known: dict[str, Sequence[Failure[C, O]]] = {}
        self._unjudged: set[str] = set()
        self._crashes = 0
        self._crashed: Failure[C, O] | None = None
        self._fresh_tries = 0
        self._max_samples = samples
        self.samples: list[O] = []
        self.judged = 0
        self.why_not = ""
        """Why the first case that could not be judged was not."""

    @property
    def has_unjudged(self) -> bool:
        """Return whether a case came to nothing that could be judged."""
        return bool(self._unjudged)

    def is_unjudged(self, case: C) -> bool:
        """Return whether a `case` came to nothing that could be judged."""
        return case.key in self._unjudged

    @property
    def is_exhausted(self) -> bool:
        """Return whether the subject has hung too often for anything more to be played."""
        return self.recorder.hangs > self._max_hangs

    def must_go_on(self) -> None:
        """Let another case be played only if that is worth its time.

        Raises:
            TooManyCrashes: The subject has crashed again and again.
            NotJudged: It has hung too often.
            Stopped: The run is interrupted.
        """
        if self._is_stopping():
            raise Stopped
        if self._crashed is not None and self._crashes > _MAX_CRASHES:
            raise TooManyCrashes(self._crashed)
        if self.is_exhausted:
            raise NotJudged(f"the subject gave no answer {self.recorder.hangs} times; the check was stopped")

    def judge(self, case: C, *, again: bool = False) -> Sequence[Failure[C, O]]:
        """Return how a case falls short; nothing if it passes, or if the check does not apply to it.

        Args:
            case: What to play, if it has not been played.
            again: Whether to play and judge it anew.
        """
        if not again and case.key in self._known:
            return self._known[case.key]
        observation = self.recorder.play(case, again=again or self._afresh)
        self._count_crash(case, observation)
        failures = self._judge(case, observation)
        if case.key in self._unjudged and not again and self._may_try_afresh(observation):
            self._unjudged.remove(case.key)
            self.recorder.restart()
            observation = self.recorder.play(case, again=True)
            failures = self._judge(case, observation)
        if not again:
            self._known[case.key] = failures
        return failures

    def _may_try_afresh(self, observation: O) -> bool:
        """Return whether what sent nothing is played once more in a subject that is started anew, and count that.

        An earlier call may have made a client refuse this one, as a circuit breaker does.
        """
        if observation.crash is not None or not observation.is_silent or self._fresh_tries >= _FRESH_TRIES:
            return False
        self._fresh_tries += 1
        return True

    def _judge(self, case: C, observation: O) -> Sequence[Failure[C, O]]:
        try:
            failed = self._failed(observation)
        except NotJudged as reason:
            self._unjudged.add(case.key)
            self.why_not = self.why_not or str(reason)
            return ()
        except NotApplicable as reason:
            if observation.crash is None:
                self.why_not = self.why_not or str(reason)
                return ()
            failed = [CheckFailed(f"a crash: {observation.crash}", NO_CRASH)]  # a crash is never a skip
        self.judged += 1
        if len(self.samples) < self._max_samples:
            self.samples.append(observation)
        self._on_judged(self.judged)
        return tuple(Failure.of(case, observation, one) for one in failed)

    def _failed(self, observation: O) -> list[CheckFailed]:
        """Return what the judge has against an observation."""
        if observation.unsupported is not None:
            raise NotApplicable(observation.unsupported or "the subject does not offer this")
        lacking = observation.lacks(self.check.requirement.evidence)
        if lacking is not None:
            if observation.crash is not None:
                return [CheckFailed(f"{lacking}: {observation.crash}", NO_CRASH)]
            raise NotJudged(lacking)
        failed: list[CheckFailed] = []
        try:
            failed.extend(self.check.judge(observation, self.context) or ())
        except CheckFailed as failure:
            failed.append(failure)
        return failed

    def _count_crash(self, case: C, observation: O) -> None:
        if observation.crash is not None:
            self._crashes += 1
            message = f"a crash in {self._crashes} cases, such as: {observation.crash}"
            self._crashed = Failure.of(case, observation, CheckFailed(message, NO_CRASH))
