"""Which checks run, in what order, with what budget; and what each of them ends in."""

from __future__ import annotations

import hashlib
import itertools
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import seed as seeded
from hypothesis.database import DirectoryBasedExampleDatabase
from hypothesis.errors import FlakyFailure

from contract_tests.catalogue import Entry
from contract_tests.client.bench import Lab
from contract_tests.client.case import Episode, Situation
from contract_tests.client.checks import Check, Setting
from contract_tests.client.shrinking import reduce_situation
from contract_tests.engine.trial import TooManyCrashes, Trial
from contract_tests.failures import CheckFailed, KitError, NotApplicable, NotJudged

_REPLAYS = 2
"""A failure is played so many times more, in a client that is started anew; one of these must fail, too."""

_KEPT_FORMAT = 2
"""The version of the form in which counterexamples are kept."""

_REDUCES_FOR = 15.0
"""How long smaller situations are looked for, in seconds."""


@dataclass(frozen=True, slots=True)
class Budget:
    """How much is tried.

    Args:
        examples: How many situations Hypothesis draws for each check.
        seconds: How long may be drawn and shrunk, for all checks together that draw the same; fixed cases always run.
        longest_wait: How long a client that was given no timeout is waited for, in seconds; 0 for not to try that.
        hangs_for: How long a client may hang in all, in seconds; what is left then is not judged.
    """

    examples: int
    seconds: float
    longest_wait: float = 0.0
    hangs_for: float = 30.0


# A wire that hangs does so for a minute: what waits longer for itself cannot be told apart.
PROFILES = {"quick": Budget(10, 0.5), "default": Budget(100, 4.0), "thorough": Budget(1000, 120.0, 50.0, 600.0)}


@dataclass(frozen=True, slots=True)
class Result:
    """What a check has ended in.

    Args:
        entry: Its row in the catalogue.
        verdict: `pass`, `fail`, `warn`, `skip` or `error`.
        examples: How many situations were judged.
        message: Why it is not a pass.
        counterexample: The smallest situation that was found to fail, and what came of it.
        seconds: How long it took.
        not_judged: Whether a `skip` is one because no request reached the emulator, not because the client does not
            offer what the check needs.
    """

    entry: Entry
    verdict: str
    examples: int = 0
    message: str = ""
    counterexample: Episode | None = None
    seconds: float = 0.0
    not_judged: bool = False


class Runner:
    """Run checks against one client.

    Args:
        lab: Where situations are played.
        setting: What situations are made from.
        budget: How much is tried.
        seed: What Hypothesis draws from.
        database: The folder in which counterexamples are kept, to be tried first the next time; None for nowhere.
        client: What tells the client's counterexamples from another one's.
        on_example: Told of a check's id and how many of its situations were judged.
    """

    def __init__(
        self,
        lab: Lab,
        setting: Setting,
        budget: Budget,
        *,
        seed: int = 0,
        database: Path | None = None,
        client: str = "",
        on_example: Callable[[str, int], None] = lambda check_id, count: None,
    ) -> None:
        self._lab = lab
        self._setting = setting
        self._budget = budget
        self._seed = seed
        self._database = None if database is None else DirectoryBasedExampleDatabase(database)
        self._client = client
        self._on_example = on_example
        self._spent: dict[object, float] = {}

    def run(self, checks: Sequence[Check]) -> Iterator[Result]:
        """Run checks one after the other, and return each result as soon as it is there."""
        for check in checks:
            yield self.run_one(check)

    def run_one(self, check: Check, only: Situation | None = None) -> Result:
        """Run one check.

        Args:
            check: Which.
            only: The one situation to judge; None for all of the check's own.
        """
        started = time.monotonic()
        if self._lab.hung_seconds > self._budget.hangs_for:
            message = f"the client hung for {self._lab.hung_seconds:.0f} s in all; this check was not run"
            return Result(check.entry, "skip", message=message, not_judged=True)
        trial = self._trial(check)
        try:
            if only is not None:
                ending = self._replayed(trial, only)
            else:
                kept = self._kept(check)
                ending = self._ending(trial, self._find(trial, kept))
                if ending.is_unstable:  # what other checks have left in the client may hide what it does by itself
                    self._lab.restart()
                    afresh = self._trial(check, afresh=True)
                    second = self._ending(afresh, self._find(afresh, kept))
                    ending = second if second.verdict == "fail" else ending
                self._keep(check, kept, ending.episode)
        except TooManyCrashes as reason:
            ending = self._crashed(trial, reason)
        except NotApplicable as reason:
            ending = _Ending("skip", str(reason), not_judged=isinstance(reason, NotJudged))
        except KitError as error:
            ending = _Ending("error", str(error))
        except Exception as error:
            ending = _Ending("error", f"{type(error).__name__}: {error}")
        seconds = time.monotonic() - started
        return Result(
            check.entry, ending.verdict, trial.judged, ending.message, ending.episode, seconds, ending.not_judged
        )

    def _trial(self, check: Check, *, afresh: bool = False) -> Trial:
        return Trial(check, self._lab, self._on_example, afresh=afresh, hangs_for=self._budget.hangs_for)

    def _replayed(self, trial: Trial, only: Situation) -> _Ending:
        """Judge the one situation that is played again; a crash may be all that was wrong with it."""
        ending = self._ending(trial, trial.first_failing([only]) or trial.warned)
        episode = self._lab.play(only)
        if ending.verdict in ("pass", "skip") and episode.crash is not None:
            message = f"Received: a crash: {episode.crash} / Documented: an answer, or an error, to every call"
            return _Ending("fail" if trial.check.entry.level == "must" else "warn", message, episode)
        return ending

    def _crashed(self, trial: Trial, reason: TooManyCrashes) -> _Ending:
        """Return what a check ends in that was stopped by crashes: they are shown, and are no skip."""
        verdict = "fail" if trial.check.entry.level == "must" else "warn"
        message = f"Received: {reason} / Documented: an answer, or an error, to every call"
        return _Ending(verdict, message, self._lab.play(reason.situation))

    def _find(self, trial: Trial, kept: Sequence[Situation]) -> Situation | None:
        """Return the smallest situation that fails, or else one that is worth a warning."""
        cases = itertools.chain(kept, trial.check.cases(self._setting))
        found = trial.first_failing(cases) or self._search(trial) or trial.warned
        if found is None:
            return None
        trial.origins.append(found)
        is_warning = trial.failures[found.key][1].is_warning

        def fails_too(smaller: Situation) -> bool:
            failure = trial.judge(smaller)
            return failure is not None and failure.is_warning == is_warning

        return _reduced(found, fails_too)

    def _kept(self, check: Check) -> list[Situation]:
        """Return the counterexamples of earlier runs, for the same client."""
        if self._database is None:
            return []
        kept = []
        for value in sorted(self._database.fetch(self._key(check))):
            try:
                kept.append(Situation.from_json(json.loads(value)))
            except (ValueError, TypeError, KeyError, AttributeError):  # another version of the kit wrote it, or nobody
                self._database.delete(self._key(check), value)
        return kept

    def _keep(self, check: Check, kept: Sequence[Situation], found: Episode | None) -> None:
        """Keep a counterexample for the next run, in place of those that are no longer any."""
        if self._database is None:
            return
        key = self._key(check)
        for situation in kept:
            self._database.delete(key, situation.key.encode())
        if found is not None:
            self._database.save(key, found.situation.key.encode())

    def _key(self, check: Check) -> bytes:
        return hashlib.sha256(f"{_KEPT_FORMAT} {check.entry.check_id} {self._client}".encode()).digest()

    def _search(self, trial: Trial) -> Situation | None:
        """Have Hypothesis draw situations, and shrink one that fails."""
        drawn = trial.check.drawn
        if drawn is None:
            return None
        started = time.monotonic()
        deadline = started + self._budget.seconds - self._spent.get(drawn, 0.0)
        failing: list[Situation] = []

        def judge(situation: Situation) -> None:
            # What is found at the end of the budget is shrunk all the same, for as long again.
            late = time.monotonic() - deadline
            if late > (self._budget.seconds if failing else 0.0) and not self._lab.knows(situation):
                return
            if not failing:
                trial.must_go_on()
            if trial.fails(situation):
                failing.append(situation)
                raise trial.failures[situation.key][1]

        test: Any = given(drawn(self._setting))(judge)
        configured = settings(
            max_examples=self._budget.examples,
            deadline=None,
            database=None,  # Hypothesis keeps nothing of a run that has a seed; see `_keep`
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
            print_blob=False,
            verbosity=Verbosity.quiet,
        )
        try:
            seeded(self._seed)(configured(test))()
        except (CheckFailed, FlakyFailure):
            trial.origins.extend(failing[:1])
            return failing[-1] if failing else None
        finally:
            self._spent[drawn] = self._spent.get(drawn, 0.0) + time.monotonic() - started
        return None

    def _ending(self, trial: Trial, failing: Situation | None) -> _Ending:
        if failing is None:
            if not trial.judged:
                why = trial.why_not or "nothing of it applies"
                return _Ending("skip", why, not_judged=trial.unjudged > 0)
            return _Ending("pass")
        episode, failure = trial.failures[failing.key]
        if trial.check.entry.level != "must" or failure.is_warning:
            return _Ending("pass" if trial.check.entry.level == "info" else "warn", str(failure), episode)

        def fails_anew(candidate: Situation) -> bool:
            self._lab.restart()  # so that whoever plays it again sees the same
            return trial.fails(candidate, again=True)

        # What is left of a failure may have failed only because the client was broken by then.
        candidates = (failing, *trial.origins, *trial.with_calls_before(failing))
        for candidate in {one.key: one for one in candidates}.values():
            if any(fails_anew(candidate) for _ in range(_REPLAYS)):
                smallest = candidate if candidate == failing else _reduced(candidate, fails_anew)
                episode, failure = trial.failures[smallest.key]
                return _Ending("fail", str(failure), episode)
        message = f"unstable, it may depend on earlier calls: in a client started anew it did not come again: {failure}"
        return _Ending("warn", message, episode, is_unstable=True)


def _reduced(situation: Situation, fails: Callable[[Situation], bool]) -> Situation:
    """Return a smaller situation that fails, as small as can be found in some seconds: a client may take them all."""
    deadline = time.monotonic() + _REDUCES_FOR
    return reduce_situation(situation, lambda smaller: time.monotonic() < deadline and fails(smaller))


@dataclass(frozen=True, slots=True)
class _Ending:
    """What the judgements of a check come to."""

    verdict: str
    message: str = ""
    episode: Episode | None = None
    is_unstable: bool = False
    not_judged: bool = False
