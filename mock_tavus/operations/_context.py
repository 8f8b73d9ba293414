"""What an operation works with beside its call."""

from __future__ import annotations

from dataclasses import dataclass

from mock_tavus.store import Account
from mock_tavus.training import TrainingSettings


@dataclass(frozen=True, slots=True)
class OperationContext:
    """The account that calls, and how trainings go in it."""

    account: Account
    training: TrainingSettings
