"""The report for CI servers."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from contract_tests.report.model import Finding, Report

_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_report(report: Report) -> str:
    """Return a run as JUnit XML: a test case for each check; warnings pass, with their text as output.

    Args:
        report: The run.
    """
    summary = report.summary
    suite = ElementTree.Element(
        "testsuite",
        name=f"tavus-conformance {report.kind}",
        tests=str(len(report.findings) + bool(report.unjudged_reason)),
        failures=str(sum(map(report.counts, report.findings))),
        errors=str(summary["error"] + bool(report.unjudged_reason)),
        skipped=str(summary["skip"]),
        time=f"{report.seconds:.3f}",
    )
    if report.interrupted:
        properties = ElementTree.SubElement(suite, "properties")
        ElementTree.SubElement(properties, "property", name="interrupted", value="true")
    for finding in report.findings:
        _add_case(suite, finding, report)
    for check_id in report.stale:
        case = ElementTree.SubElement(suite, "testcase", classname="tavus.baseline", name=check_id)
        ElementTree.SubElement(case, "failure", message="a known failure that is no longer there")
    if report.unjudged_reason:
        case = ElementTree.SubElement(suite, "testcase", classname="tavus.run", name="enough was judged")
        ElementTree.SubElement(case, "error", message=_clean(report.unjudged_reason))
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(suite, encoding="unicode") + "\n"


def _add_case(suite: ElementTree.Element, finding: Finding, report: Report) -> None:
    requirement, result = finding.requirement, finding.result
    case = ElementTree.SubElement(
        suite,
        "testcase",
        classname=f"tavus.{requirement.group}",
        name=f"{requirement.check_id} {requirement.title}",
        time=f"{result.seconds:.3f}",
    )
    message = _clean(result.message)
    details = _clean(f"{result.message}\n{requirement.harm}\n{requirement.clause}\n{finding.remedy}\n{finding.replay}")
    if report.counts(finding):
        ElementTree.SubElement(case, "failure", message=message).text = details
    elif result.verdict == "error":
        ElementTree.SubElement(case, "error", message=message).text = details
    elif result.verdict == "skip":
        ElementTree.SubElement(case, "skipped", message=f"not judged: {message}" if result.not_judged else message)
    elif result.verdict != "pass":
        ElementTree.SubElement(case, "system-out").text = details


def _clean(text: str) -> str:
    """Return a text without what XML cannot have."""
    return _NOT_XML.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
