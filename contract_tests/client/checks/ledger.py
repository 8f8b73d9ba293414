"""How many trainings a call has bought."""

from __future__ import annotations

from contract_tests.client.causes import Cause
from contract_tests.client.observation import Step
from contract_tests.failures import CheckFailed


def buys_one(step: Step) -> None:
    """Assert that a `step` ended, and bought one training at most."""
    buys_no_second(step)
    if step.outcome.outcome == "crash":
        raise CheckFailed(str(step.outcome), "an end, with one training")


def buys_no_second(step: Step) -> None:
    """Assert that a `step` bought one training at most, by the emulator's ledger."""
    if step.created > 1:
        received = f"{step.created} trainings, by the emulator's ledger"
        raise CheckFailed(received, "one: a create is not repeated blindly", cause=Cause.REPEATS_CREATES)
