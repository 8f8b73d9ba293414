"""The client kit as a program, on clients that are right and on clients that are wrong."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree

import psutil
import pytest

from contract_tests.emulator import Emulator
from contract_tests.runner import PROFILES, Budget
from tests.contract_tests.clients.mutants import MUTANTS
from tests.contract_tests.selftest import ALL_MUTANTS, CORRECT, changed_fields, judge
from tests.support import has_ended, wait_until
from tests.system.conftest import REPOSITORY, Program

GOOD = "examples.clients.requests_client:create_replica"
BROKEN = "examples.clients.broken_client:create_replica"


def run(*arguments: str, folder: Path = REPOSITORY) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("mock-tavus-contract")), "client", *arguments]
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator() as running:
        yield running


@pytest.mark.parametrize("name", CORRECT)
def test_a_correct_client_is_not_accused(name: str, emulator: Emulator, need: Callable[[str], str]) -> None:
    for program in {"Node fetch": ["node"], "curl": ["bash", "curl", "jq"]}.get(name, []):
        need(program)
    results = list(judge(emulator, CORRECT[name], [], PROFILES["quick"], 0))

    assert {one.entry.check_id: one.message for one in results if one.verdict in ("fail", "error")} == {}
    assert all(one.entry.level == "should" for one in results if one.verdict == "warn")
    assert sum(one.verdict == "pass" for one in results) >= 45


@pytest.mark.parametrize("group", sorted({check_id[:3] for check_id in MUTANTS.values()}))
def test_broken_clients_are_caught_by_the_check_that_is_meant(
    group: str, emulator: Emulator, need: Callable[[str], str]
) -> None:
    need("node")
    missed, sizes = [], []
    for name, (check_id, command) in ALL_MUTANTS.items():
        if check_id.startswith(group):
            (result,) = judge(emulator, command, [check_id], Budget(30, 2.0), 0)
            if result.verdict != "fail" or result.counterexample is None:
                missed.append((name, result.verdict, result.message))
            else:
                sizes.append(changed_fields(result.counterexample.situation))

    assert missed == []
    assert sorted(sizes)[len(sizes) // 2] <= 2


def test_every_must_check_has_a_broken_client() -> None:
    from contract_tests.catalogue import CATALOGUE

    must = {check_id for check_id, entry in CATALOGUE.items() if entry.level == "must"}

    assert must - set(MUTANTS.values()) == set()


def test_a_finding_is_told_proven_and_can_be_played_again(tmp_path: Path) -> None:
    reports = ["--report-json", "r.json", "--report-junit", "r.xml", "--report-html", "r.html"]
    done = run("--client", BROKEN, "--only", "SEC-01", "--only", "REQ-01", *reports, folder=tmp_path)

    assert done.returncode == 1, done.stdout + done.stderr
    assert "Whoever can cause a redirect gets the API key." in done.stdout
    assert "Received:" in done.stdout
    assert "1 pass, 1 fail in" in done.stdout
    found = json.loads((tmp_path / "r.json").read_text())
    failed = next(check for check in found["checks"] if check["verdict"] == "fail")
    assert failed["id"] == "SEC-01"
    assert failed["counterexample"]["request_bytes"].startswith("POST /v2/replicas HTTP/1.1\r\n")
    assert ElementTree.parse(tmp_path / "r.xml").getroot().attrib["failures"] == "1"
    assert "SEC-01" in (tmp_path / "r.html").read_text()

    again = run(*shlex.split(failed["replay"])[2:], folder=tmp_path)

    assert again.returncode == 1
    assert "SEC-01  must    fail " in again.stdout


def test_a_counterexample_is_kept_and_tried_first(tmp_path: Path) -> None:
    client = "tests.contract_tests.clients.mutants:client_REQ_05_bmp"
    judged = []
    for more in ([], [], ["--no-database"]):
        arguments = ["--client", client, "--only", "REQ-05", "--report-json", "r.json", *more]
        assert run(*arguments, folder=tmp_path).returncode == 1
        (check,) = json.loads((tmp_path / "r.json").read_text())["checks"]
        judged.append(check["examples"])

    assert judged[1] < judged[0] == judged[2]


def test_nothing_is_left_behind_by_a_kit_that_is_killed(tmp_path: Path) -> None:
    waits = "examples.clients.requests_client:create_replica", "--only", "TRN-05"
    command = [sys.executable, "-m", "contract_tests", "client", "--client", *waits]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.DEVNULL) as kit:
        started: set[psutil.Process] = set()

        def all_have_started() -> bool:  # the server, its worker, and a client
            started.update(psutil.Process(kit.pid).children(recursive=True))
            return len(started) >= 3

        wait_until(all_have_started)
        kit.kill()

    wait_until(lambda: all(has_ended(one.pid) for one in started))


def test_a_baseline_lets_known_failures_pass_and_stale_ones_fail(tmp_path: Path) -> None:
    only = ["--only", "SEC-01", "--only", "REQ-01"]
    assert run("--client", BROKEN, *only, "--write-baseline", "known.txt", folder=tmp_path).returncode == 1

    known = run("--client", BROKEN, *only, "--baseline", "known.txt", folder=tmp_path)
    stale = run("--client", GOOD, *only, "--baseline", "known.txt", folder=tmp_path)

    assert known.returncode == 0
    assert "(known)" in known.stdout
    assert stale.returncode == 1
    assert "SEC-01 is in the baseline, and does not fail any more" in stale.stdout


def test_a_running_emulator_can_be_used(serve: Callable[..., Program]) -> None:
    program = serve("--wire-port", "0", "--admin-token", "s3cret")
    named = ["--emulator", program.url, "--admin-token", "s3cret", "--only", "REQ-01", "--only", "SEC-04"]
    done = run("--client", GOOD, *named)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "start it with --wire-certificate" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "name the client"),
        (["--client", GOOD, "--client-cmd", "x"], "name the client"),
        (["--client", "nowhere:nothing"], "cannot be loaded: ModuleNotFoundError"),
        (["--client", "json"], "expected package.module:callable"),
        (["--client-cmd", "/no/such/program"], "the client cannot be started"),
        (["--client-cmd", "sh -c 'no-such-command'"], "the client cannot be started"),
        (["--client-cmd", "'"], "--client-cmd"),
        (["--client", GOOD, "--only", "REQ-99"], "expected a check such as SEC-01"),
        (["--client", GOOD, "--only", "SEC-06", "--level", "must"], "no check is left"),
        (["--client", GOOD, "--replay", "{}"], "--replay needs --only"),
        (["--client", GOOD, "--only", "REQ-01", "--replay", "{}"], "--replay: expected what a report gives"),
        (["--client", GOOD, "--emulator", "http://127.0.0.1:1"], "no emulator answers"),
        (["--client", GOOD, "--baseline", "none.txt"], "cannot be read"),
        (["--client", GOOD, "--only", "REQ-01", "--report-json", "/no/such/folder/r.json"], "cannot be written"),
    ],
)
def test_a_mistake_is_told_in_a_line_and_is_no_verdict(arguments: list[str], message: str) -> None:
    done = run(*arguments)

    assert done.returncode == 2, done.stdout + done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_folder_of_the_same_name_is_not_taken_for_the_kit(tmp_path: Path) -> None:
    (tmp_path / "contract_tests").mkdir()
    (tmp_path / "contract_tests" / "__init__.py").write_text("raise SystemExit('this is not the kit')\n")
    (tmp_path / "mine.py").write_text("from examples.clients.requests_client import create_replica as create\n")
    command = [str(Path(sys.executable).with_name("mock-tavus")), "conform", "--client", "mine:create"]
    done = subprocess.run(
        [*command, "--only", "REQ-01"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        timeout=120,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_conform_hands_over_to_the_kit() -> None:
    command = [sys.executable, "-m", "mock_tavus", "conform", "--client", BROKEN, "--only", "OKP-08", "--durations"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=REPOSITORY, timeout=120, check=False)

    assert done.returncode == 1
    assert "OKP-08  must    fail " in done.stdout
    assert "The slowest checks:" in done.stdout


def test_pytest_runs_every_check_as_a_test(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--pyargs", "contract_tests"]
    command += [
        "--tavus-client",
        BROKEN,
        "--tavus-profile",
        "quick",
        "-k",
        "SEC-01 or REQ-01 or TRN-07",
        "-n",
        "2",
        "-rA",
    ]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        timeout=120,
        check=False,
    )

    assert "1 failed, 1 passed, 1 xfailed" in done.stdout, done.stdout + done.stderr
    assert "Whoever can cause a redirect gets the API key." in done.stdout


def test_pytest_without_a_client_says_what_is_missing(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--pyargs",
        "contract_tests",
        "-k",
        "REQ-01",
    ]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=120, check=False)

    assert done.returncode != 0
    assert "name the client: either --tavus-client MODULE:CALLABLE" in done.stdout + done.stderr
