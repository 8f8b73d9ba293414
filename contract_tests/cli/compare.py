"""`mock-tavus compare`: two reports side by side."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from contract_tests.http.messages import plain

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_ORDER = {"pass": 0, "skip": 1, "warn": 2, "error": 3, "fail": 4}


@click.command()
@click.argument("first", type=_FILE)
@click.argument("second", type=_FILE)
@click.option("--all", "show_all", is_flag=True, help="Show checks with the same verdict, too.")
def compare_command(first: Path, second: Path, show_all: bool) -> None:
    """Show two JSON reports side by side: two clients, or two versions of one.

    Exit codes: 0 no verdict of the second is worse than the first's; 1 one is; 2 a file is no report.
    """
    try:
        reports = [read_report(first), read_report(second)]
    except ValueError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(2)
    for line in compared(*reports, show_all=show_all):
        click.echo(line)
    sys.exit(1 if worse(*reports) else 0)


def read_report(path: Path) -> Mapping[str, Any]:
    """Return a report that `--report-json` has written.

    Args:
        path: The file.

    Raises:
        ValueError: It is no such report.
    """
    try:
        report = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ValueError(f"{path} cannot be read as JSON: {error}") from error
    if not isinstance(report, dict) or report.get("format") != "tavus-conformance/1":
        raise ValueError(f"{path}: expected a report of format tavus-conformance/1, as --report-json writes it")
    checks = report.get("checks")
    if not isinstance(checks, list) or not all(map(_is_check, checks)):
        raise ValueError(f"{path}: expected checks with an id, a title and a verdict, as --report-json writes them")
    return report


def _is_check(check: Any) -> bool:
    if not isinstance(check, dict) or check.get("verdict") not in _ORDER:
        return False
    return all(isinstance(check.get(name), str) for name in ("id", "title"))


def worse(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[str]:
    """Return the ids of checks of which the second report has a worse verdict, or none at all.

    Args:
        first: A report.
        second: Another one.
    """
    before, after = _verdicts(first), _verdicts(second)
    return [one for one in before if _ORDER[after.get(one, "skip")] > _ORDER[before[one]]]


def compared(first: Mapping[str, Any], second: Mapping[str, Any], *, show_all: bool = False) -> Iterator[str]:
    """Return two reports side by side, line by line.

    Args:
        first: A report.
        second: Another one.
        show_all: Whether to show what is the same in both.
    """
    before, after = _verdicts(first), _verdicts(second)
    titles = {check["id"]: check["title"] for report in (first, second) for check in report["checks"]}
    yield f"A: {plain(_name(first))}"
    yield f"B: {plain(_name(second))}"
    yield ""
    same = 0
    for check_id, title in titles.items():
        left, right = before.get(check_id, "-"), after.get(check_id, "-")
        if left == right and not show_all:
            same += 1
            continue
        yield f"{check_id}  {left:<5}  {right:<5}  {plain(title)}"
    if same:
        yield f"{same} {'check has' if same == 1 else 'checks have'} the same verdict in both"


def _verdicts(report: Mapping[str, Any]) -> dict[str, str]:
    return {check["id"]: check["verdict"] for check in report["checks"]}


def _name(report: Mapping[str, Any]) -> str:
    return str(report.get("client") or report.get("receiver") or "")
