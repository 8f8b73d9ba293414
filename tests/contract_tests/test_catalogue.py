from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from contract_tests.client.case import ClientCase
from contract_tests.client.checks import all_checks as client_checks
from contract_tests.client.checks._check import check as client_check
from contract_tests.engine.model import Check
from contract_tests.receiver.case import ReceiverCase
from contract_tests.receiver.checks import all_checks as receiver_checks
from contract_tests.receiver.checks._check import check as receiver_check
from contract_tests.receiver.context import ReceiverContext
from contract_tests.report.model import WITNESSES
from tests.contract_tests.client.contexts import context

DESIGN = Path(__file__).parents[3] / "shared" / "design" / "client-checks.md"
RECEIVER = ReceiverContext(has_state=True, has_secret=True, stall_seconds=15.0)
SUBJECTS: list[tuple[Sequence[Check[Any, Any, Any]], Any, Any]] = [
    (client_checks(), context(), ClientCase.from_json),
    (receiver_checks(), RECEIVER, ReceiverCase.from_json),
]
CHECKS = [(check, made_from, read) for checks, made_from, read in SUBJECTS for check in checks]
EACH = pytest.mark.parametrize(("check", "made_from", "read"), CHECKS, ids=[check.check_id for check, _, _ in CHECKS])


@EACH
def test_every_check_has_cases_of_its_own_that_can_be_written_and_read(
    check: Check[Any, Any, Any], made_from: Any, read: Any
) -> None:
    cases = list(check.probe.cases(made_from))

    assert cases
    assert len({case.key for case in cases}) == len(cases)
    for case in cases:
        again = read(json.loads(json.dumps(case.to_json())))
        assert again == case
        assert again.key == case.key
        assert case.cost > 0


@EACH
def test_a_requirement_says_what_harm_there_is_and_a_judge_what_it_asserts(
    check: Check[Any, Any, Any], made_from: Any, read: Any
) -> None:
    requirement = check.requirement

    assert requirement.clause
    assert re.fullmatch(r"[A-Z'].*\.", requirement.harm)
    assert requirement.witness in WITNESSES
    assert re.match(r"(Assert|Yield) ", check.judge.__doc__ or "")


def test_ids_are_unique_and_in_order() -> None:
    ids = [check.check_id for check, _, _ in CHECKS]
    groups = list(dict.fromkeys(check_id[:3] for check_id in ids))

    assert len(set(ids)) == len(ids)
    assert groups == ["REQ", "AUT", "OKP", "ERR", "TRN", "SEC", "GET", "LST", "REN", "DEL", "POL", "CBK"]
    for group in groups:
        members = [check_id for check_id in ids if check_id.startswith(group)]
        assert members == sorted(members)


@pytest.mark.parametrize(("register", "checks"), [(client_check, client_checks()), (receiver_check, receiver_checks())])
def test_an_id_is_registered_once(register: Any, checks: Any) -> None:
    with pytest.raises(ValueError, match="registered already"):
        register(checks[0].requirement, checks[0].probe)


@pytest.mark.skipif(not DESIGN.exists(), reason="the design is not here")
def test_ids_levels_and_ways_are_those_of_the_design() -> None:
    rows = re.findall(r"^\| ([A-Z]{3}-\d\d) \| (\w)/(\w+) ", DESIGN.read_text("utf-8"), re.MULTILINE)
    levels = {"M": "must", "S": "should", "I": "info"}
    found = {check.check_id: check for check, _, _ in CHECKS}

    assert {check_id: levels[level] for check_id, level, _ in rows} == {
        check_id: str(check.requirement.level) for check_id, check in found.items()
    }
    must_draw = {check_id for check_id, _, how in rows if how == "H"}
    assert {check_id for check_id in must_draw if found[check_id].probe.drawn is None} == set()
