"""The options of `pytest --pyargs contract_tests`. pytest loads this in every run, so it imports next to nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from contract_tests.extra import KIT_FAULT, missing_message

if TYPE_CHECKING:
    import pytest

_NAMES = ("contract_tests", "contract_tests.test_client", "contract_tests.test_receiver")
_MODULES = {"test_client.py": ("--tavus-client", "--tavus-client-cmd"), "test_receiver.py": ("--tavus-receiver",)}
"""From a module of tests to the options of which one names its subject."""

_HERE = Path(__file__).parent
_TOLD: list[tuple[str, str]] = []
"""Of each check: `tavus` and its level, and `judged`, `not judged` or `skip`."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what names the client, and how it is judged."""
    group = parser.getgroup("tavus", "Tavus conformance (pytest --pyargs contract_tests)")
    group.addoption("--tavus-client", metavar="MODULE:CALLABLE", help="A Python callable to judge.")
    group.addoption("--tavus-client-cmd", metavar="COMMAND", help="A command to judge, which speaks JSON Lines.")
    group.addoption(
        "--tavus-operation",
        metavar="NAME=MODULE:CALLABLE",
        action="append",
        default=[],
        help="A callable for another operation (repeatable).",
    )
    group.addoption("--tavus-receiver", metavar="URL", help="An endpoint that takes callbacks, to judge.")
    group.addoption("--tavus-receiver-state", metavar="CMD|URL", help="What tells the state of a replica.")
    group.addoption("--tavus-created", metavar="CMD|URL", help="What is told of the response to a create.")
    group.addoption("--tavus-fail-next", metavar="CMD|URL", help="What has the next callback of a replica fail.")
    group.addoption("--tavus-state-words", metavar="WORDS", help="What states are called: ready=done,error=failed.")
    group.addoption("--tavus-start", metavar="CMD", help="What starts the receiver.")
    group.addoption("--tavus-restart", metavar="CMD", help="What starts it anew.")
    group.addoption("--tavus-admin-token", metavar="TOKEN", help="What the emulator's control plane asks for.")
    group.addoption("--tavus-emulator", metavar="URL", help="Use this emulator instead of starting one.")
    group.addoption("--tavus-profile", default="default", help="How much is tried: quick, default or thorough.")
    group.addoption("--tavus-basic-body", metavar="JSON", help="The smallest body that the client sends.")
    group.addoption("--tavus-seed", type=int, default=0, help="What situations are drawn from.")


def pytest_configure(config: pytest.Config) -> None:
    """Say in one line what is missing, before anything is collected; only if the checks were asked for.

    Named by their package alone: whoever collects a folder that has them in it may not want them.
    """
    is_worker = hasattr(config, "workerinput")
    if is_worker or not (config.getoption("pyargs") and any(name.partition("::")[0] in _NAMES for name in config.args)):
        return
    import pytest

    message = missing_message()
    if not message and not any(config.getoption(name) for names in _MODULES.values() for name in names):
        message = "name the client: either --tavus-client MODULE:CALLABLE or --tavus-client-cmd COMMAND"
    if not message and config.getoption("--tavus-client") and config.getoption("--tavus-client-cmd"):
        message = "name the client: either --tavus-client MODULE:CALLABLE or --tavus-client-cmd COMMAND"
    if not message and config.getoption("--tavus-emulator") and config.getoption("numprocesses", None):
        message = "--tavus-emulator: several workers (-n) would arm the same wire; leave one of the two out"
    if message:
        pytest.exit(message, returncode=2)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out the tests of a subject that is not named."""
    names = _MODULES.get(collection_path.name)
    if names is None or collection_path.parent != _HERE or any(config.getoption(name) for name in names):
        return None
    return True


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note whether a check was judged, and whether the kit could work at all."""
    if report.when == "call":
        for name, told in report.user_properties:
            if str(name).startswith("tavus "):
                _TOLD.append((str(name), str(told)))
    elif report.failed and KIT_FAULT in report.longreprtext:
        _TOLD.append(("tavus kit", KIT_FAULT))


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Let no run be green that has judged too little, and none be a verdict if the kit could not work."""
    if _unjudged_reason() and (exitstatus == 0 or ("tavus kit", KIT_FAULT) in _TOLD):
        session.exitstatus = 2


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say why the run counts for nothing."""
    if reason := _unjudged_reason():
        terminalreporter.write_line(f"Error: {reason}")


def _unjudged_reason() -> str:
    if not _TOLD:
        return ""
    if ("tavus kit", KIT_FAULT) in _TOLD:
        return "the kit could not judge the client; see above"
    from contract_tests.report.model import unjudged_reason

    return unjudged_reason([(name == "tavus must", told) for name, told in _TOLD])
