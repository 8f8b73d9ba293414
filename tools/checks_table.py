"""Write docs/checks.md, the catalogue of all checks, from the checks themselves: `make checks`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from contract_tests.client.checks import all_checks as client_checks
from contract_tests.engine.model import Check
from contract_tests.receiver.checks import all_checks as receiver_checks
from contract_tests.report.model import WITNESSES

PAGE = Path(__file__).parents[1] / "docs" / "checks.md"
GROUPS = {
    "REQ": "What the client sends",
    "AUT": "How it sends its key",
    "OKP": "How it reads a success",
    "ERR": "How it reads a refusal",
    "TRN": "What it does when the connection fails",
    "SEC": "Where the key goes",
    "GET": "How it reads a replica",
    "LST": "How it lists replicas",
    "REN": "How it renames one",
    "DEL": "How it deletes one",
    "POL": "How it waits for the end of a training",
    "CBK": "How a receiver takes callbacks",
}


def page() -> str:
    """Return the catalogue as a page."""
    return "\n".join(_lines([*client_checks(), *receiver_checks()])) + "\n"


def _lines(checks: Sequence[Check[Any, Any, Any]]) -> Iterator[str]:
    yield "# All checks"
    yield ""
    yield "Written by `make checks` from the checks themselves. A `must` check passes or fails, a `should` check passes"
    yield "or warns. The authority is the vendor's reference page, an RFC, or ours, with the harm named."
    for group, title in GROUPS.items():
        members = [check.requirement for check in checks if check.requirement.group == group]
        yield ""
        yield f"## {group}: {title}"
        yield ""
        yield f"| id | level | a {'receiver' if group == 'CBK' else 'client'} … | authority |"
        yield "| --- | --- | --- | --- |"
        for one in members:
            yield f"| {one.check_id} | {one.level} | {one.title} | {one.clause} |"
        yield ""
        for one in members:
            yield f"- **{one.check_id}**, if not: {one.harm} Heard: {WITNESSES[one.witness]}."


def main() -> int:
    """Write the page, or with `--check` say whether it is as it should be."""
    if sys.argv[1:] == ["--check"]:
        return int(PAGE.read_text("utf-8") != page())
    PAGE.write_text(page(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
