from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from jsonschema import validate

from contract_tests.baseline import baseline_of, read_baseline, stale_entries
from contract_tests.client.case import Call, ClientCase
from contract_tests.client.causes import Cause, remedy
from contract_tests.client.checks import catalogue
from contract_tests.client.observation import ClientObservation, Outcome, Step
from contract_tests.engine.model import CheckResult, Failure, Options
from contract_tests.failures import KitError
from contract_tests.http.exchange import Exchange
from contract_tests.http.script import Script
from contract_tests.report import Finding, Report, TextReporter, grouped, html_report, json_report, junit_report
from contract_tests.report.github import annotation_lines, summary, write_github
from contract_tests.report.model import readable

CATALOGUE = catalogue()
Result = CheckResult[ClientCase, ClientObservation]

EVIL = "</pre><img src=x>\x00\x1b[2J\ud83d"
RAW = b"POST / HTTP/1.1\r\nUser-Agent: python-requests/2.34\r\nx: \xff\x00<img>\r\n\r\n{}"
CALL = Call({"replica_name": EVIL}, scripts=(Script(cut=37),))
SEEN = ClientObservation(
    ClientCase((CALL,)),
    (
        Step(
            CALL,
            "kit-key",
            "http://127.0.0.1:1",
            Outcome("error", http_status=400, message=EVIL, printed="a trace on stderr\n"),
            (Exchange("wire", 1, RAW, b"HTTP/1.1 200 OK\r\n", True, 200, 5, "fin", None),),
        ),
    ),
)
FAILURE = Failure(SEEN.case, SEEN, EVIL, "as given", place="/replica_name")
NAMING = ("mock-tavus", "conform", "--client", "a:b")


def failed(check_id: str, verdict: str = "fail", *, cause: str = "", more: int = 0) -> Result:
    one = replace(FAILURE, cause=cause)
    others = [replace(one, place=str(number)) for number in range(more)]
    return CheckResult(CATALOGUE[check_id], verdict, 7, str(one), (one, *others), 1.5)


FAILED = failed("REQ-05")
RESULTS: list[Result] = [
    CheckResult(CATALOGUE["REQ-01"], "pass", 1),
    FAILED,
    failed("REQ-10", "warn"),
    CheckResult(CATALOGUE["SEC-04"], "skip", 0, "no door"),
    CheckResult(CATALOGUE["SEC-05"], "error", 0, "KeyError: 'x'", traceback="Traceback: somewhere"),
]


def report(*results: Result, known: tuple[str, ...] = (), **more: Any) -> Report:
    findings = [Finding(one, one.requirement.check_id in known, NAMING) for one in results or RESULTS]
    return Report("a:b", "an emulator", Options(seed=3), 12.5, grouped(findings), **more)


SCHEMA = {
    "type": "object",
    "required": ["format", "client", "emulator", "seed", "duration_s", "summary", "checks"],
    "additionalProperties": False,
    "properties": {
        "format": {"const": "tavus-conformance/1"},
        "client": {"type": "string"},
        "subject": {"const": "client"},
        "jobs": {"type": "integer"},
        "exit_code": {"type": "integer"},
        "stale": {"type": "array"},
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
    assert found["summary"] == {"pass": 1, "fail": 1, "warn": 1, "skip": 1, "error": 1, "not_judged": 0, "known": 0}
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
    assert "mock-tavus conform --client a:b --only REQ-05" in page
    assert "a trace on stderr" in page
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
    reporter = TextReporter(stream, color=True, live=True, order=["REQ-01"])
    reporter.progress("REQ-01", 5)
    reporter.result(Finding(RESULTS[0]))

    assert stream.getvalue().startswith("\r\x1b[K0 of 1 checks  REQ-01 5\r\x1b[K")
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
    results: list[Result] = [CheckResult(CATALOGUE["REQ-01"], verdict) for verdict in verdicts]

    assert report(*results, strict=strict).exit_code == code


def test_a_known_failure_does_not_count_and_one_that_has_gone_does(tmp_path: Path) -> None:
    path = tmp_path / "baseline.txt"
    path.write_text(baseline_of(RESULTS))
    assert path.read_text() == "REQ-05  # keeps strings identical\n"
    known = read_baseline(path, CATALOGUE)

    assert replace(report(), findings=[Finding(FAILED, is_known=True)]).exit_code == 0
    assert stale_entries(known, RESULTS) == []
    assert stale_entries(known, [replace(FAILED, verdict="pass")]) == ["REQ-05"]
    assert report(RESULTS[0], stale=["REQ-05"]).exit_code == 1


def test_a_baseline_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    path = tmp_path / "baseline.txt"
    path.write_text("REQ-5\n")
    with pytest.raises(KitError, match="expected the id of a check on each line"):
        read_baseline(path, CATALOGUE)
    with pytest.raises(KitError, match="cannot be read"):
        read_baseline(tmp_path / "none.txt", CATALOGUE)


def test_bytes_are_shown_without_loss() -> None:
    assert readable(b"a\r\nb\x00\xff\xc3\xa9") == "a\nb\\x00\\xffé"
    assert readable(b"x" * 10, limit=4) == "xxxx… (10 bytes)"


@pytest.mark.parametrize(("unjudged", "code"), [(1, 0), (2, 2), (3, 2)])
def test_more_than_a_third_that_was_not_judged_is_no_green(unjudged: int, code: int) -> None:
    """Of five must checks; a sixth, whose capability the client does not have, does not count."""
    ids = ["REQ-01", "REQ-02", "REQ-03", "REQ-04", "REQ-05"]
    silent: list[Result] = [CheckResult(CATALOGUE[check_id], "skip", not_judged=True) for check_id in ids[:unjudged]]
    judged: list[Result] = [CheckResult(CATALOGUE[check_id], "pass") for check_id in ids[unjudged:]]
    results = [*silent, *judged, CheckResult(CATALOGUE["TRN-04"], "skip")]
    whole = Report("a:b", "an emulator", findings=[Finding(one) for one in results])

    assert whole.exit_code == code
    assert bool(whole.unjudged_reason) == (code == 2)
    assert whole.not_judged == unjudged


def test_a_run_in_which_every_failure_is_known_says_so() -> None:
    stream = io.StringIO()
    whole = report(FAILED, RESULTS[0], known=("REQ-05",))
    TextReporter(stream, color=False, live=False).end(whole)
    found = json.loads(json_report(whole))

    assert "1 pass, 1 fail, all known in 12.5 s" in stream.getvalue()
    assert (found["summary"]["known"], found["exit_code"]) == (1, 0)
    assert found["checks"][0]["known"] is True
    assert "1 of 2 checks failed, all known" in html_report(whole)


def test_findings_of_one_cause_are_shown_together() -> None:
    cause = str(Cause.FOLLOWS_REDIRECTS)
    whole = report(failed("SEC-01", cause=cause), failed("SEC-02", cause=cause), failed("SEC-04", "warn", cause=cause))
    stream = io.StringIO()
    TextReporter(stream, color=False, live=False).end(whole)
    found = {check["id"]: check for check in json.loads(json_report(whole))["checks"]}

    assert whole.findings[0].also == ("SEC-02", "SEC-04")
    assert "Also fails: SEC-02, SEC-04, by the same cause" in stream.getvalue()
    assert "SEC-02 fail" not in stream.getvalue()
    assert found["SEC-01"]["also_fails"] == ["SEC-02", "SEC-04"]
    assert found["SEC-02"]["shown_with"] == "SEC-01"
    assert whole.summary["fail"] == 2


def test_a_failure_is_the_head_of_a_warning_with_its_cause() -> None:
    cause = str(Cause.NO_DEADLINE)
    whole = report(failed("TRN-04", "warn", cause=cause), failed("TRN-05", "fail", cause=cause))

    assert {one.requirement.check_id: one.head for one in whole.findings} == {"TRN-04": "TRN-05", "TRN-05": ""}


@pytest.mark.parametrize(
    ("user_agent", "told"),
    [
        ("python-requests/2.34.2", "allow_redirects=False"),
        ("node", 'redirect: "manual"'),
        ("axios/1.7.2", "maxRedirects: 0"),
        ("Go-http-client/1.1", "ErrUseLastResponse"),
        ("GuzzleHttp/7", "'allow_redirects' => false"),
        ("curl/8.1", "--location"),
        ("MyClient/1", "Do not follow redirects"),
        ("", "Do not follow redirects"),
    ],
)
def test_how_to_mend_it_is_told_for_the_stack_at_hand(user_agent: str, told: str) -> None:
    assert told in remedy(Cause.FOLLOWS_REDIRECTS, user_agent)


def test_every_cause_has_a_remedy_and_what_is_no_cause_has_none() -> None:
    assert all(remedy(cause, "") for cause in Cause)
    assert remedy("", "node") == remedy("something else", "node") == ""


def test_the_remedy_stands_in_every_report() -> None:
    whole = report(failed("SEC-01", cause=str(Cause.FOLLOWS_REDIRECTS)))
    stream = io.StringIO()
    TextReporter(stream, color=False, live=False).end(whole)

    for text in (stream.getvalue(), html_report(whole), junit_report(whole), json_report(whole)):
        assert "allow_redirects=False" in text


def test_further_failures_of_a_check_are_told() -> None:
    whole = report(failed("REQ-05", more=2))
    stream = io.StringIO()
    TextReporter(stream, color=False, live=False).end(whole)
    (check,) = json.loads(json_report(whole))["checks"]

    assert "And (0): " in stream.getvalue()
    assert "And (1): " in stream.getvalue()
    assert [one["place"] for one in check["more"]] == ["0", "1"]
    assert check["more"][0]["replay"].startswith("mock-tavus conform --client a:b --only REQ-05 --replay ")


def test_a_fault_of_the_kit_keeps_where_it_was() -> None:
    stream = io.StringIO()
    TextReporter(stream, color=False, live=False).end(report())

    assert "Traceback: somewhere" in stream.getvalue()
    assert "Traceback: somewhere" in html_report(report())


def test_what_the_client_printed_and_who_is_heard_stand_in_the_report() -> None:
    stream = io.StringIO()
    TextReporter(stream, color=False, live=False).end(report())

    assert "It printed: a trace on stderr" in stream.getvalue()
    assert "Evidence:   the wire, byte by byte" in stream.getvalue()


def test_lines_come_in_the_order_of_the_catalogue_whoever_is_first() -> None:
    stream = io.StringIO()
    reporter = TextReporter(stream, color=False, live=False, order=["REQ-01", "REQ-05", "REQ-10"])
    for number in (1, 2, 0):
        reporter.result(Finding(RESULTS[number]))

    assert re.findall(r"^[A-Z]{3}-\d\d", stream.getvalue(), re.MULTILINE) == ["REQ-01", "REQ-05", "REQ-10"]


def test_a_terminal_is_told_what_is_left() -> None:
    stream = io.StringIO()
    reporter = TextReporter(stream, color=False, live=True, order=["REQ-01", "REQ-05"])
    reporter.result(Finding(RESULTS[0]))
    reporter.progress("REQ-05", 9)

    assert "1 of 2 checks, about 1 s left  REQ-05 9" in stream.getvalue()


def test_a_trace_shows_what_a_passing_check_saw() -> None:
    stream = io.StringIO()
    traced: Result = CheckResult(CATALOGUE["REQ-01"], "pass", 1, samples=(SEEN,))
    TextReporter(stream, color=False, live=False).trace(Finding(traced))

    assert "REQ-01: 1 of its cases" in stream.getvalue()
    assert "POST / HTTP/1.1" in stream.getvalue()


def test_github_is_told_by_annotations_and_a_summary(tmp_path: Path) -> None:
    whole = report(failed("SEC-01"), failed("REQ-10", "warn"), RESULTS[0], failed("REQ-05"), known=("REQ-05",))
    lines = list(annotation_lines(whole))
    told = summary(whole)
    stream = io.StringIO()
    write_github(whole, str(tmp_path / "summary.md"), stream)

    assert [line.partition(" ")[0] for line in lines] == ["::error", "::warning", "::notice"]
    assert all("\n" not in line and "%0ADocumented%3A" not in line for line in lines)
    assert "title=SEC-01 lets the key" in lines[0]
    assert "| SEC-01 " in told
    assert "<img" not in told
    assert (tmp_path / "summary.md").read_text("utf-8").startswith("### Tavus conformance of client `a:b`")
    assert stream.getvalue().count("::") == 6


def test_no_must_check_judged_is_no_green() -> None:
    skipped: Result = CheckResult(CATALOGUE["REQ-01"], "skip", 0, "not with me")
    should: Result = CheckResult(CATALOGUE["REQ-10"], "pass", 3)

    assert report(skipped, should).exit_code == 2
    assert report(should).exit_code == 0


def test_nothing_is_lost_where_a_mapping_is_shown() -> None:
    shown: Mapping[str, Any] = FAILURE.observation.to_json()

    assert shown["printed"] == "a trace on stderr\n"
