"""The options that every subject has, and how a run is reported."""

from __future__ import annotations

import functools
import json
import os
import signal
import sys
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

import click

from contract_tests.api import PROFILES, ConformOptions, conform, selected
from contract_tests.baseline import baseline_of, read_baseline
from contract_tests.client.session import DATABASE
from contract_tests.failures import KitError
from contract_tests.report import Report, TextReporter, html_report, json_report, junit_report
from contract_tests.report.github import write_github
from contract_tests.report.repro import write_repros
from contract_tests.requirements import Level
from contract_tests.subject import Subject

EXIT_CODES = """
Exit codes: 0 fine; 1 the subject fell short, or the baseline has an entry that does not fail any more; 2 a mistake in
the options, the kit could not do its work, or too little could be judged; 130 interrupted.
"""

_FILE = click.Path(dir_okay=False, path_type=Path)
_FOLDER = click.Path(file_okay=False, path_type=Path)
_PROGRAMS: Mapping[str, tuple[str, ...]] = {
    "conform": ("mock-tavus", "conform"),
    "conform-receiver": ("mock-tavus", "conform-receiver"),
    "client": ("mock-tavus-contract", "client"),
    "receiver": ("mock-tavus-contract", "receiver"),
}
"""From the name of a command to what the user typed."""

_OPTIONS = (
    click.option("--emulator", metavar="URL", help="Use this emulator, which has a wire, instead of starting one."),
    click.option("--admin-token", help="What the emulator's control plane asks for."),
    click.option(
        "--only", multiple=True, metavar="ID", help="Only these checks, by id or group: SEC-01, SEC (repeatable)."
    ),
    click.option("--skip", multiple=True, metavar="ID", help="Not these checks, by id or group (repeatable)."),
    click.option(
        "--level",
        type=click.Choice([str(level) for level in Level]),
        default="info",
        show_default=True,
        help="Checks of this level and above.",
    ),
    click.option(
        "--profile", type=click.Choice(list(PROFILES)), default="default", show_default=True, help="How much is tried."
    ),
    click.option(
        "--examples", type=click.IntRange(0), help="How many cases are drawn for a probe, instead of the profile's."
    ),
    click.option("--seed", type=int, default=0, show_default=True, help="What cases are drawn from."),
    click.option("--jobs", type=click.IntRange(1), help="How many checks run at once; by default, one for each core."),
    click.option(
        "--longest-wait",
        type=click.FloatRange(0),
        metavar="SECONDS",
        help="How long to wait for what sets its own timeout or interval.",
    ),
    click.option("--strict", is_flag=True, help="Warnings count as failures."),
    click.option("--baseline", type=_FILE, help="A file of known failures, which do not count."),
    click.option("--write-baseline", type=_FILE, help="Write the failures of this run as a baseline."),
    click.option("--report-json", type=_FILE, help="Write a report for programs."),
    click.option("--report-junit", type=_FILE, help="Write a report for CI servers."),
    click.option("--report-html", type=_FILE, help="Write a report for a browser, in one file."),
    click.option("--repro", type=_FOLDER, help="Write a program for each failure, which plays the server's part."),
    click.option("--github", is_flag=True, help="Write a step summary and annotations for GitHub Actions."),
    click.option("--durations", is_flag=True, help="Tell where the time went."),
    click.option("--trace", multiple=True, metavar="ID", help="Show what came of some cases of a check (repeatable)."),
    click.option("--replay", metavar="JSON", help="Play one case again, which a report gives; needs one --only."),
    click.option(
        "--no-database", is_flag=True, help="Do not keep counterexamples in .hypothesis, nor try those kept before."
    ),
)


def run_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a `command` the options that every subject has."""
    return functools.reduce(lambda decorated, option: option(decorated), reversed(_OPTIONS), command)


def run(read_subject: Callable[[dict[str, Any]], Subject], options: dict[str, Any]) -> None:
    """Judge a subject, report, and end the program with the exit code.

    Args:
        read_subject: From the options to the subject.
        options: What the command line says.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: nothing that was started is left behind
    try:
        sys.exit(_judge(read_subject(options), options))
    except KitError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(2)
    except KeyboardInterrupt:
        click.echo("\nInterrupted before anything was judged.", err=True)
        sys.exit(130)


def _judge(subject: Subject, given: dict[str, Any]) -> int:
    options = _conform_options(given, [check.check_id for check in subject.checks()])
    is_terminal = sys.stdout.isatty()
    order = [check.check_id for check in selected(subject, options)]
    reporter = TextReporter(
        sys.stdout, color=is_terminal and "NO_COLOR" not in os.environ, live=is_terminal, order=order
    )
    report = conform(
        subject, options, on_result=reporter.result, on_judged=reporter.progress, on_interrupt=_ignore_signals
    )
    reporter.end(report)
    if report.unjudged_reason:
        click.echo(f"Error: {report.unjudged_reason}", err=True)
    if given["durations"]:
        reporter.durations(report)
    for finding in report.findings:
        if finding.result.samples:
            reporter.trace(finding)
    _write(given, report)
    return report.exit_code


def _ignore_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM):  # what was found is to be told, whatever comes now
        signal.signal(number, signal.SIG_IGN)


def _conform_options(given: dict[str, Any], ids: Collection[str]) -> ConformOptions:
    return ConformOptions(
        profile=given["profile"],
        examples=given["examples"],
        seed=given["seed"],
        jobs=given["jobs"],
        only=given["only"],
        skip=given["skip"],
        level=given["level"],
        longest_wait=given["longest_wait"],
        emulator=given["emulator"],
        admin_token=given["admin_token"],
        known=read_baseline(given["baseline"], ids) if given["baseline"] else (),
        strict=given["strict"],
        database=None if given["no_database"] else DATABASE,
        replay=None if given["replay"] is None else _read_replay(given["replay"]),
        trace=tuple(name.upper() for name in given["trace"]),
        program=_PROGRAMS[click.get_current_context().info_name or "conform"],
    )


def _read_replay(text: str) -> Any:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise KitError(f"--replay: expected what a report gives ({error}), received {text[:80]!r}") from error
    if not isinstance(value, dict):
        raise KitError(f"--replay: expected what a report gives, an object, received {text[:80]!r}")
    return value


def _write(given: dict[str, Any], report: Report) -> None:
    """Write the reports that were asked for; a baseline only of a whole run, for what is missing in it fails later.

    Raises:
        KitError: One of them cannot be written; the others are.
    """
    is_whole = not (report.interrupted or report.unjudged_reason)
    if given["write_baseline"] is not None and not is_whole:
        click.echo(f"{given['write_baseline']} was not written: this run has not judged everything.", err=True)
    faults = []
    for path, text in (
        (given["report_json"], json_report),
        (given["report_junit"], junit_report),
        (given["report_html"], html_report),
        (given["write_baseline"] if is_whole else None, _baseline),
    ):
        if path is not None:
            try:
                path.write_text(text(report), "utf-8")
            except OSError as error:
                faults.append(f"{path} cannot be written ({error.strerror})")
    faults += [*_write_repros(given["repro"], report), *_write_github(given["github"], report)]
    if faults:
        raise KitError("; ".join(faults))


def _write_repros(folder: Path | None, report: Report) -> list[str]:
    """Write programs that play the server's part, if a `folder` is given, and return what went wrong."""
    if folder is None:
        return []
    try:
        for path in write_repros(report, folder):
            click.echo(f"Wrote {path}")
    except OSError as error:
        return [f"{folder} cannot be written ({error.strerror})"]
    return []


def _write_github(is_wanted: bool, report: Report) -> list[str]:
    """Tell GitHub Actions, if that is wanted, and return what went wrong."""
    if not is_wanted:
        return []
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    try:
        write_github(report, summary)
    except OSError as error:
        return [f"{summary}, GITHUB_STEP_SUMMARY, cannot be written ({error.strerror})"]
    return []


def _baseline(report: Report) -> str:
    return baseline_of([one.result for one in report.findings], strict=report.strict)
