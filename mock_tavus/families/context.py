"""What an operation works with beside its call."""

from __future__ import annotations

from dataclasses import dataclass

from mock_tavus.contract import Operation
from mock_tavus.families.lifecycle import TrainingSettings
from mock_tavus.outcomes import NOTHING, Outcome
from mock_tavus.store import Account


@dataclass(frozen=True, slots=True)
class OperationContext:
    """Who calls, by which contract, and what is to become of this very call.

    Args:
        account: The account that calls.
        operation: What the contract says of the operation.
        training: How trainings go.
        outcome: What was armed or asked for.
        max_trainings: How many trainings an account may start; None for any number.
    """

    account: Account
    operation: Operation
    training: TrainingSettings
    outcome: Outcome = NOTHING
    max_trainings: int | None = None
