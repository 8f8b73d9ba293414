"""What the two test modules share: a subject from the options, and a test's end from a check's result."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from typing import NoReturn

import pytest

from contract_tests.api import PROFILES, ConformOptions, naming_of, setup_of
from contract_tests.client.session import DATABASE
from contract_tests.engine.model import CheckResult
from contract_tests.extra import KIT_FAULT
from contract_tests.failures import KitError
from contract_tests.report import Finding, TextReporter
from contract_tests.subject import Run, Subject


def options_of(config: pytest.Config, program: Sequence[str]) -> ConformOptions:
    """Return how a subject is judged, as the command line says.

    Args:
        config: What pytest has read.
        program: What a replay line begins with.

    Raises:
        KitError: The profile does not exist.
    """
    profile = config.getoption("--tavus-profile")
    if profile not in PROFILES:
        raise KitError(f"--tavus-profile: expected one of {', '.join(PROFILES)}, received {profile!r}")
    return ConformOptions(
        profile=profile,
        seed=config.getoption("--tavus-seed"),
        jobs=1,
        emulator=config.getoption("--tavus-emulator"),
        admin_token=config.getoption("--tavus-admin-token"),
        database=DATABASE,
        program=program,
    )


def named(config: pytest.Config, program: Sequence[str], make: Callable[[], Subject]) -> tuple[Subject, ConformOptions]:
    """Return the subject that the command line names, and how it is judged; a fault in either ends the session.

    Args:
        config: What pytest has read.
        program: What a replay line begins with.
        make: Makes the subject.
    """
    try:
        options = options_of(config, program)
        return make(), options
    except KitError as error:
        give_up(error, config)


def opened(subject: Subject, options: ConformOptions, config: pytest.Config) -> Iterator[Run]:
    """Give what judges a subject, for a fixture; a fault of the kit ends the session.

    Args:
        subject: What to judge.
        options: How.
        config: What pytest has read.
    """
    try:
        with subject.open(setup_of(subject, options)) as run:
            yield run
    except KitError as error:
        give_up(error, config)


def give_up(error: KitError, config: pytest.Config) -> NoReturn:
    """End the session without a verdict.

    Args:
        error: Why.
        config: What pytest has read.
    """
    if hasattr(config, "workerinput"):  # to exit here would look like a crash of the worker
        pytest.fail(f"{KIT_FAULT}\n{error}", pytrace=False)
    pytest.exit(str(error), returncode=2)


def tell(
    result: CheckResult[object, object],  # type: ignore[type-var]
    subject: Subject,
    options: ConformOptions,
    request: pytest.FixtureRequest,
) -> None:
    """End a test as its check has ended; what should be better is an expected failure, what does not apply is skipped.

    Args:
        result: What the check has ended in.
        subject: What was judged.
        options: How.
        request: The test.
    """
    told = "not judged" if result.not_judged else "skip" if result.verdict == "skip" else "judged"
    request.node.user_properties.append((f"tavus {result.requirement.level}", told))
    if result.verdict == "pass":
        return
    if result.verdict == "skip":
        pytest.skip(result.message)
    shown = io.StringIO()
    TextReporter(shown, color=False, live=False).details(Finding(result, naming=naming_of(subject, options)))
    if result.verdict == "warn":
        pytest.xfail(shown.getvalue())
    pytest.fail(shown.getvalue(), pytrace=False)
