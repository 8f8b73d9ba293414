"""Where the checks of clients are registered, and how all of them are found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from contract_tests.client.case import ClientCase
from contract_tests.client.context import ClientContext
from contract_tests.client.observation import ClientObservation
from contract_tests.engine.model import Check, Probe
from contract_tests.engine.registry import Registry, fixed, made
from contract_tests.requirements import Requirement

__all__ = ["ClientCheck", "ClientProbe", "all_checks", "catalogue", "check", "fixed", "made"]

ClientCheck = Check[ClientCase, ClientObservation, ClientContext]
ClientProbe = Probe[ClientCase, ClientContext]

_REGISTRY: Registry[ClientCase, ClientObservation, ClientContext] = Registry(
    "contract_tests.client.checks",
    (
        *("request", "options", "authentication", "success", "errors", "transport", "deadlines", "security"),
        *("reading", "listing", "changing", "waiting", "patience"),
    ),
    ("REQ", "AUT", "OKP", "ERR", "TRN", "SEC", "GET", "LST", "REN", "DEL", "POL"),
)
check = _REGISTRY.check


@cache
def all_checks() -> Sequence[ClientCheck]:
    """Return every check of clients, in the order of the catalogue."""
    return _REGISTRY.all()


def catalogue() -> Mapping[str, Requirement]:
    """Return what is asked of clients, by id."""
    return {check.check_id: check.requirement for check in all_checks()}
