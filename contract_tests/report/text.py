"""The report for a terminal, which grows while the run goes on."""

from __future__ import annotations

import textwrap
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any, TextIO

from contract_tests.client.case import quoted
from contract_tests.engine.model import Failure, ShownStep
from contract_tests.http.messages import plain
from contract_tests.report.model import Finding, Report, readable

_COLORS = {"pass": "32", "fail": "31", "warn": "33", "skip": "2", "error": "35"}
_WIDTH = 100
_LIMIT = 300
_PRINTED_LINES = 12
_LACKS = "the client has no "
"""How the message of a check begins whose operation the client does not have."""


class TextReporter:
    """Print results in the order of the catalogue as they come, and at the end what fell short and what proves it.

    Args:
        stream: Where to.
        color: Whether the stream is a terminal that shows colours.
        live: Whether lines may be written over, to show what is under way.
        order: The ids of the checks that are run, in the order of the catalogue.
    """

    def __init__(self, stream: TextIO, *, color: bool, live: bool, order: Sequence[str] = ()) -> None:
        self._stream = stream
        self._color = color
        self._live = live
        self._left = list(order)
        self._count = len(order)
        self._held: dict[str, Finding] = {}
        self._judged: dict[str, int] = {}
        self._done = 0
        self._lacking: dict[str, list[str]] = {}
        self._began = time.monotonic()
        self._lock = threading.Lock()

    def progress(self, check_id: str, count: int) -> None:
        """Show what is under way.

        Args:
            check_id: The check that gets on.
            count: How many of its cases have been judged.
        """
        if not self._live:
            return
        with self._lock:
            self._judged[check_id] = count
            self._write(f"\r\033[K{self._under_way()}")

    def result(self, finding: Finding) -> None:
        """Print a check's line, once those before it have been printed.

        Args:
            finding: What the check has ended in.
        """
        check_id = finding.requirement.check_id
        with self._lock:
            self._held[check_id] = finding
            self._judged.pop(check_id, None)
            self._done += 1
            while self._left and self._left[0] in self._held:
                self._line(self._held.pop(self._left.pop(0)))
            if check_id in self._held and check_id not in self._left:
                self._line(self._held.pop(check_id))

    def end(self, report: Report) -> None:
        """Print what fell short, and the summary.

        Args:
            report: The whole run.
        """
        for finding in self._held.values():
            self._line(finding)
        self._held.clear()
        self._write(self._clear())
        for what, ids in self._lacking.items():
            counted = f"{len(ids)} checks" if len(ids) > 1 else "1 check"
            self._write(self._paint("skip", f"{ids[0]} … {counted} skipped: the client has no {what}") + "\n")
        for finding in report.findings:
            if finding.result.verdict in ("fail", "warn", "error") and not finding.head:
                self._write("\n")
                self.details(finding)
        for check_id in report.stale:
            self._write(f"\n{check_id} is in the baseline, and does not fail any more: take it out.\n")
        if report.notice:
            self._write(f"\n{plain(report.notice)}\n")
        self._write(f"\n{self._summary(report)}\n")
        if report.interrupted:
            self._write("Interrupted: what stands above is what was found until then.\n")

    def details(self, finding: Finding) -> None:
        """Print all that is known of a check that has not passed.

        Args:
            finding: What the check has ended in.
        """
        self._write("\n".join(self._details(finding)) + "\n")

    def trace(self, finding: Finding) -> None:
        """Print the cases of a check that were judged, with every byte.

        Args:
            finding: What the check has ended in.
        """
        self._write(f"\n{finding.requirement.check_id}: {len(finding.result.samples)} of its cases\n")
        for sample in finding.result.samples:
            self._write("\n".join(_steps(sample.steps_shown())) + "\n\n")

    def durations(self, report: Report, count: int = 10) -> None:
        """Print where the time went.

        Args:
            report: The whole run.
            count: How many checks are shown.
        """
        slowest = sorted(report.findings, key=lambda one: one.result.seconds, reverse=True)[:count]
        self._write("\nThe slowest checks:\n")
        for finding in slowest:
            requirement = finding.requirement
            self._write(f"{finding.result.seconds:8.2f} s  {requirement.check_id}  {requirement.title}\n")

    def _under_way(self) -> str:
        at_work = "  ".join(f"{check_id} {count}" for check_id, count in sorted(self._judged.items()))
        left = ""
        if self._done:
            seconds = (time.monotonic() - self._began) / self._done * (self._count - self._done)
            left = f", about {max(1, round(seconds))} s left"
        return f"{self._done} of {self._count} checks{left}  {at_work}"[: _WIDTH - 20]

    def _summary(self, report: Report) -> str:
        counts = ", ".join(
            self._paint(verdict, f"{count} {verdict}{_known(verdict, count, report)}")
            for verdict, count in report.summary.items()
            if count
        )
        unjudged = f" ({report.not_judged} of the skipped not judged)" if report.not_judged else ""
        jobs = f", {report.jobs} jobs" if report.jobs > 1 else ""
        return f"{counts or 'nothing was run'}{unjudged} in {report.seconds:.1f} s{jobs}, with --seed {report.seed}"

    def _line(self, finding: Finding) -> None:
        requirement, result = finding.requirement, finding.result
        if result.verdict == "skip" and result.message.startswith(_LACKS):
            self._lacking.setdefault(result.message.removeprefix(_LACKS), []).append(requirement.check_id)
            return
        known = "  (known)" if finding.is_known else ""
        line = f"{requirement.check_id}  {requirement.level:<6}  {self._paint(result.verdict, f'{result.verdict:<5}')}"
        self._write(f"{self._clear()}{line}  {result.examples:>5}  {requirement.title}{known}\n")
        if result.verdict == "skip":
            why = f"not judged: {result.message}" if result.not_judged else result.message
            self._write(f"{'':30}{self._paint('skip', plain(textwrap.shorten(why, 160, placeholder=' …')))}\n")

    def _details(self, finding: Finding) -> Iterator[str]:
        requirement, result = finding.requirement, finding.result
        known = " (known)" if finding.is_known else ""
        heading = f"{requirement.check_id} {result.verdict}{known}: {requirement.title}"
        yield self._paint(result.verdict, heading)
        yield from _wrapped(requirement.harm)
        if not finding.documented:
            yield from _wrapped(finding.received)
            yield from (f"  {line}" for line in result.traceback.splitlines())
            return
        yield f"  Received:   {finding.received}"
        yield f"  Documented: {finding.documented}"
        yield f"  Authority:  {requirement.authority}, {requirement.clause}"
        yield f"  Evidence:   {finding.witness}"
        if finding.failure is not None:
            yield from _steps(finding.failure.observation.steps_shown())
        for failure in result.failures[1:]:
            yield from _another(failure)
        if finding.remedy:
            yield f"  To mend it: {finding.remedy}"
        if finding.also:
            yield f"  Also fails: {', '.join(finding.also)}, by the same cause"
        yield f"  Again:      {finding.replay}"

    def _paint(self, verdict: str, text: str) -> str:
        return f"\033[{_COLORS[verdict]}m{text}\033[0m" if self._color else text

    def _clear(self) -> str:
        return "\r\033[K" if self._live else ""

    def _write(self, text: str) -> None:
        encoding = getattr(self._stream, "encoding", None) or "utf-8"
        self._stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        self._stream.flush()


def _known(verdict: str, count: int, report: Report) -> str:
    """Return how many of the failures are known."""
    if verdict != "fail" or not report.known:
        return ""
    known = sum(one.is_known and one.result.verdict == "fail" for one in report.findings)
    return ", all known" if known == count else f", {known} known" if known else ""


def _another(failure: Failure[Any, Any]) -> Iterator[str]:
    yield f"  And{f' ({failure.place})' if failure.place else ''}: {plain(failure.received)}"


def _steps(steps: Sequence[ShownStep]) -> Iterator[str]:
    for step in steps:
        yield f"  Asked:      {quoted(step.asked, _LIMIT)}"
        for script in step.scripts:
            yield f"  The server: {quoted(script, _LIMIT)}"
        for number, exchange in enumerate(step.exchanges):
            counted = f" ({number + 1})" if len(step.exchanges) > 1 else ""
            place = f" at {exchange.place}" if exchange.place else ""
            yield f"  On the wire{counted}{place}:"
            yield textwrap.indent(readable(exchange.request, 600).rstrip(), "    ")
            if exchange.note:
                yield f"    [{exchange.note}]"
        if step.outcome:
            yield f"  Outcome:    {plain(step.outcome)}"
        lines = [line for line in step.printed.splitlines() if line.strip()]
        for line in lines[-_PRINTED_LINES:]:
            yield f"  It printed: {plain(textwrap.shorten(line, 160, placeholder=' …'))}"


def _wrapped(text: str) -> Iterator[str]:
    for line in text.splitlines():
        yield from textwrap.wrap(line, _WIDTH, initial_indent="  ", subsequent_indent="  ")
