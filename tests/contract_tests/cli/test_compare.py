from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from contract_tests.cli.compare import compare_command, compared

WRITTEN = Path(__file__).parents[1] / "written_by_c9ef40a"


def report(name: str, **verdicts: str) -> dict[str, Any]:
    checks = [{"id": key.replace("_", "-"), "title": "does it", "verdict": one} for key, one in verdicts.items()]
    return {"format": "tavus-conformance/1", "client": name, "checks": checks}


def test_what_differs_is_shown_side_by_side() -> None:
    lines = list(compared(report("one", REQ_01="pass", SEC_01="fail"), report("two", REQ_01="pass", SEC_01="pass")))

    assert lines == [
        "A: one",
        "B: two",
        "",
        "SEC-01  fail   pass   does it",
        "1 check has the same verdict in both",
    ]


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        ("pass", "fail", 1),
        ("fail", "pass", 0),
        ("pass", "warn", 1),
        ("skip", "pass", 0),
        ("warn", "warn", 0),
        ("pass", "skip", 1),
    ],
)
def test_what_has_become_worse_decides_the_exit_code(tmp_path: Path, before: str, after: str, code: int) -> None:
    for name, verdict in (("a", before), ("b", after)):
        (tmp_path / f"{name}.json").write_text(json.dumps(report(name, REQ_01=verdict)))
    done = CliRunner().invoke(compare_command, [str(tmp_path / "a.json"), str(tmp_path / "b.json"), "--all"])

    assert done.exit_code == code
    assert f"REQ-01  {before:<5}  {after:<5}" in done.output


def test_a_report_that_an_earlier_version_wrote_can_be_compared() -> None:
    old = str(WRITTEN / "broken.json")
    done = CliRunner().invoke(compare_command, [old, old])

    assert done.exit_code == 0
    assert "53 checks have the same verdict in both" in done.output


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"format": "other"}',
        '{"format": "tavus-conformance/1"}',
        '{"format": "tavus-conformance/1", "checks": [5]}',
        '{"format": "tavus-conformance/1", "checks": [{"id": "A", "title": "b", "verdict": "fine"}]}',
    ],
)
def test_what_is_no_report_is_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(text)
    done = CliRunner().invoke(compare_command, [str(path), str(path)])

    assert done.exit_code == 2
    assert "Error: " in done.output


def test_what_is_judged_no_more_is_worse(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(report("a", REQ_01="pass")))
    (tmp_path / "b.json").write_text(json.dumps(report("b")))

    assert CliRunner().invoke(compare_command, [str(tmp_path / "a.json"), str(tmp_path / "b.json")]).exit_code == 1
