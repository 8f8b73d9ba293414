from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from contract_tests.catalogue import CATALOGUE
from contract_tests.client.case import Situation
from contract_tests.client.checks import Setting, all_checks
from contract_tests.client.checks._check import check
from contract_tests.client.strategies import BodyStrategies
from contract_tests.oracle import Oracle

DESIGN = Path(__file__).parents[3] / "shared" / "design" / "client-checks.md"
SETTING = Setting(
    BodyStrategies(Oracle.load().body_schema("createReplica")),
    {name: f"http://{name}.test" for name in ("wire", "other", "tls", "untrusted-tls", "tls-other-name")},
)


def test_every_row_has_a_check_and_every_check_a_row() -> None:
    assert [one.entry.check_id for one in all_checks()] == list(CATALOGUE)


def test_every_check_has_cases_of_its_own() -> None:
    for one in all_checks():
        cases = list(one.cases(SETTING))
        assert cases, one.entry.check_id
        assert len({case.key for case in cases}) == len(cases), one.entry.check_id


def test_what_is_written_of_a_case_can_be_played_again() -> None:
    for one in all_checks():
        for case in one.cases(SETTING):
            written = json.dumps(case.to_json())
            assert Situation.from_json(json.loads(written)) == Situation.from_json(case.to_json())
            assert Situation.from_json(json.loads(written)).key == case.key


def test_a_row_says_what_harm_there_is() -> None:
    for entry in CATALOGUE.values():
        assert entry.level in ("must", "should", "info")
        assert entry.authority in ("vendor-doc", "rfc", "house")
        assert entry.reference
        assert re.fullmatch(r"[A-Z'].*\.", entry.harm)


def test_an_id_is_registered_once() -> None:
    all_checks()
    with pytest.raises(ValueError, match="registered already"):
        check("REQ-01", lambda setting: iter(()))(lambda episode: None)


@pytest.mark.skipif(not DESIGN.exists(), reason="the design is not here")
def test_ids_and_levels_are_those_of_the_design() -> None:
    rows = re.findall(r"^\| ((?:REQ|AUT|OKP|ERR|TRN|SEC)-\d\d) \| (\w)/(\w+) ", DESIGN.read_text("utf-8"), re.MULTILINE)
    levels = {"M": "must", "S": "should", "I": "info"}
    ways = {"P": "plain", "H": "drawn", "SM": "sequence"}

    assert {check_id: (levels[level], ways[how]) for check_id, level, how in rows} == {
        check_id: (entry.level, entry.how) for check_id, entry in CATALOGUE.items()
    }
