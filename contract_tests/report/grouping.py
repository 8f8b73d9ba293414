"""Put findings of one cause under the first of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from contract_tests.report.model import Finding


def grouped(findings: Sequence[Finding]) -> list[Finding]:
    """Return findings with those of one cause put under the first of them, the heaviest first.

    Args:
        findings: In the order of the catalogue.
    """
    heads: dict[str, str] = {}
    also: dict[str, list[str]] = {}
    shown = [one for one in findings if one.result.verdict in ("fail", "warn") and one.failure and one.failure.cause]
    for finding in sorted(shown, key=lambda one: one.result.verdict != "fail"):
        assert finding.failure is not None  # noqa: S101 - for the type checker
        head = heads.setdefault(finding.failure.cause, finding.requirement.check_id)
        if head != finding.requirement.check_id:
            also.setdefault(head, []).append(finding.requirement.check_id)
    under = {check_id: head for head, ids in also.items() for check_id in ids}
    return [
        replace(one, also=tuple(also.get(check_id, ())), head=under.get(check_id, ""))
        for one in findings
        if (check_id := one.requirement.check_id)
    ]
