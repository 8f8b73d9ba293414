"""What an operation works with beside its call."""

from __future__ import annotations

from dataclasses import dataclass

from mock_tavus.engine.scenarios import NOTHING, Outcome
from mock_tavus.families.lifecycle import TrainingSettings
from mock_tavus.store import Account


@dataclass(frozen=True, slots=True)
class OperationContext:
    """The account that calls, how trainings go in it, and what is armed for this very call."""

    account: Account
    training: TrainingSettings
    outcome: Outcome = NOTHING
    max_trainings: int | None = None
