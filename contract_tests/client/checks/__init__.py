"""The checks of clients: each has a requirement, a probe, and a function that judges observations."""

from contract_tests.client.checks._check import ClientCheck, all_checks, catalogue

__all__ = ["ClientCheck", "all_checks", "catalogue"]
