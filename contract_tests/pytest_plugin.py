"""The options of `pytest --pyargs contract_tests`. pytest loads this in every run, so it imports nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

_NAMES = ("contract_tests", "contract_tests.test_client")
_JUDGED: list[str] = []
"""Of each must check whose capability the client has: `judged` or `not judged`."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what names the client, and how it is judged."""
    group = parser.getgroup("tavus", "Tavus client conformance (pytest --pyargs contract_tests)")
    group.addoption("--tavus-client", metavar="MODULE:CALLABLE", help="A Python callable to judge.")
    group.addoption("--tavus-client-cmd", metavar="COMMAND", help="A command to judge, which speaks JSON Lines.")
    group.addoption("--tavus-emulator", metavar="URL", help="Use this emulator instead of starting one.")
    group.addoption("--tavus-profile", default="default", help="How much is tried: quick, default or thorough.")
    group.addoption("--tavus-basic-body", metavar="JSON", help="The smallest body that the client sends.")
    group.addoption("--tavus-seed", type=int, default=0, help="What situations are drawn from.")


def pytest_collection(session: pytest.Session) -> None:
    """Say in one line what is missing, before the checks are collected; only if they were asked for.

    Named by their package alone: whoever collects a folder that has them in it may not want them.
    """
    config = session.config
    if not (config.getoption("pyargs") and any(name.partition("::")[0] in _NAMES for name in config.args)):
        return
    import pytest

    from contract_tests.extra import missing_message

    message = missing_message()
    if not message and (config.getoption("--tavus-client") is None) == (config.getoption("--tavus-client-cmd") is None):
        message = "name the client: either --tavus-client MODULE:CALLABLE or --tavus-client-cmd COMMAND"
    if message:
        pytest.exit(message, returncode=2)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note whether a must check was judged."""
    if report.when == "call":
        _JUDGED.extend(str(told) for name, told in report.user_properties if name == "tavus must" and told != "skip")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Let no run be green that has judged too little."""
    if exitstatus == 0 and 3 * _JUDGED.count("not judged") > len(_JUDGED):
        session.exitstatus = 2


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say why the run counts for nothing."""
    unjudged = _JUDGED.count("not judged")
    if 3 * unjudged > len(_JUDGED):
        terminalreporter.write_line(
            f"Error: {unjudged} of {len(_JUDGED)} must checks were not judged: no request reached the emulator"
        )
