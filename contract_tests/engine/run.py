"""Run checks on benches.

Theory of operation.

The checks are dealt into a fixed number of shards, by their probes, how much is tried, and the seed. A shard
begins with a subject that is started anew and runs its checks one after the other, so that what a check sees depends on
its shard and on nothing else: not on how many benches there are, nor on how fast they are. Each bench takes the next
shard that nobody has taken. Within a check, cases that were saved come first, then fixed ones, then drawn ones
(`find`); what fails is made smaller (`shrink`) and played anew (`confirm`). Nothing is decided by a clock.
"""

from __future__ import annotations

import queue
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from contract_tests.engine.confirm import confirm
from contract_tests.engine.find import Draws, find
from contract_tests.engine.model import Bench, C, Check, CheckResult, Failure, O, Options, Probe, X
from contract_tests.engine.recorder import Recorder
from contract_tests.engine.saved import SavedCases
from contract_tests.engine.trial import NO_CRASH, Stopped, TooManyCrashes, Trial
from contract_tests.failures import KitError, NotApplicable, NotJudged

_DRAWN_SECONDS = 0.015
"""About how long a drawn case takes."""

SHARDS = 4
"""Into how many parts a run is dealt; as many benches can work at once."""

OnJudged = Callable[[str, int], None]
"""Told of a check's id and how many of its cases have been judged."""


_UNSTABLE = "unstable, it may depend on earlier calls: in a client started anew it did not come again"


class _Ending(NamedTuple):
    """What a check has come to."""

    verdict: str
    message: str = ""
    failures: tuple[Failure[Any, Any], ...] = ()
    is_unstable: bool = False


class Runner:
    """Run checks, as many at once as there are benches.

    Args:
        benches: Where cases are played; at least one.
        context: What cases are made from, and what judges know.
        options: How much is tried.
        saved: The counterexamples of earlier runs.
        on_judged: Told how a check gets on.
    """

    def __init__(
        self,
        benches: Sequence[Bench[C, O]],
        context: X,
        options: Options,
        saved: SavedCases[C],
        on_judged: OnJudged = lambda check_id, count: None,
    ) -> None:
        self._benches = benches
        self._context = context
        self._options = options
        self._saved: SavedCases[Any] = saved
        self._on_judged = on_judged
        self._stopping = threading.Event()

    def run(self, checks: Sequence[Check[Any, Any, Any]]) -> Iterator[CheckResult[Any, Any]]:
        """Run checks and return each result as soon as the check has ended.

        Args:
            checks: Which, in the order of the catalogue.
        """
        waiting: queue.SimpleQueue[Sequence[Check[Any, Any, Any]]] = queue.SimpleQueue()
        for shard in deal(checks, self._context, self._options):
            waiting.put(shard)
        results: queue.SimpleQueue[CheckResult[Any, Any] | None] = queue.SimpleQueue()

        def work(bench: Bench[Any, Any]) -> None:
            try:
                while not self._stopping.is_set():
                    for result in self._run_shard(waiting.get_nowait(), bench):
                        results.put(result)
            except queue.Empty:
                pass
            finally:
                results.put(None)

        threads = [threading.Thread(target=work, args=(bench,), daemon=True) for bench in self._benches]
        for thread in threads:
            thread.start()
        try:
            for _ in threads:
                while (result := results.get()) is not None:
                    yield result
        finally:
            self._stopping.set()

    def run_one(self, check: Check[Any, Any, Any], only: Any = None) -> CheckResult[Any, Any]:
        """Run one check on the first bench.

        Args:
            check: Which.
            only: The one case to judge; None for all of the check's own.
        """
        recorder: Recorder[Any, Any] = Recorder(self._benches[0])
        return self._run_check(check, recorder, Draws(self._context, self._options), only)

    def _run_shard(
        self, shard: Sequence[Check[Any, Any, Any]], bench: Bench[Any, Any]
    ) -> Iterator[CheckResult[Any, Any]]:
        recorder: Recorder[Any, Any] = Recorder(bench)
        draws: Draws[Any, Any] = Draws(self._context, self._options)
        bench.restart()
        for check in shard:
            try:
                yield self._run_check(check, recorder, draws)
            except Stopped:
                return

    def _run_check(
        self,
        check: Check[Any, Any, Any],
        recorder: Recorder[Any, Any],
        draws: Draws[Any, Any],
        only: Any = None,
    ) -> CheckResult[Any, Any]:
        started = time.monotonic()
        trial = self._trial(check, recorder)
        ending, not_judged, where = _Ending("error"), False, ""
        try:
            trial.must_go_on()
            ending = self._ending(check, recorder, draws, trial) if only is None else _replayed(trial, only)
            not_judged = ending.verdict == "skip" and trial.has_unjudged
        except TooManyCrashes as reason:
            ending = _Ending(_weight(check), str(reason), (reason.failure,))
        except NotApplicable as reason:
            ending, not_judged = _Ending("skip", str(reason)), isinstance(reason, NotJudged)
        except KitError as error:
            ending = _Ending("error", str(error))
        except Stopped:
            raise
        except Exception as error:
            self._must_not_be_stopping(error)
            message, where = f"{type(error).__name__}: {error}", traceback.format_exc()
            if only is not None:  # somebody has written it by hand, or it is another check's
                message, where = f"the case does not fit {check.check_id} ({message})", ""
            ending = _Ending("error", message)
        return CheckResult(
            check.requirement,
            ending.verdict,
            trial.judged,
            ending.message,
            ending.failures,
            time.monotonic() - started,
            not_judged,
            where,
            tuple(trial.samples),
        )

    def _must_not_be_stopping(self, error: Exception) -> None:
        if self._stopping.is_set():  # a bench that is being closed may fail in any way
            raise Stopped from error

    def _ending(
        self,
        check: Check[Any, Any, Any],
        recorder: Recorder[Any, Any],
        draws: Draws[Any, Any],
        trial: Trial[Any, Any, Any],
    ) -> _Ending:
        saved = self._saved.fetch(check.check_id)
        ending = self._judged(trial, draws, saved)
        if ending.is_unstable:
            recorder.restart()  # what other checks have left in the subject may hide what it does by itself
            second = self._judged(self._trial(check, recorder, afresh=True), draws, saved)
            ending = second if second.verdict == "fail" else ending
        self._saved.replace(check.check_id, saved, [one.case for one in ending.failures])
        return ending

    def _judged(self, trial: Trial[Any, Any, Any], draws: Draws[Any, Any], saved: Sequence[Any]) -> _Ending:
        finding = find(trial, saved, draws, self._options)
        if not finding.failures:
            if finding.warning is not None:
                return _Ending(_verdict(trial.check, "warn"), str(finding.warning), (finding.warning,))
            return _nothing_found(trial)
        found = tuple(finding.failures.values())
        if not trial.check.is_must:
            return _Ending(_verdict(trial.check, "warn"), str(found[0]), found)
        confirmed = [
            again
            for place, failure in finding.failures.items()
            if (again := confirm(trial, failure, finding.origins[place], self._options.shrinks)) is not None
        ]
        if confirmed:
            return _Ending("fail", str(confirmed[0]), tuple(confirmed))
        return _Ending("warn", f"{_UNSTABLE}: {found[0]}", found, is_unstable=True)

    def _trial(
        self, check: Check[Any, Any, Any], recorder: Recorder[Any, Any], *, afresh: bool = False
    ) -> Trial[Any, Any, Any]:
        return Trial(
            check,
            recorder,
            self._context,
            self._options.hangs,
            lambda count: self._on_judged(check.check_id, count),
            self._stopping.is_set,
            samples=self._options.samples,
            afresh=afresh,
        )


def deal(checks: Sequence[Check[Any, Any, Any]], context: Any, options: Options) -> list[list[Check[Any, Any, Any]]]:
    """Return checks in shards that take about as long as each other; those that share a probe stay together.

    The same checks, context and options always make the same shards.

    Args:
        checks: All of them, in the order of the catalogue.
        context: What cases are made from.
        options: How much is tried; the seed says which of two equal shards is taken.
    """
    probes = {id(check.probe): check.probe for check in checks}
    costs = {key: _cost(probe, context, options) for key, probe in probes.items()}
    loads = [0.0] * SHARDS
    places: dict[int, int] = {}
    for key in sorted(probes, key=lambda one: -costs[one]):  # the longest first, as it fits
        place = min(range(SHARDS), key=lambda one: (loads[one], (one + options.seed) % SHARDS))
        places[key] = place
        loads[place] += costs[key]
    shards: list[list[Check[Any, Any, Any]]] = [[] for _ in range(SHARDS)]
    for check in checks:
        shards[places[id(check.probe)]].append(check)
    return sorted(filter(None, shards), key=lambda shard: -sum(costs[id(check.probe)] for check in shard))


def _cost(probe: Probe[Any, Any], context: Any, options: Options) -> float:
    """Return about how many seconds the cases of a `probe` take."""
    try:
        fixed: list[float] = [case.cost for case in probe.cases(context)]
    except NotApplicable:
        return 0.0
    drawn = options.examples * _DRAWN_SECONDS if probe.drawn is not None else 0.0
    return sum(fixed) + drawn


def _weight(check: Check[Any, Any, Any]) -> str:
    return "fail" if check.is_must else "warn"


def _verdict(check: Check[Any, Any, Any], weight: str) -> str:
    """Return the verdict on what was found: its `weight`, unless the `check` only informs."""
    return "pass" if check.requirement.level == "info" else weight


def _nothing_found(trial: Trial[Any, Any, Any]) -> _Ending:
    return _Ending("pass") if trial.judged else _Ending("skip", trial.why_not or "nothing of it applies")


def _replayed(trial: Trial[Any, Any, Any], case: Any) -> _Ending:
    """Judge the one case that is played again; a crash may be all that was wrong with it."""
    failures = tuple(trial.judge(case))
    observation = trial.recorder.play(case)
    if not failures and observation.crash is not None:
        crash = Failure(case, observation, f"a crash: {observation.crash}", NO_CRASH)
        return _Ending(_weight(trial.check), str(crash), (crash,))
    if not failures:
        return _nothing_found(trial)
    heavy = [one for one in failures if not one.is_warning]
    weight = _weight(trial.check) if heavy else "warn"
    main = heavy or list(failures)
    return _Ending(_verdict(trial.check, weight), str(main[0]), tuple(main))
