"""Every check as a test: `pytest --pyargs contract_tests --tavus-client package.module:callable`."""

from __future__ import annotations

import io
import shlex
from collections.abc import Iterator

import pytest

from contract_tests.client.checks import Check, all_checks
from contract_tests.client.drivers import callable_command
from contract_tests.client.session import DATABASE, Subject, open_session, read_basic_body
from contract_tests.emulator import Emulator
from contract_tests.engine.run import PROFILES, Runner
from contract_tests.extra import KIT_FAULT
from contract_tests.failures import KitError
from contract_tests.report import Finding, TextReporter
from contract_tests.report.model import client_options, replay_command


def _subject(config: pytest.Config) -> Subject:
    client, command = config.getoption("--tavus-client"), config.getoption("--tavus-client-cmd")
    profile, basic_body = config.getoption("--tavus-profile"), config.getoption("--tavus-basic-body")
    if (not client) == (not command):
        raise KitError("name the client: either --tavus-client MODULE:CALLABLE or --tavus-client-cmd COMMAND")
    if profile not in PROFILES:
        raise KitError(f"--tavus-profile: expected one of {', '.join(PROFILES)}, received {profile!r}")
    try:
        driving = callable_command(client) if client else shlex.split(command)
    except ValueError as error:
        raise KitError(f"--tavus-client-cmd: {error}, received {command!r}") from error
    return Subject(
        name=client or command,
        command=driving,
        budget=PROFILES[profile],
        seed=config.getoption("--tavus-seed"),
        database=DATABASE,
        basic_body=None if basic_body is None else read_basic_body(basic_body, "--tavus-basic-body"),
    )


@pytest.fixture(scope="session")
def tavus_runner(request: pytest.FixtureRequest) -> Iterator[Runner]:
    """Return what runs checks against the client that the command line names."""
    try:
        subject = _subject(request.config)
        with (
            Emulator(request.config.getoption("--tavus-emulator")) as emulator,
            open_session(emulator, subject) as runner,
        ):
            yield runner
    except KitError as error:
        if hasattr(request.config, "workerinput"):  # to exit here would look like a crash of the worker
            pytest.fail(f"{KIT_FAULT}\n{error}", pytrace=False)
        pytest.exit(str(error), returncode=2)


@pytest.mark.parametrize("check", all_checks(), ids=lambda check: check.entry.check_id)
def test_client(check: Check, tavus_runner: Runner, request: pytest.FixtureRequest) -> None:
    """A client passes the check; what should be better is an expected failure, what does not apply is skipped."""
    result = tavus_runner.run_one(check)
    told = "not judged" if result.not_judged else "skip" if result.verdict == "skip" else "judged"
    request.node.user_properties.append((f"tavus {check.entry.level}", told))
    if result.verdict == "pass":
        return
    if result.verdict == "skip":
        pytest.skip(result.message)
    replay = ""
    if result.counterexample is not None:
        names = ("--tavus-client", "--tavus-client-cmd", "--tavus-emulator", "--tavus-basic-body")
        naming = client_options(*map(request.config.getoption, names))
        replay = replay_command(naming, check.entry.check_id, result.counterexample)
    shown = io.StringIO()
    TextReporter(shown, color=False, live=False).details(Finding(result, replay=replay))
    if result.verdict == "warn":
        pytest.xfail(shown.getvalue())
    pytest.fail(shown.getvalue(), pytrace=False)
