"""The kit's command line."""

from contract_tests.cli.main import main

__all__ = ["main"]
