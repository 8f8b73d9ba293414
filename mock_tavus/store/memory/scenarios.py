"""What is armed, in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from threading import RLock

from mock_tavus.outcomes import Scenario


class MemoryScenarios:
    """Keep scenarios in the order in which they were armed.

    Args:
        lock: Shared by the stores of an emulator.
    """

    def __init__(self, lock: RLock) -> None:
        self._lock = lock
        self._last_number = 0
        self._by_id: dict[str, Scenario] = {}
        self._armed: tuple[Scenario, ...] = ()

    def arm(self, scenario: Scenario, limit: int) -> Scenario | None:
        """Remember a scenario and return it with an id of its own; None if `limit` are armed already."""
        with self._lock:
            if len(self._by_id) >= limit:
                return None
            self._last_number += 1
            named = replace(scenario, scenario_id=f"sc_{self._last_number:06d}")
            self._by_id[named.scenario_id] = named
            self._changed()
            return named

    def armed(self, account_id: str | None = None) -> Sequence[Scenario]:
        """Return what is armed for one account alone, or all that is armed, the oldest first.

        Args:
            account_id: The account's id; None for all of them.
        """
        if account_id is None:
            return self._armed
        return [one for one in self._armed if one.account_id == account_id]

    def use(self, scenario: Scenario) -> bool:
        """Count a scenario as used once more, in one step; return False if it is not armed any more.

        Args:
            scenario: The scenario.
        """
        with self._lock:
            known = self._by_id.get(scenario.scenario_id)
            if known is None:
                return False
            if known.times == 1:
                del self._by_id[known.scenario_id]
            elif known.times is not None:
                self._by_id[known.scenario_id] = replace(known, times=known.times - 1)
            if known.times is not None:
                self._changed()
            return True

    def disarm(self, scenario_id: str | None = None, account_id: str | None = None) -> int:
        """Forget one scenario, an account's, or all, and return how many there were.

        Args:
            scenario_id: The scenario's id; None for every one.
            account_id: The account's id; None for all of them.
        """
        with self._lock:
            gone = [
                one.scenario_id
                for one in self._by_id.values()
                if scenario_id in (None, one.scenario_id) and account_id in (None, one.account_id)
            ]
            for each in gone:
                del self._by_id[each]
            self._changed()
            return len(gone)

    def _changed(self) -> None:
        self._armed = tuple(self._by_id.values())  # read by every request, without the lock
