"""The checks of receivers: each has a requirement, stories, and a function that judges observations."""

from contract_tests.receiver.checks._check import ReceiverCheck, all_checks

__all__ = ["ReceiverCheck", "all_checks"]
