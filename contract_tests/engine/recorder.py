"""Play each case once, and remember its observation: the only memory of the engine."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Generic

from contract_tests.engine.model import Bench, C, O

_REMEMBERED = 3


class Recorder(Generic[C, O]):
    """Play cases on a bench.

    Args:
        bench: Where they are played.
    """

    def __init__(self, bench: Bench[C, O]) -> None:
        self._bench = bench
        self._observations: dict[str, O] = {}
        self._before: dict[str, Sequence[C]] = {}
        self._latest: deque[C] = deque(maxlen=_REMEMBERED)
        self.hangs = 0
        """How many calls were ended because no answer came."""

    def knows(self, case: C) -> bool:
        """Return whether a `case` has been played."""
        return case.key in self._observations

    def play(self, case: C, *, again: bool = False) -> O:
        """Return the observation of a case.

        Args:
            case: What to play.
            again: Whether to play it even if it has been played before.
        """
        key = case.key
        if again or key not in self._observations:
            self._before[key] = tuple(self._latest)
            observation = self._bench.play(case, patiently=again)
            self.hangs += observation.hangs
            self._latest.append(case)
            self._observations[key] = observation
        return self._observations[key]

    def before(self, case: C) -> Sequence[C]:
        """Return what was played before a `case`, the latest at the end."""
        return self._before.get(case.key, ())

    def restart(self) -> None:
        """Start the subject anew."""
        self._latest.clear()
        self._bench.restart()
