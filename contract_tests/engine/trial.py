"""One check at work: which of its situations the client has met, and how each of the others falls short."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from contract_tests.client.bench import Lab
from contract_tests.client.case import Episode, Situation
from contract_tests.client.checks import Check
from contract_tests.client.shrinking import single_fields
from contract_tests.failures import CheckFailed, NotApplicable, NotJudged

_MAX_CALLS = 5
_UNSEEN = ("TRN-10",)
"""Checks whose connection nobody can see: it is refused."""

_INDEPENDENT = ("TRN-01", "TRN-11")
"""Checks whose calls are played one after the other to save time alone: each can be judged by itself."""

_FRESH_TRIES = 3
"""How many situations of a check that were not judged are played once more in a client that is started anew."""

_MAX_CRASHES = 4
"""A check ends when the client has crashed in more situations than this: each may have taken seconds."""


class TooManyCrashes(Exception):
    """The client has crashed so often that the check is stopped.

    Args:
        situation: One in which it has crashed.
        message: What to say.
    """

    def __init__(self, situation: Situation, message: str) -> None:
        super().__init__(message)
        self.situation = situation


class Trial:
    """Judge one check's situations, and remember what came of each.

    Args:
        check: Which.
        lab: Where they are played.
        on_example: Told of the check's id and how many of its situations were judged.
        afresh: Whether all are played anew, even those that another check has played before.
        hangs_for: How long the client may hang in all, over all checks, before this one is stopped, in seconds.
    """

    def __init__(
        self,
        check: Check,
        lab: Lab,
        on_example: Callable[[str, int], None],
        *,
        afresh: bool = False,
        hangs_for: float = math.inf,
    ) -> None:
        self.check = check
        self._lab = lab
        self._on_example = on_example
        self._afresh = afresh
        self._known: dict[str, CheckFailed | None] = {}
        self._refused: set[str] = set()
        self._before: dict[str, Sequence[Situation]] = {}
        self._crashes = 0
        self._crashed: Situation | None = None
        self._hangs_for = hangs_for
        self.failures: dict[str, tuple[Episode, CheckFailed]] = {}
        """From the key of a situation to what came of it, and how that falls short."""
        self.origins: list[Situation] = []
        """What failed before anything was made smaller."""
        self.warned: Situation | None = None
        """The first that is worth a warning, and not a failure."""
        self.judged = 0
        self._fresh_tries = 0
        self._unjudged: set[str] = set()
        self.unjudged = 0
        """How many situations came to nothing that could be judged, for no request reached the emulator."""
        self.why_not = ""

    def first_failing(self, situations: Iterable[Situation]) -> Situation | None:
        """Return the first of some situations that fails; what is worth a warning only is kept in `warned`.

        Of one that the client refuses, each field is tried alone: it may have refused the whole because of one.
        """
        for situation in situations:
            for one in itertools.chain([situation], self._parts(situation)):
                self.must_go_on()
                if self.fails(one):
                    return one
        return None

    def _parts(self, situation: Situation) -> Iterator[Situation]:
        if self.judge(situation) is not None:
            return
        if situation.key in self._refused:
            yield from single_fields(situation)
        if situation.key in self._unjudged and self.check.entry.check_id in _INDEPENDENT:
            yield from (replace(situation, calls=(call,)) for call in situation.calls)

    def must_go_on(self) -> None:
        """Have more situations be worth their time.

        Raises:
            TooManyCrashes: The client has crashed again and again.
            NotJudged: It has hung for too long in all.
        """
        if self._crashed is not None and self._crashes > _MAX_CRASHES:
            raise TooManyCrashes(self._crashed, f"the client crashed in {self._crashes} cases; the check was stopped")
        if self._lab.hung_seconds > self._hangs_for:
            raise NotJudged(f"the client hung for {self._lab.hung_seconds:.0f} s in all; the check was stopped")

    def fails(self, situation: Situation, *, again: bool = False) -> bool:
        """Return whether a situation fails; a warning is no failure."""
        failure = self.judge(situation, again=again)
        return failure is not None and not failure.is_warning

    def judge(self, situation: Situation, *, again: bool = False) -> CheckFailed | None:
        """Return how a situation fails; None if it passes, or if the check does not apply to it."""
        key = situation.key
        if key in self._known and not again:
            return self._known[key]
        before = tuple(self._lab.latest)
        episode = self._lab.play(situation, again=again or self._afresh)
        self._count_crashes(episode)
        if not any(played.requests for played in episode.played):
            self._refused.add(key)
        failure = self._judge(episode)
        if key in self._unjudged and not again and self._may_try_afresh(episode):
            self._unjudged.discard(key)
            self.unjudged -= 1
            self._lab.restart()
            episode = self._lab.play(situation, again=True)
            failure = self._judge(episode)
        if not again:
            self._known[key] = failure
        if failure is not None:
            self.failures[key] = (episode, failure)
            if failure.is_warning:
                self.warned = self.warned or situation
            self._before.setdefault(key, before)
        return failure

    def _may_try_afresh(self, episode: Episode) -> bool:
        """Return whether what sent nothing is played once more in a client that is started anew, and count that.

        An earlier call may have made the client refuse this one, as a circuit breaker does.
        """
        is_silent = any(not played.requests for played in episode.played)
        if episode.crash is not None or not is_silent or self._fresh_tries >= _FRESH_TRIES:
            return False
        self._fresh_tries += 1
        return True

    def with_calls_before(self, situation: Situation) -> Iterator[Situation]:
        """Return a situation behind those that were played before it, for a failure that depends on them."""
        calls = situation.calls
        for earlier in reversed(self._before.get(situation.key, ())):
            calls = (*earlier.calls, *calls)
            if len(calls) <= _MAX_CALLS:
                yield replace(situation, calls=calls)

    def _judge(self, episode: Episode) -> CheckFailed | None:
        unsupported = [
            one.outcome for one in episode.played if one.outcome.outcome == "unsupported" and not one.requests
        ]
        try:
            if unsupported:
                raise NotApplicable(unsupported[0].message or "it does not offer this")
            self._must_have_evidence(episode)
            self.check.judge(episode)
        except NotJudged as reason:
            self.unjudged += 1
            self._unjudged.add(episode.situation.key)
            self.why_not = self.why_not or str(reason)
            return None
        except NotApplicable as reason:
            if episode.crash is not None:  # a crash is never a skip
                self._count()
                return CheckFailed(f"a crash: {episode.crash}", "an answer, or an error")
            self.why_not = self.why_not or str(reason)
            return None
        except CheckFailed as failure:
            self._count()
            return failure
        self._count()
        return None

    def _must_have_evidence(self, episode: Episode) -> None:
        """Let only what shows something be judged: a client that sends nothing has not kept any rule of sending.

        Raises:
            NotJudged: No request reached the emulator, or no connection where that is what counts.
            CheckFailed: None did, for the client has crashed.
        """
        wanted = self.check.entry.evidence
        if wanted == "refusal" or self.check.entry.check_id in _UNSEEN:
            return
        if any(played.requests or (wanted == "connection" and played.has_reached) for played in episode.played):
            return
        if episode.crash is not None:
            raise CheckFailed(f"no request, and {episode.crash}", "a request")
        raise NotJudged(f"no request reached the emulator; the client reported {episode.last.outcome}")

    def _count_crashes(self, episode: Episode) -> None:
        if episode.crash is not None:
            self._crashes += 1
            self._crashed = episode.situation

    def _count(self) -> None:
        self.judged += 1
        self._on_example(self.check.entry.check_id, self.judged)
