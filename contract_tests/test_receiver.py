"""Every check of receivers as a test: `pytest --pyargs contract_tests --tavus-receiver URL`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from contract_tests.api import ConformOptions
from contract_tests.cli.receiver import receiver_from
from contract_tests.pytest_run import named, opened, tell
from contract_tests.receiver.checks import ReceiverCheck, all_checks
from contract_tests.subject import Run, Subject

_HOOKS = ("receiver-state", "created", "fail-next", "state-words", "start", "restart")


@pytest.fixture(scope="session")
def tavus_receiver(request: pytest.FixtureRequest) -> tuple[Subject, ConformOptions]:
    """Return the receiver that the command line names, and how it is judged."""
    get = request.config.getoption
    hooks = {name.replace("-", "_"): get(f"--tavus-{name}") for name in _HOOKS}
    program = ("mock-tavus", "conform-receiver")
    return named(request.config, program, lambda: receiver_from(get("--tavus-receiver"), hooks))


@pytest.fixture(scope="session")
def tavus_run(tavus_receiver: tuple[Subject, ConformOptions], request: pytest.FixtureRequest) -> Iterator[Run]:
    """Return what runs checks against the receiver."""
    yield from opened(*tavus_receiver, request.config)


@pytest.mark.parametrize("check", all_checks(), ids=lambda check: check.check_id)
def test_receiver(
    check: ReceiverCheck,
    tavus_run: Run,
    tavus_receiver: tuple[Subject, ConformOptions],
    request: pytest.FixtureRequest,
) -> None:
    """A receiver passes the check."""
    tell(tavus_run.runner.run_one(check), *tavus_receiver, request)
