from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from jsonschema import validate

from contract_tests.baseline import baseline_of, read_baseline, stale_entries
from contract_tests.catalogue import CATALOGUE
from contract_tests.client.case import Call, Episode, Exchange, Outcome, Played, Situation
from contract_tests.engine.run import Result
from contract_tests.failures import KitError
from contract_tests.report import Finding, Report, TextReporter, html_report, json_report, junit_report
from contract_tests.report.model import readable, replay_command

EVIL = "</pre><img src=x>\x00\x1b[2J\ud83d"
RAW = b"POST / HTTP/1.1\r\nx: \xff\x00<img>\r\n\r\n{}"
CALL = Call({"replica_name": EVIL}, scripts=({"cut": 37},))
EPISODE = Episode(
    Situation((CALL,)),
    (
        Played(
            CALL,
            "kit-key",
            "http://127.0.0.1:1",
            Outcome("error", http_status=400, message=EVIL),
            (Exchange("wire", 1, RAW, b"HTTP/1.1 200 OK\r\n", True, 200, 5, "fin", None),),
        ),
    ),
)
FAILED = Result(CATALOGUE["REQ-05"], "fail", 7, f"Received: {EVIL} / Documented: as given", EPISODE, 1.5)
RESULTS = [
    Result(CATALOGUE["REQ-01"], "pass", 1),
    FAILED,
    replace(FAILED, entry=CATALOGUE["REQ-10"], verdict="warn"),
    Result(CATALOGUE["SEC-04"], "skip", 0, "no door"),
    Result(CATALOGUE["SEC-05"], "error", 0, "KeyError: 'x'"),
]


def report(*results: Result, **more: object) -> Report:
    findings = [
        Finding(one, replay=replay_command(["--client", "a:b"], one.entry.check_id, one.counterexample))
        if one.counterexample
        else Finding(one)
        for one in results or RESULTS
    ]
    return Report("a:b", "an emulator", 3, 12.5, findings, **more)  # type: ignore[arg-type]


SCHEMA = {
    "type": "object",
    "required": ["format", "client", "emulator", "seed", "duration_s", "summary", "checks"],
    "additionalProperties": False,
    "properties": {
        "format": {"const": "tavus-conformance/1"},
        "client": {"type": "string"},
        "emulator": {"type": "string"},
        "seed": {"type": "integer"},
        "duration_s": {"type": "number"},
        "summary": {
            "type": "object",
            "required": ["pass", "fail", "warn", "skip", "error"],
            "additionalProperties": {"type": "integer"},
        },
        "checks": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id", "level", "title", "authority", "verdict", "examples", "message"],
                "properties": {
                    "verdict": {"enum": ["pass", "fail", "warn", "skip", "error"]},
                    "counterexample": {
                        "type": "object",
                        "required": ["calls", "script", "request_bytes", "outcome"],
                        "properties": {"calls": {"items": {"required": ["body"]}}, "script": {"type": "object"}},
                    },
                },
            },
        },
    },
}
"""The format that outside programs rely on."""


def test_json_is_as_it_is_documented() -> None:
    found = json.loads(json_report(report()))

    validate(found, SCHEMA)
    assert found["summary"] == {"pass": 1, "fail": 1, "warn": 1, "skip": 1, "error": 1, "not_judged": 0}
    counterexample = found["checks"][1]["counterexample"]
    assert counterexample["calls"] == [{"body": {"replica_name": EVIL}}]
    assert counterexample["script"] == {"cut": 37}
    assert counterexample["request_bytes"].encode("latin-1") == RAW


def test_junit_can_be_read() -> None:
    suite = ElementTree.fromstring(junit_report(report(stale=["REQ-02"])).encode())
    cases = {case.attrib["name"][:6]: [child.tag for child in case] for case in suite}

    assert suite.attrib["tests"] == "5"
    assert suite.attrib["failures"] == "1"
    assert cases == {
        "REQ-01": [],
        "REQ-05": ["failure"],
        "REQ-10": ["system-out"],
        "SEC-04": ["skipped"],
        "SEC-05": ["error"],
        "REQ-02": ["failure"],
    }


def test_a_page_escapes_what_it_is_given() -> None:
    page = html_report(report(stale=["REQ-02"]))

    assert "<img" not in page
    assert "1 of 5 checks failed" in page
    assert CATALOGUE["REQ-05"].harm in page
    assert "mock-tavus-contract client" in page
    page.encode()


def test_text_tells_all_and_moves_no_cursor() -> None:
    stream = io.StringIO()
    reporter = TextReporter(stream, color=False, live=False)
    whole = report(stale=["REQ-02"])
    reporter.progress("REQ-01", 1)
    for finding in whole.findings:
        reporter.result(finding)
    reporter.end(whole)
    reporter.durations(whole)
    text = stream.getvalue()

    assert "\x1b" not in text
    assert "REQ-05  must    fail " in text
    assert "Documented: as given" in text
    assert "REQ-02 is in the baseline" in text
    assert "1 pass, 1 fail, 1 warn, 1 skip, 1 error in 12.5 s, with --seed 3" in text


def test_a_terminal_shows_progress_and_colours() -> None:
    stream = io.StringIO()
    reporter = TextReporter(stream, color=True, live=True)
    reporter.progress("REQ-01", 5)
    reporter.result(Finding(RESULTS[0]))

    assert stream.getvalue().startswith("\r\x1b[KREQ-01  5 situations …\r\x1b[K")
    assert "\x1b[32mpass \x1b[0m" in stream.getvalue()


@pytest.mark.parametrize(
    ("verdicts", "strict", "code"),
    [
        (["pass", "warn", "skip"], False, 0),
        (["pass", "warn"], True, 1),
        (["fail", "error"], False, 1),
        (["pass", "error"], False, 2),
        (["skip", "skip"], False, 2),
    ],
)
def test_exit_codes(verdicts: list[str], strict: bool, code: int) -> None:
    results = [Result(CATALOGUE["REQ-01"], verdict) for verdict in verdicts]

    assert report(*results, strict=strict).exit_code == code


def test_a_known_failure_does_not_count_and_one_that_has_gone_does(tmp_path: Path) -> None:
    path = tmp_path / "baseline.txt"
    path.write_text(baseline_of(RESULTS))
    assert path.read_text() == "REQ-05  # keeps strings identical\n"
    known = read_baseline(path)

    assert replace(report(), findings=[Finding(FAILED, is_known=True)]).exit_code == 0
    assert stale_entries(known, RESULTS) == []
    assert stale_entries(known, [replace(FAILED, verdict="pass")]) == ["REQ-05"]
    assert report(RESULTS[0], stale=["REQ-05"]).exit_code == 1


def test_a_baseline_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    path = tmp_path / "baseline.txt"
    path.write_text("REQ-5\n")
    with pytest.raises(KitError, match="expected the id of a check on each line"):
        read_baseline(path)
    with pytest.raises(KitError, match="cannot be read"):
        read_baseline(tmp_path / "none.txt")


def test_bytes_are_shown_without_loss() -> None:
    assert readable(b"a\r\nb\x00\xff\xc3\xa9") == "a\nb\\x00\\xffé"
    assert readable(b"x" * 10, limit=4) == "xxxx… (10 bytes)"


@pytest.mark.parametrize(("unjudged", "code"), [(1, 0), (2, 2), (3, 2)])
def test_more_than_a_third_that_was_not_judged_is_no_green(unjudged: int, code: int) -> None:
    """Of five must checks; a sixth, whose capability the client does not have, does not count."""
    ids = ["REQ-01", "REQ-02", "REQ-03", "REQ-04", "REQ-05"]
    silent = [Result(CATALOGUE[check_id], "skip", not_judged=True) for check_id in ids[:unjudged]]
    judged = [Result(CATALOGUE[check_id], "pass") for check_id in ids[unjudged:]]
    results = [*silent, *judged, Result(CATALOGUE["TRN-04"], "skip")]
    whole = Report("a:b", "an emulator", 0, 1.0, [Finding(one) for one in results])

    assert whole.exit_code == code
    assert bool(whole.unjudged_reason) == (code == 2)
    assert whole.not_judged == unjudged
