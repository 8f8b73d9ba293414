"""docs/mutants.md: how good the kit is, as a page."""

from __future__ import annotations

import datetime
import statistics
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
MutantRow = tuple[str, str, int, int, float]
CorrectRow = tuple[str, int, list[str]]
ClassRow = tuple[str, str, str, int, int]


@dataclass(frozen=True, slots=True)
class Matrix:
    """What was found of all of them."""

    clients: Sequence[MutantRow]
    readers: Sequence[MutantRow]
    receivers: Sequence[MutantRow]
    classes: Sequence[ClassRow]
    correct: Sequence[CorrectRow]

    @property
    def broken(self) -> list[MutantRow]:
        """Return the rows of all that is broken."""
        return [*self.clients, *self.readers, *self.receivers]


def table(title: str, rows: Sequence[MutantRow], size: str) -> list[str]:
    """Return broken ones as lines of a page.

    Args:
        title: What they are.
        rows: One for each.
        size: What the size of a proof counts.
    """
    if not rows:
        return []
    caught, runs = sum(row[2] for row in rows), sum(row[3] for row in rows)
    median = statistics.median([row[4] for row in rows if row[2]] or [0])
    return [
        f"## {title}",
        "",
        f"**{caught} of {runs}** runs caught the defect ({len(rows)} of them). Median size of a counterexample: "
        f"**{median:g}** {size}.",
        "",
        f"| broken | check | caught | {size} |",
        "| --- | --- | --- | --- |",
        *(f"| `{name}` | {check} | {times} of {tried} | {number:g} |" for name, check, times, tried, number in rows),
        "",
    ]


def page(result: Matrix, command: str) -> str:
    """Return the matrix as a page.

    Args:
        result: What was found.
        command: What has written it.
    """
    lines = [
        "# How good the kit is",
        "",
        f"Written by `{command}`",
        f"on {datetime.date.today():%Y-%m-%d}, at commit {_commit()}. Each broken client, poller and receiver has one",
        "defect, and is judged by the check that is to catch it: with each seed where the check",
        "draws, once where it has fixed cases only. Those marked *wire* are a correct client in Node whose bytes are",
        "altered on the way, which stands for a broken client in any language.",
        "",
        *table("Clients that create", result.clients, "changes of the simplest call"),
        *table("Readers and pollers", result.readers, "calls beyond the first"),
        *table("Receivers", result.receivers, "events"),
        "## Kinds of interfaces",
        "",
        "A way of taking options or of telling errors is no defect by itself. What a check has to say of each kind,",
        "and how often it has said so:",
        "",
        "| interface | check | should be | was |",
        "| --- | --- | --- | --- |",
        *(
            f"| `{name}` | {check} | {wanted} | {times} of {runs} |"
            for name, check, wanted, times, runs in result.classes
        ),
        "",
        "## Correct ones",
        "",
        "They must not fail. A warning may be one that their stack cannot help.",
        "",
        "| correct | cases judged | held against it |",
        "| --- | --- | --- |",
        *(f"| {name} | {count} | {', '.join(against) or 'nothing'} |" for name, count, against in result.correct),
    ]
    return "\n".join(lines) + "\n"


def _commit() -> str:
    return subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=REPOSITORY, capture_output=True, text=True, check=False
    ).stdout.strip()
