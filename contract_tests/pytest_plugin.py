"""The options of `pytest --pyargs contract_tests`. pytest loads this in every run, so it imports nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what names the client, and how it is judged."""
    group = parser.getgroup("tavus", "Tavus client conformance (pytest --pyargs contract_tests)")
    group.addoption("--tavus-client", metavar="MODULE:CALLABLE", help="A Python callable to judge.")
    group.addoption("--tavus-client-cmd", metavar="COMMAND", help="A command to judge, which speaks JSON Lines.")
    group.addoption("--tavus-emulator", metavar="URL", help="Use this emulator instead of starting one.")
    group.addoption("--tavus-profile", default="default", help="How much is tried: quick, default or thorough.")
    group.addoption("--tavus-seed", type=int, default=0, help="What situations are drawn from.")
