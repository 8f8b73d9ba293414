"""Where the checks of receivers are registered, and how all of them are found."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from contract_tests.engine.model import Check
from contract_tests.engine.registry import Registry, fixed, made
from contract_tests.receiver.case import ReceiverCase
from contract_tests.receiver.context import ReceiverContext
from contract_tests.receiver.observation import ReceiverObservation

__all__ = ["ReceiverCheck", "all_checks", "check", "fixed", "made"]

ReceiverCheck = Check[ReceiverCase, ReceiverObservation, ReceiverContext]

_REGISTRY: Registry[ReceiverCase, ReceiverObservation, ReceiverContext] = Registry(
    "contract_tests.receiver.checks", ("stories", "requests", "life"), ("CBK",)
)
check = _REGISTRY.check


@cache
def all_checks() -> Sequence[ReceiverCheck]:
    """Return every check of receivers, in the order of the catalogue."""
    return _REGISTRY.all()
