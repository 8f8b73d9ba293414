"""Kinds of interfaces that were once judged wrongly: none is blamed, and what is broken behind it is found."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator

import pytest

from contract_tests.api import ConformOptions, callable_client, command_client, conform
from contract_tests.client.drivers import callable_command
from contract_tests.emulator import Emulator
from contract_tests.engine.model import Options
from tests.contract_tests.clients.interfaces import CLASSES
from tests.system.conftest import REPOSITORY
from tools.selftest import judge

COMMAND = [sys.executable, "-m", "tests.contract_tests.clients.interfaces"]
CANARIES = {("TellsByClass", "ERR-03"), ("HalfAnObject", "TRN-06")}


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator() as running:
        yield running


@pytest.mark.parametrize(
    ("name", "check_id", "verdict"),
    [pytest.param(*row, marks=() if row[:2] in CANARIES else pytest.mark.deep) for row in CLASSES],
)
def test_a_kind_of_interface_is_judged_as_it_should_be(
    name: str, check_id: str, verdict: str, emulator: Emulator
) -> None:
    """With one seed; `make mutants` does it with five."""
    command = callable_command(f"tests.contract_tests.clients.interfaces:client_{name}")
    (result,) = judge(emulator, command, [check_id], Options(15))

    assert result.verdict == verdict, result.message


@pytest.mark.deep
def test_a_second_defect_behind_the_first_is_told(emulator: Emulator) -> None:
    command = callable_command("tests.contract_tests.clients.interfaces:client_TwoDefects")
    (result,) = judge(emulator, command, ["REQ-05"], Options(15))

    assert sorted(failure.place for failure in result.failures) == ["/model_name", "/replica_name"]


@pytest.mark.deep
@pytest.mark.parametrize(("more", "wait", "verdict"), [([], 5.0, "pass"), (["broken"], 5.0, "fail"), ([], 0.5, "skip")])
def test_a_timeout_of_its_own_is_judged_if_it_is_declared(more: list[str], wait: float, verdict: str) -> None:
    subject = command_client([*COMMAND, *more], folder=REPOSITORY)
    report = conform(subject, ConformOptions(only=["TRN-04"], longest_wait=wait, examples=0))
    (finding,) = report.findings

    assert finding.result.verdict == verdict, finding.result.message
    if verdict == "skip":
        assert "longer than --longest-wait 0.5" in finding.result.message


@pytest.mark.deep
def test_findings_of_one_root_are_grouped_under_it() -> None:
    subject = callable_client("tests.contract_tests.clients.mutants:client_SEC_01_follows", folder=REPOSITORY)
    report = conform(subject, ConformOptions(only=["SEC"], profile="quick"))
    heads = [one for one in report.findings if one.result.verdict == "fail" and not one.head]

    assert [one.requirement.check_id for one in heads] == ["SEC-01"]
    assert heads[0].also


@pytest.mark.deep
def test_the_table_of_verdicts_is_the_same_for_1_2_and_4_jobs() -> None:
    subject = callable_client("examples.clients.broken_client:create_replica", folder=REPOSITORY)
    tables = []
    for jobs in (1, 2, 4):
        report = conform(subject, ConformOptions(profile="quick", jobs=jobs))
        assert report.jobs == jobs
        tables.append({one.requirement.check_id: one.result.verdict for one in report.findings})

    assert tables[0] == tables[1] == tables[2]


@pytest.mark.deep
def test_a_client_that_cannot_run_twice_at_once_is_judged_with_one_job(tmp_path: object) -> None:
    subject = callable_client("tests.contract_tests.clients.single:create_replica", folder=REPOSITORY)
    report = conform(subject, ConformOptions(only=["REQ-01", "AUT-02"], profile="quick", jobs=4))

    assert (report.jobs, report.notice) == (1, "one job at a time: the client cannot run twice at once")
    assert report.exit_code == 0


@pytest.mark.deep
def test_baselines_of_an_earlier_version_still_work() -> None:
    from contract_tests.baseline import read_baseline
    from contract_tests.client.checks import catalogue

    path = REPOSITORY / "tests" / "contract_tests" / "written_by_c9ef40a" / "broken-baseline.txt"
    known = read_baseline(path, catalogue())
    subject = callable_client("examples.clients.broken_client:create_replica", folder=REPOSITORY)
    report = conform(subject, ConformOptions(only=known, profile="quick", known=known))

    assert (report.exit_code, report.stale, report.known) == (0, [], len(known))


@pytest.mark.deep
@pytest.mark.skipif(shutil.which("java") is None, reason="there is no Java here")
def test_a_java_client_takes_the_kits_certificates() -> None:
    subject = command_client(["java", "tests/contract_tests/clients/Client.java"], folder=REPOSITORY)
    report = conform(subject, ConformOptions(only=["SEC-04", "SEC-05"], jobs=1))

    assert {one.requirement.check_id: one.result.verdict for one in report.findings} == {
        "SEC-04": "pass",
        "SEC-05": "pass",
    }
