"""Judge a subject: the one door for the command line, for pytest, and for programs."""

from __future__ import annotations

import json
import os
import shlex
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from contract_tests.baseline import stale_entries
from contract_tests.client.drivers import callable_command
from contract_tests.client.session import ClientSubject
from contract_tests.engine.model import Check, CheckResult, JsonObject, Options
from contract_tests.failures import KitError
from contract_tests.report.grouping import grouped
from contract_tests.report.model import Finding, Report
from contract_tests.requirements import Level
from contract_tests.subject import Run, Setup, Subject

PROFILES = {"quick": 10, "default": 100, "thorough": 1000}
"""How many cases are drawn for each probe."""

_RECEIVER_SHARE = 4
_HANGS = {"thorough": 60}
_LONGEST_WAIT = {"quick": 0.0, "default": 10.0, "thorough": 50.0}
_LEVELS = tuple(Level)


@dataclass(frozen=True, slots=True)
class ConformOptions:
    """How a subject is judged.

    Args:
        profile: `quick`, `default` or `thorough`: how much is tried.
        examples: How many cases are drawn for each probe, instead of the profile's.
        seed: What cases are drawn from.
        jobs: How many checks may run at once; None for as many as there are usable cores.
        only: Ids or groups of checks; empty for all.
        skip: Ids or groups of checks that are left out.
        level: The lightest level that is checked: `must`, `should` or `info`.
        longest_wait: How long a subject is waited for that sets its own pace, in seconds; None for the profile's.
        emulator: Where an emulator runs; None to start one.
        admin_token: What its /__admin asks for.
        known: Ids of failures that are known, and do not count.
        strict: Whether warnings count as failures.
        database: The folder in which counterexamples are kept; None for nowhere.
        replay: The one case to judge, as a report gives it; needs `only` with one id.
        trace: Ids of checks of which judged cases are kept.
        program: What a replay line begins with.
    """

    profile: str = "default"
    examples: int | None = None
    seed: int = 0
    jobs: int | None = None
    only: Sequence[str] = ()
    skip: Sequence[str] = ()
    level: str = "info"
    longest_wait: float | None = None
    emulator: str | None = None
    admin_token: str | None = None
    known: Sequence[str] = ()
    strict: bool = False
    database: Path | None = None
    replay: JsonObject | None = None
    trace: Sequence[str] = ()
    program: Sequence[str] = ("mock-tavus", "conform")

    def engine(self, kind: str = "client") -> Options:
        """Return how much the engine tries.

        Args:
            kind: What is judged; a story of a receiver takes longer than a call of a client, so fewer are drawn.
        """
        drawn = PROFILES[self.profile] // (_RECEIVER_SHARE if kind == "receiver" else 1)
        return Options(
            drawn if self.examples is None else self.examples,
            self.seed,
            hangs=_HANGS.get(self.profile, 4),
            samples=3 if self.trace else 0,
        )

    @property
    def waits(self) -> float:
        """Return how long a subject is waited for that sets its own pace, in seconds."""
        return _LONGEST_WAIT[self.profile] if self.longest_wait is None else self.longest_wait


def callable_client(
    name: str,
    *,
    operations: Sequence[str] = (),
    basic_body: JsonObject | None = None,
    folder: Path | None = None,
) -> ClientSubject:
    """Return a client that is made of Python callables.

    Args:
        name: `package.module:callable`, or `package.module` or `package.module:object` with the operations' names.
        operations: `operation=package.module:callable` for each further operation.
        basic_body: The smallest body that it sends; None to find that out.
        folder: Where it runs; None for here.

    Raises:
        KitError: An operation is not of that form.
    """
    more = dict(one.partition("=")[::2] for one in operations)
    if not all(more.values()):
        raise KitError(f"--operation: expected NAME=MODULE:CALLABLE, received {', '.join(operations)}")
    naming = ["--client", name, *(word for one in operations for word in ("--operation", one))]
    return ClientSubject(name, callable_command(name, more), folder, basic_body, _with_body(naming, basic_body))


def command_client(
    words: Sequence[str],
    *,
    basic_body: JsonObject | None = None,
    folder: Path | None = None,
    title: str | None = None,
) -> ClientSubject:
    """Return a client that is a command, which speaks JSON Lines.

    Args:
        words: The program and its arguments.
        basic_body: The smallest body that it sends; None to find that out.
        folder: Where it runs; None for here.
        title: What it is called in reports; None for its words.

    Raises:
        KitError: There is no word.
    """
    if not words:
        raise KitError("--client-cmd: expected a command, received nothing")
    text = title or shlex.join(words)
    return ClientSubject(text, list(words), folder, basic_body, _with_body(["--client-cmd", text], basic_body))


def _with_body(naming: list[str], basic_body: JsonObject | None) -> list[str]:
    return naming if basic_body is None else [*naming, "--basic-body", json.dumps(basic_body)]


def conform(
    subject: Subject | str,
    options: ConformOptions = ConformOptions(),
    *,
    on_result: Callable[[Finding], None] = lambda finding: None,
    on_judged: Callable[[str, int], None] = lambda check_id, count: None,
    on_interrupt: Callable[[], None] = lambda: None,
) -> Report:
    """Judge a subject and return the report.

    Args:
        subject: What to judge; a text names a Python callable, as `callable_client` takes it.
        options: How.
        on_result: Told of each check's result as soon as the check has ended.
        on_judged: Told of a check's id and how many of its cases have been judged.
        on_interrupt: Called on Ctrl-C, before what was found until then is returned.

    Raises:
        KitError: The options leave no check, the kit does not work here, or the subject cannot be started.
    """
    judged = callable_client(subject) if isinstance(subject, str) else subject
    started = time.monotonic()
    checks = selected(judged, options)
    case = None if options.replay is None else _case(judged, options, checks)
    findings: list[Finding] = []
    interrupted = False
    with judged.open(replace(setup_of(judged, options), on_judged=on_judged)) as run:
        try:
            for result in _results(run, checks, case):
                findings.append(_finding(result, judged, options))
                on_result(findings[-1])
        except KeyboardInterrupt:
            interrupted = True
            on_interrupt()
    order = {check.check_id: number for number, check in enumerate(checks)}
    findings.sort(key=lambda finding: order[finding.requirement.check_id])
    return _report(judged, options, run, findings, time.monotonic() - started, interrupted=interrupted)


def setup_of(subject: Subject, options: ConformOptions) -> Setup:
    """Return what a subject is opened with.

    Args:
        subject: What is judged.
        options: How.
    """
    return Setup(
        options.engine(subject.kind),
        max(1, usable_cores() if options.jobs is None else options.jobs),
        options.waits,
        options.database,
        options.emulator,
        options.admin_token,
    )


def _results(run: Run, checks: Sequence[Check[Any, Any, Any]], case: Any) -> Iterator[CheckResult[Any, Any]]:
    """Return the result of each check as soon as it has ended; with a `case`, of the one check that judges it."""
    if case is not None:
        yield run.runner.run_one(checks[0], case)
    else:
        yield from run.runner.run(checks)


def _finding(result: CheckResult[Any, Any], subject: Subject, options: ConformOptions) -> Finding:
    check_id = result.requirement.check_id
    is_traced = any(_is_meant(name, check_id) for name in options.trace)
    traced = result if is_traced else replace(result, samples=())
    return Finding(traced, check_id in options.known, naming_of(subject, options))


def _report(
    subject: Subject,
    options: ConformOptions,
    run: Run,
    findings: Sequence[Finding],
    seconds: float,
    *,
    interrupted: bool,
) -> Report:
    return Report(
        subject.name,
        run.against,
        options.engine(subject.kind),
        seconds,
        grouped(findings),
        stale_entries(options.known, [one.result for one in findings], strict=options.strict),
        options.strict,
        interrupted,
        subject.kind,
        run.jobs,
        run.notice,
        run.tls,
    )


def naming_of(subject: Subject, options: ConformOptions) -> list[str]:
    """Return what a replay line has before `--only`.

    Args:
        subject: What is judged.
        options: How.
    """
    named = [*options.program, *subject.naming]
    return [*named, "--emulator", options.emulator] if options.emulator else named


def selected(subject: Subject, options: ConformOptions) -> list[Check[Any, Any, Any]]:
    """Return the checks that are wanted.

    Args:
        subject: What is judged.
        options: Which of its checks.

    Raises:
        KitError: A name is no check and no group, or no check is left.
    """
    checks = subject.checks()
    ids = [check.check_id for check in checks]
    for name in (*options.only, *options.skip, *options.trace):
        if not any(_is_meant(name, check_id) for check_id in ids):
            groups = ", ".join(dict.fromkeys(check_id.partition("-")[0] for check_id in ids))
            raise KitError(f"expected a check such as {ids[0]} or a group ({groups}), received {name!r}")
    found = [
        check
        for check in checks
        if _LEVELS.index(check.requirement.level) <= _LEVELS.index(Level(options.level))
        and (not options.only or any(_is_meant(name, check.check_id) for name in options.only))
        and not any(_is_meant(name, check.check_id) for name in options.skip)
    ]
    for name in options.trace:
        if not any(_is_meant(name, check.check_id) for check in found):
            raise KitError(f"--trace: {name} is not among the checks that are run")
    if not found:
        raise KitError("no check is left; --only, --skip and --level leave none")
    return found


def usable_cores() -> int:
    """Return on how many cores this process may run."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _is_meant(name: str, check_id: str) -> bool:
    return name.upper() in (check_id, check_id.partition("-")[0])


def _case(subject: Subject, options: ConformOptions, checks: Sequence[Check[Any, Any, Any]]) -> Any:
    if len(checks) != 1:
        raise KitError("--replay needs --only with the id of one check")
    try:
        return subject.read_case(options.replay or {}, checks[0].requirement.group)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        received = str(options.replay)[:80]
        raise KitError(f"--replay: expected what a report gives ({error}), received {received}") from error
