"""Every check of clients as a test: `pytest --pyargs contract_tests --tavus-client package.module:callable`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from contract_tests.api import ConformOptions
from contract_tests.cli.client import subject_from
from contract_tests.client.checks import ClientCheck, all_checks
from contract_tests.pytest_run import named, opened, tell
from contract_tests.subject import Run, Subject


@pytest.fixture(scope="session")
def tavus_client(request: pytest.FixtureRequest) -> tuple[Subject, ConformOptions]:
    """Return the client that the command line names, and how it is judged."""
    get = request.config.getoption
    words = get("--tavus-client"), get("--tavus-client-cmd"), get("--tavus-basic-body"), tuple(get("--tavus-operation"))
    return named(request.config, ("mock-tavus", "conform"), lambda: subject_from(*words, prefix="--tavus-"))


@pytest.fixture(scope="session")
def tavus_run(tavus_client: tuple[Subject, ConformOptions], request: pytest.FixtureRequest) -> Iterator[Run]:
    """Return what runs checks against the client."""
    yield from opened(*tavus_client, request.config)


@pytest.mark.parametrize("check", all_checks(), ids=lambda check: check.check_id)
def test_client(
    check: ClientCheck,
    tavus_run: Run,
    tavus_client: tuple[Subject, ConformOptions],
    request: pytest.FixtureRequest,
) -> None:
    """A client passes the check."""
    tell(tavus_run.runner.run_one(check), *tavus_client, request)
