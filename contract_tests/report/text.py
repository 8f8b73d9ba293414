"""The report for a terminal, which grows while the run goes on."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import TextIO

from contract_tests.client.case import quoted
from contract_tests.http.messages import plain
from contract_tests.report.model import Finding, Report, readable

_COLORS = {"pass": "32", "fail": "31", "warn": "33", "skip": "2", "error": "35"}
_WIDTH = 100
_LIMIT = 300


class TextReporter:
    """Print each result as it comes, and at the end what fell short and what proves it.

    Args:
        stream: Where to.
        color: Whether the stream is a terminal that shows colours.
        live: Whether lines may be written over, to show what is under way.
    """

    def __init__(self, stream: TextIO, *, color: bool, live: bool) -> None:
        self._stream = stream
        self._color = color
        self._live = live

    def progress(self, check_id: str, count: int) -> None:
        """Show what is under way."""
        if self._live:
            self._write(f"\r\033[K{check_id}  {count} situations …")

    def result(self, finding: Finding) -> None:
        """Print a check's line."""
        entry, result = finding.entry, finding.result
        known = "  (known)" if finding.is_known else ""
        line = f"{entry.check_id}  {entry.level:<6}  {self._paint(result.verdict, f'{result.verdict:<5}')}"
        self._write(f"{self._clear()}{line}  {result.examples:>5}  {entry.title}{known}\n")
        if result.verdict == "skip":
            why = f"not judged: {result.message}" if result.not_judged else result.message
            self._write(f"{'':36}{self._paint('skip', plain(why[:160]))}\n")

    def end(self, report: Report) -> None:
        """Print what fell short, and the summary."""
        for finding in report.findings:
            if finding.result.verdict in ("fail", "warn", "error"):
                self._write("\n")
                self.details(finding)
        for check_id in report.stale:
            self._write(f"\n{check_id} is in the baseline, and does not fail any more: take it out.\n")
        counts = ", ".join(
            self._paint(verdict, f"{count} {verdict}") for verdict, count in report.summary.items() if count
        )
        unjudged = f" ({report.not_judged} of the skipped not judged)" if report.not_judged else ""
        self._write(f"\n{counts or 'nothing was run'}{unjudged} in {report.seconds:.1f} s, with --seed {report.seed}\n")
        if report.interrupted:
            self._write("Interrupted: what stands above is what was found until then.\n")

    def details(self, finding: Finding) -> None:
        """Print all that is known of a check that has not passed."""
        self._write("\n".join(self._details(finding)) + "\n")

    def durations(self, report: Report, count: int = 10) -> None:
        """Print where the time went."""
        slowest = sorted(report.findings, key=lambda one: one.result.seconds, reverse=True)[:count]
        self._write("\nThe slowest checks:\n")
        for finding in slowest:
            self._write(f"{finding.result.seconds:8.2f} s  {finding.entry.check_id}  {finding.entry.title}\n")

    def _details(self, finding: Finding) -> Iterator[str]:
        entry, result = finding.entry, finding.result
        yield self._paint(result.verdict, f"{entry.check_id} {result.verdict}: {entry.title}")
        yield from _wrapped(entry.harm)
        received, documented = finding.received_and_documented
        if documented:
            yield f"  Received:   {received}"
            yield f"  Documented: {documented}"
            yield f"  Authority:  {entry.authority}, {entry.reference}"
        else:
            yield from _wrapped(received)
        if finding.episode is None:
            return
        for played, call, scripts in zip(finding.episode.played, finding.calls, finding.scripts, strict=True):
            yield f"  The call:   {quoted(call, _LIMIT)}"
            for script in scripts:
                yield f"  The server: {quoted(script, _LIMIT)}"
            for number, exchange in enumerate(played.exchanges):
                if exchange.raw_request:
                    yield f"  On the wire{f' ({number + 1})' if len(played.exchanges) > 1 else ''}:"
                    yield textwrap.indent(readable(exchange.raw_request, 600), "    ")
            yield f"  The client: {plain(str(played.outcome))}"
        yield f"  Again:      {finding.replay}"

    def _paint(self, verdict: str, text: str) -> str:
        return f"\033[{_COLORS[verdict]}m{text}\033[0m" if self._color else text

    def _clear(self) -> str:
        return "\r\033[K" if self._live else ""

    def _write(self, text: str) -> None:
        encoding = getattr(self._stream, "encoding", None) or "utf-8"
        self._stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        self._stream.flush()


def _wrapped(text: str) -> Iterator[str]:
    for line in text.splitlines():
        yield from textwrap.wrap(line, _WIDTH, initial_indent="  ", subsequent_indent="  ")
