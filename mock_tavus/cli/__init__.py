"""The command line."""

from mock_tavus.cli.commands import main

__all__ = ["main"]
