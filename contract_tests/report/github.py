"""What GitHub Actions shows of a run: annotations in the log, and a summary of the step."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from contract_tests.report.model import Finding, Report

_COMMANDS = {"fail": "error", "error": "error", "warn": "warning"}


def write_github(report: Report, summary_file: str | None, stream: TextIO | None = None) -> None:
    """Write annotations to the log, and a summary where GitHub wants it.

    Args:
        report: The run.
        summary_file: What `GITHUB_STEP_SUMMARY` says; None for no summary.
        stream: The log; None for standard output.
    """
    log = stream or sys.stdout
    for line in annotation_lines(report):
        log.write(line + "\n")
    if summary_file:
        with Path(summary_file).open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(summary(report))


def annotation_lines(report: Report) -> Iterator[str]:
    """Return a workflow command for each finding that heads a group.

    Args:
        report: The run.
    """
    for finding in report.findings:
        command = _COMMANDS.get(finding.result.verdict)
        if command is None or finding.head:
            continue
        level = "notice" if finding.is_known else command
        title = _property(f"{finding.requirement.check_id} {finding.requirement.title}")
        yield f"::{level} title={title}::{_data(_told(finding))}"


def summary(report: Report) -> str:
    """Return a run as Markdown.

    Args:
        report: The run.
    """
    counts = ", ".join(f"{count} {verdict}" for verdict, count in report.summary.items() if count)
    lines = [f"### Tavus conformance of {report.kind} `{report.subject}`", "", f"{counts}.", ""]
    if report.unjudged_reason:
        lines += [f"**Too little was judged:** {_cell(report.unjudged_reason)}", ""]
    shown = [one for one in report.findings if one.result.verdict in _COMMANDS and not one.head]
    if shown:
        lines += ["| check | verdict | what was seen | what it should be |", "| --- | --- | --- | --- |"]
        lines += [
            f"| {one.requirement.check_id} {_cell(one.requirement.title)} | "
            f"{one.result.verdict}{' (known)' if one.is_known else ''} | {_cell(one.received)} | "
            f"{_cell(one.documented)} |"
            for one in shown
        ]
    return "\n".join(lines) + "\n\n"


def _told(finding: Finding) -> str:
    if not finding.documented:
        return finding.received
    return f"Received: {finding.received}\nDocumented: {finding.documented}\n{finding.requirement.harm}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _cell(text: str) -> str:
    """Return a text that stays in its cell, and is no markup."""
    short = text if len(text) <= 300 else text[:300] + "…"
    escaped = "".join(f"\\{char}" if char in "\\`*_{}[]|#" else char for char in short)
    return escaped.replace("&", "&amp;").replace("<", "&lt;").replace("\n", " ")
