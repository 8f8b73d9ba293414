"""The checks: each has its situations, and a function that judges what came of one."""

from contract_tests.client.checks._check import Check, Setting, all_checks

__all__ = ["Check", "Setting", "all_checks"]
