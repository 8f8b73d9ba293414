"""The report for programs, whose format outside programs rely on."""

from __future__ import annotations

import json

from contract_tests.report.model import Report

FORMAT = "tavus-conformance/1"


def json_report(report: Report) -> str:
    """Return a run as JSON, in the format that `docs/conformance.md` describes.

    Args:
        report: The run.
    """
    return (
        json.dumps(
            {
                "format": FORMAT,
                "subject": report.kind,
                report.kind: report.subject,
                "emulator": report.emulator,
                "seed": report.seed,
                "duration_s": round(report.seconds, 3),
                "jobs": report.jobs,
                "summary": {**report.summary, "not_judged": report.not_judged, "known": report.known},
                "exit_code": report.exit_code,
                **({"notice": report.notice} if report.notice else {}),
                **({"stale": list(report.stale)} if report.stale else {}),
                **({"interrupted": True} if report.interrupted else {}),
                **({"reason": report.unjudged_reason} if report.unjudged_reason else {}),
                "checks": [finding.to_json() for finding in report.findings],
            },
            indent=2,
        )
        + "\n"
    )
