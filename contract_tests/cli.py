"""`mock-tavus-contract`: judge a client from the command line."""

from __future__ import annotations

import json
import os
import shlex
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from contract_tests.baseline import baseline_of, read_baseline, stale_entries
from contract_tests.catalogue import CATALOGUE
from contract_tests.client.case import Json, Situation
from contract_tests.client.checks import Check, all_checks
from contract_tests.client.drivers import callable_command
from contract_tests.client.session import DATABASE, Subject, open_session, read_basic_body
from contract_tests.emulator import Emulator
from contract_tests.engine.run import PROFILES, Budget
from contract_tests.failures import KitError
from contract_tests.report import Finding, Report, TextReporter, html_report, json_report, junit_report
from contract_tests.report.model import client_options, replay_command

_LEVELS = ("must", "should", "info")
_FILE = click.Path(dir_okay=False, path_type=Path)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="mock-tavus", message="mock-tavus-contract %(version)s")
def main() -> None:
    """Judge what speaks, or should speak, the Tavus create-replica API."""


_EXAMPLES = """
\b
Examples:
  mock-tavus-contract client --client my_package.tavus:create_replica
  mock-tavus-contract client --client-cmd "node client.mjs" --report-html report.html
  mock-tavus-contract client --client-cmd ./client.sh --only SEC --only TRN --profile quick

Exit codes: 0 fine; 1 the client fell short, or the baseline has an entry that does not fail any more; 2 a mistake in
the options, the kit could not do its work, or too little could be judged; 130 interrupted.
"""


@main.command("client", epilog=_EXAMPLES)
@click.option("--client", metavar="MODULE:CALLABLE", help="A Python callable to judge.")
@click.option("--client-cmd", metavar="COMMAND", help="A command to judge, which speaks JSON Lines.")
@click.option("--emulator", metavar="URL", help="Use this emulator, which has a wire, instead of starting one.")
@click.option("--admin-token", help="What the emulator's control plane asks for.")
@click.option(
    "--only", multiple=True, metavar="ID", help="Only these checks, by id or group: SEC-01, SEC (repeatable)."
)
@click.option("--skip", multiple=True, metavar="ID", help="Not these checks, by id or group (repeatable).")
@click.option(
    "--level", type=click.Choice(_LEVELS), default="info", show_default=True, help="Checks of this level and above."
)
@click.option(
    "--profile", type=click.Choice(list(PROFILES)), default="default", show_default=True, help="How much is tried."
)
@click.option(
    "--examples", type=click.IntRange(0), help="How many situations are drawn for a check, instead of the profile's."
)
@click.option("--seed", type=int, default=0, show_default=True, help="What situations are drawn from.")
@click.option("--strict", is_flag=True, help="Warnings count as failures.")
@click.option("--baseline", type=_FILE, help="A file of known failures, which do not count.")
@click.option("--write-baseline", type=_FILE, help="Write the failures of this run as a baseline.")
@click.option("--report-json", type=_FILE, help="Write a report for programs.")
@click.option("--report-junit", type=_FILE, help="Write a report for CI servers.")
@click.option("--report-html", type=_FILE, help="Write a report for a browser, in one file.")
@click.option(
    "--basic-body", metavar="JSON", help="The smallest body that the client sends; by default, that is found out."
)
@click.option("--durations", is_flag=True, help="Tell where the time went.")
@click.option("--replay", metavar="JSON", help="Play one situation again, which a report gives; needs one --only.")
@click.option(
    "--no-database", is_flag=True, help="Do not keep counterexamples in .hypothesis, nor try those kept before."
)
def client_command(**options: Any) -> None:
    """Judge a client: any program that creates replicas."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: nothing that was started is left behind
    try:
        sys.exit(_judge(_Options(**options)))
    except KitError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(2)
    except KeyboardInterrupt:
        click.echo("\nInterrupted before anything was judged.", err=True)
        sys.exit(130)


@dataclass(frozen=True, slots=True)
class _Options:
    """What was asked for, as the command line has it."""

    client: str | None
    client_cmd: str | None
    emulator: str | None
    admin_token: str | None
    only: Sequence[str]
    skip: Sequence[str]
    level: str
    profile: str
    examples: int | None
    seed: int
    strict: bool
    baseline: Path | None
    write_baseline: Path | None
    report_json: Path | None
    report_junit: Path | None
    report_html: Path | None
    basic_body: str | None
    durations: bool
    replay: str | None
    no_database: bool

    @property
    def command(self) -> list[str]:
        """Return the command that drives the client."""
        if (self.client is None) == (self.client_cmd is None):
            raise KitError("name the client: either --client MODULE:CALLABLE or --client-cmd COMMAND")
        if self.client is not None:
            return callable_command(self.client)
        try:
            command = shlex.split(str(self.client_cmd))
        except ValueError as error:
            raise KitError(f"--client-cmd: {error}, received {self.client_cmd!r}") from error
        if not command:
            raise KitError("--client-cmd: expected a command, received nothing")
        return command

    @property
    def name(self) -> str:
        """Return what the client is called in reports."""
        return self.client or str(self.client_cmd)

    @property
    def budget(self) -> Budget:
        """Return how much is tried."""
        profile = PROFILES[self.profile]
        if self.examples is None:
            return profile
        return replace(profile, examples=self.examples, seconds=max(profile.seconds, self.examples * 1.0))

    def checks(self) -> list[Check]:
        """Return the checks that are wanted."""
        for name in (*self.only, *self.skip):
            if not any(_is_meant(name, check_id) for check_id in CATALOGUE):
                groups = ", ".join(dict.fromkeys(check_id.partition("-")[0] for check_id in CATALOGUE))
                raise KitError(f"expected a check such as SEC-01 or a group ({groups}), received {name!r}")
        found = [
            check
            for check in all_checks()
            if _LEVELS.index(check.entry.level) <= _LEVELS.index(self.level)
            and (not self.only or any(_is_meant(name, check.entry.check_id) for name in self.only))
            and not any(_is_meant(name, check.entry.check_id) for name in self.skip)
        ]
        if not found:
            raise KitError("no check is left; --only, --skip and --level leave none")
        return found

    def plain_body(self) -> Json | None:
        """Return the smallest body that the client sends, if that was said."""
        return None if self.basic_body is None else read_basic_body(self.basic_body, "--basic-body")

    def situation(self) -> Situation | None:
        """Return the one situation to play again."""
        if self.replay is None:
            return None
        if len(self.checks()) != 1:
            raise KitError("--replay needs --only with the id of one check")
        try:
            return Situation.from_json(json.loads(self.replay))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise KitError(
                f"--replay: expected what a report gives ({error}), received {self.replay[:80]!r}"
            ) from error


def _is_meant(name: str, check_id: str) -> bool:
    return name.upper() in (check_id, check_id.partition("-")[0])


def _judge(options: _Options) -> int:
    started = time.monotonic()
    checks, situation, command = options.checks(), options.situation(), options.command
    known = read_baseline(options.baseline) if options.baseline else []
    is_terminal = sys.stdout.isatty()
    reporter = TextReporter(sys.stdout, color=is_terminal and "NO_COLOR" not in os.environ, live=is_terminal)
    naming = client_options(options.client, options.client_cmd, options.emulator, options.basic_body)
    findings: list[Finding] = []
    subject = Subject(
        name=options.name,
        command=command,
        budget=options.budget,
        seed=options.seed,
        database=None if options.no_database else DATABASE,
        basic_body=options.plain_body(),
    )
    interrupted = False
    with Emulator(options.emulator, options.admin_token) as emulator:
        with open_session(emulator, subject, reporter.progress) as runner:
            try:
                for check in checks:
                    result = runner.run_one(check, situation)
                    replay = ""
                    if result.counterexample is not None:
                        replay = replay_command(naming, check.entry.check_id, result.counterexample)
                    findings.append(Finding(result, check.entry.check_id in known, replay))
                    reporter.result(findings[-1])
            except KeyboardInterrupt:
                interrupted = True
                for number in (signal.SIGINT, signal.SIGTERM):  # what was found is to be told, whatever comes now
                    signal.signal(number, signal.SIG_IGN)
        report = Report(
            client=options.name,
            emulator=emulator.version,
            seed=options.seed,
            seconds=time.monotonic() - started,
            findings=findings,
            stale=stale_entries(known, [one.result for one in findings], strict=options.strict),
            strict=options.strict,
            interrupted=interrupted,
        )
    reporter.end(report)
    if report.unjudged_reason:
        click.echo(f"Error: {report.unjudged_reason}", err=True)
    if options.durations:
        reporter.durations(report)
    _write(options, report)
    return report.exit_code


def _write(options: _Options, report: Report) -> None:
    """Write the reports that were asked for; a baseline only of a whole run, for what is missing in it fails later.

    Raises:
        KitError: One of them cannot be written; the others are.
    """
    is_whole = not (report.interrupted or report.unjudged_reason)
    if options.write_baseline is not None and not is_whole:
        click.echo(f"{options.write_baseline} was not written: this run has not judged everything.", err=True)
    faults = []
    for path, text in (
        (options.report_json, json_report),
        (options.report_junit, junit_report),
        (options.report_html, html_report),
        (options.write_baseline if is_whole else None, _baseline),
    ):
        if path is not None:
            try:
                path.write_text(text(report), "utf-8")
            except OSError as error:
                faults.append(f"{path} cannot be written ({error.strerror})")
    if faults:
        raise KitError("; ".join(faults))


def _baseline(report: Report) -> str:
    return baseline_of([one.result for one in report.findings], strict=report.strict)
