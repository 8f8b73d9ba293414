"""The command line."""

from mock_tavus.cli.main import main

__all__ = ["main"]
