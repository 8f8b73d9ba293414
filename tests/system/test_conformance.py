"""The client kit as a program, on clients that are right and on clients that are wrong."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from xml.etree import ElementTree

import psutil
import pytest

from contract_tests.client.checks import catalogue
from contract_tests.emulator import Emulator
from contract_tests.engine.model import Options
from tests.contract_tests.clients.broken_readers import READERS
from tests.contract_tests.clients.mutants import MUTANTS
from tests.support import has_ended, wait_until
from tests.system.conftest import REPOSITORY, Program
from tools.selftest import ALL_MUTANTS, CORRECT, caught_verdicts, changed_fields, judge

QUICK = Options(10)
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


def correct_clients() -> list[object]:
    """Return the correct clients; coverage is measured in one that has every operation."""
    covered = "every operation, http.client"
    return [pytest.param(name, marks=[pytest.mark.covered] if name == covered else []) for name in CORRECT]


@pytest.mark.deep
@pytest.mark.parametrize("name", correct_clients())
def test_a_correct_client_is_not_accused(name: str, emulator: Emulator, need: Callable[[str], str]) -> None:
    for program in {"Node fetch": ["node"], "curl": ["bash", "curl", "jq"]}.get(name, []):
        need(program)
    results = list(judge(emulator, CORRECT[name], [], QUICK))

    assert {one.requirement.check_id: one.message for one in results if one.verdict in ("fail", "error")} == {}
    assert all(one.requirement.level == "should" for one in results if one.verdict == "warn")
    assert sum(one.verdict == "pass" for one in results) >= 45


@pytest.mark.deep
@pytest.mark.parametrize("group", sorted({check_id[:3] for check_id in MUTANTS.values()}))
def test_broken_clients_are_caught_by_the_check_that_is_meant(
    group: str, emulator: Emulator, need: Callable[[str], str]
) -> None:
    need("node")
    missed, sizes = [], []
    for name, (check_id, command) in ALL_MUTANTS.items():
        if check_id.startswith(group):
            (result,) = judge(emulator, command, [check_id], Options(30))
            if result.verdict not in caught_verdicts(check_id) or result.failure is None:
                missed.append((name, result.verdict, result.message))
            else:
                sizes.append(changed_fields(result.failure.case))

    assert missed == []
    assert sorted(sizes)[len(sizes) // 2] <= 2


FIRST_READERS = {check_id: name for name, check_id in reversed(READERS.items())}
"""The first broken client that reads, or polls, for each check; make mutants has them all."""


@pytest.mark.deep
@pytest.mark.parametrize("group", sorted({check_id[:3] for check_id in FIRST_READERS}))
def test_broken_readers_are_caught_by_the_check_that_is_meant(group: str, emulator: Emulator) -> None:
    missed = []
    for check_id, name in FIRST_READERS.items():
        if check_id.startswith(group):
            (result,) = judge(emulator, ALL_MUTANTS[name][1], [check_id], Options(10))
            if result.verdict not in caught_verdicts(check_id):
                missed.append((name, result.verdict, result.message))

    assert missed == []


CANARIES = ("REQ_05_bmp", "TRN_01_retries", "SEC_01_follows", "POL_03_progress")
"""One broken client of some groups."""


@pytest.mark.parametrize("name", CANARIES)
def test_a_broken_client_is_caught_and_a_correct_one_is_not_accused(name: str, emulator: Emulator) -> None:
    """The canary of the two matrices above."""
    check_id, command = ALL_MUTANTS[name]
    (caught,) = judge(emulator, command, [check_id], Options(30))
    (passed,) = judge(emulator, CORRECT["every operation, requests"], [check_id], QUICK)

    assert (caught.verdict, passed.verdict) == ("fail", "pass"), caught.message
    assert caught.failure is not None
    assert changed_fields(caught.failure.case) <= 2


def test_every_must_check_has_a_broken_client() -> None:
    must = {check_id for check_id, requirement in catalogue().items() if requirement.level == "must"}

    assert must - {*MUTANTS.values(), *READERS.values()} == set()


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


@pytest.mark.deep
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


@pytest.mark.deep
def test_a_baseline_lets_known_failures_pass_and_stale_ones_fail(tmp_path: Path) -> None:
    only = ["--only", "SEC-01", "--only", "REQ-01"]
    assert run("--client", BROKEN, *only, "--write-baseline", "known.txt", folder=tmp_path).returncode == 1

    known = run("--client", BROKEN, *only, "--baseline", "known.txt", folder=tmp_path)
    stale = run("--client", GOOD, *only, "--baseline", "known.txt", folder=tmp_path)

    assert known.returncode == 0
    assert "(known)" in known.stdout
    assert stale.returncode == 1
    assert "SEC-01 is in the baseline, and does not fail any more" in stale.stdout


@pytest.mark.deep
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
        (["--client", "json"], "expected package.module:callable, or a module with operations"),
        (["--client-cmd", "/no/such/program"], "the client cannot be started"),
        (["--client-cmd", "sh -c 'no-such-command'"], "the client cannot be started"),
        (["--client-cmd", "'"], "--client-cmd"),
        (["--client", GOOD, "--only", "REQ-99"], "expected a check such as REQ-01"),
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


@pytest.mark.deep
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


@pytest.mark.deep
@pytest.mark.covered
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


NOTHING = """
import os, time, urllib.request
from examples.clients.requests_client import TavusError, create_replica

def nothing_but_an_error(base_url, api_key, body, timeout):
    raise NameError("this was never tried")

def nothing_but_a_lie(base_url, api_key, body, timeout):
    return {"replica_id": "r783537ef5", "status": "started"}

def elsewhere(base_url, api_key, body, timeout):
    urllib.request.urlopen("http://127.0.0.1:9/v2/replicas", b"{}", timeout)

def hangs(base_url, api_key, body, timeout):
    time.sleep(1000)

def wants_a_name(base_url, api_key, body, timeout):
    if not body.get("replica_name"):
        raise TavusError("replica_name is required", kind="rejected_locally")
    return create_replica(base_url, api_key, body, timeout)

def wants_what_nobody_gives(base_url, api_key, body, timeout):
    if body.get("replica_name") != "Ada":
        raise TavusError("expected Ada", kind="rejected_locally")
    return create_replica(base_url, api_key, body, timeout)

def wants_a_name_only(base_url, api_key, body, timeout):
    if set(body) - {"train_video_url", "replica_name"}:
        raise TavusError("no such option", kind="rejected_locally")
    return create_replica(base_url, api_key, body, timeout)

def sends_the_video_alone(base_url, api_key, body, timeout):
    if body != {"train_video_url": "https://example.com/me.mp4"}:
        raise TavusError("no options, please", kind="rejected_locally")
    return create_replica(base_url, api_key, body, timeout)

def speaks_in_clear(base_url, api_key, body, timeout):
    return create_replica(base_url.replace("https://", "http://"), api_key, body, timeout)

def dies_of_line_feeds(base_url, api_key, body, timeout):
    if not api_key.isprintable():
        os._exit(1)
    return create_replica(base_url, api_key, body, timeout)

failures = []

def buys_twice_and_then_refuses(base_url, api_key, body, timeout):
    if len(failures) > 4:
        raise TavusError("the circuit is open", kind="rejected_locally")
    for _ in range(2):
        try:
            return create_replica(base_url, api_key, body, timeout)
        except TavusError as error:
            failures.append(error)
            problem = error
    raise problem

calls = []

def hangs_from_the_second_call_on(base_url, api_key, body, timeout):
    calls.append(1)
    if len(calls) > 1:
        time.sleep(1000)
    return create_replica(base_url, api_key, body, timeout)

def refuses_most(base_url, api_key, body, timeout):
    with open("calls.txt", "a+") as file:
        print("call", file=file)
        file.seek(0)
        count = len(file.readlines())
    if count > 2:
        raise TavusError("not today", kind="rejected_locally")
    return create_replica(base_url, api_key, body, timeout)
"""


@pytest.fixture
def nothing(tmp_path: Path) -> Path:
    """Return a folder with clients of whose checks nothing could be said."""
    (tmp_path / "nothing.py").write_text(NOTHING)
    return tmp_path


@pytest.mark.parametrize("only", ["SEC", *(pytest.param(one, marks=pytest.mark.deep) for one in ("AUT", "TRN-01"))])
@pytest.mark.parametrize(
    "client",
    [
        "nothing_but_a_lie",
        *(pytest.param(one, marks=pytest.mark.deep) for one in ("nothing_but_an_error", "elsewhere")),
    ],
)
def test_a_client_that_sends_nothing_here_is_not_judged(nothing: Path, client: str, only: str) -> None:
    done = run("--client", f"nothing:{client}", "--only", only, "--strict", folder=nothing)

    assert done.returncode == 2
    assert done.stdout == ""
    assert "no request reached the emulator: none was sent, or it went elsewhere" in done.stderr


def test_a_program_that_is_not_there_is_not_judged(nothing: Path, need: Callable[[str], str]) -> None:
    need("node")
    done = run("--client-cmd", "node nope.mjs", "--only", "SEC-01", "--strict", folder=nothing)

    assert done.returncode == 2
    assert "the client crashes on a plain create" in done.stderr
    assert "Cannot find module" in done.stderr


@pytest.mark.deep
def test_a_client_that_opens_its_circuit_is_judged_anew(nothing: Path) -> None:
    done = run("--client", "nothing:buys_twice_and_then_refuses", "--only", "TRN", "--profile", "quick", folder=nothing)

    assert done.returncode == 1, done.stdout
    assert "TRN-01  must    fail" in done.stdout


def test_a_run_of_skips_alone_is_no_green(nothing: Path) -> None:
    done = run("--client", "nothing:wants_a_name_only", "--only", "REQ-10", folder=nothing)

    assert done.returncode == 2, done.stdout
    assert "nothing was judged" in done.stderr


@pytest.mark.deep
def test_what_sends_no_option_has_kept_none(nothing: Path) -> None:
    only = [f"--only=REQ-{number}" for number in ("05", "08", "15", "12")]
    done = run("--client", "nothing:sends_the_video_alone", *only, "--profile", "quick", folder=nothing)

    assert done.returncode == 2, done.stdout
    assert "pass" not in done.stdout


@pytest.mark.deep
def test_a_key_in_clear_to_https_is_a_failure(nothing: Path) -> None:
    done = run("--client", "nothing:speaks_in_clear", "--only", "SEC-05", folder=nothing)

    assert done.returncode == 1, done.stdout
    assert "a request in clear, though the base URL is https" in done.stdout


@pytest.mark.parametrize("client", ["dies_of_line_feeds"])
def test_a_crash_is_no_refusal(nothing: Path, client: str) -> None:
    done = run("--client", f"nothing:{client}", "--only", "AUT-04", folder=nothing)

    assert done.returncode == 1, done.stdout


@pytest.mark.deep
def test_a_client_that_stops_sending_is_no_green(nothing: Path) -> None:
    done = run("--client", "nothing:refuses_most", "--only", "ERR", "--report-json", "r.json", folder=nothing)

    assert done.returncode == 2, done.stdout
    assert "nothing was judged: every check was skipped; ERR-01, for one: no request reached" in done.stderr
    summary = json.loads((nothing / "r.json").read_text())["summary"]
    assert summary["fail"] == 0
    assert summary["not_judged"] == 8


@pytest.mark.deep
@pytest.mark.parametrize("only", ["AUT", "REQ"])
def test_a_strict_interface_is_judged_by_what_it_sends(nothing: Path, only: str) -> None:
    found = ["--client", "nothing:wants_a_name", "--only", only, "--profile", "quick"]
    told = ["--client", "nothing:wants_what_nobody_gives", "--only", "OKP-01", "--profile", "quick"]
    told += ["--basic-body", '{"train_video_url": "https://a.example/b.mp4", "replica_name": "Ada"}']
    for arguments in (found, told):
        done = run(*arguments, "--report-json", "r.json", folder=nothing)

        assert done.returncode == 0, done.stdout + done.stderr
        report = json.loads((nothing / "r.json").read_text())
        assert (report["summary"]["skip"], report["summary"]["warn"]) == (0, 0)


@pytest.mark.parametrize("body", ["{", "[]", "{}"])
def test_a_basic_body_must_be_one(nothing: Path, body: str) -> None:
    done = run("--client", "nothing:wants_a_name", "--basic-body", body, folder=nothing)

    assert (done.returncode, done.stderr.startswith("Error: --basic-body: expected ")) == (2, True)


@pytest.mark.deep
@pytest.mark.parametrize(("client", "code"), [("hangs", 2), ("hangs_from_the_second_call_on", 1)])
def test_a_client_that_hangs_on_every_call_is_done_with(nothing: Path, client: str, code: int) -> None:
    began = time.monotonic()
    done = run("--client", f"nothing:{client}", folder=nothing)

    assert done.returncode == code, done.stdout + done.stderr
    assert time.monotonic() - began < 120  # half a minute if nothing else runs; to judge every case would take hours


def test_what_was_found_before_ctrl_c_is_told(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mock_tavus", "conform", "--client", BROKEN, "--report-json", "r.json"]
    command += ["--only", "SEC-01", "--only", "OKP-08", "--only", "TRN", "--report-html", "r.html"]
    with subprocess.Popen(
        [*command, "--report-junit", "r.xml"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    ) as kit:
        assert kit.stdout is not None
        first = next(line for line in kit.stdout if line.startswith("TRN-01"))
        kit.send_signal(signal.SIGINT)
        rest, errors = kit.communicate(timeout=60)

    assert kit.returncode == 130, errors
    assert "fail" in first
    assert "OKP-08 fail: never calls a 200 without an id a success" in rest
    assert "Interrupted" in rest
    report = json.loads((tmp_path / "r.json").read_text())
    assert report["interrupted"] is True
    assert {"OKP-08", "TRN-01"} <= {check["id"] for check in report["checks"]}
    assert "Interrupted" in (tmp_path / "r.html").read_text()
    assert "interrupted" in (tmp_path / "r.xml").read_text()


def run_pytest(*arguments: str, folder: Path, program: Sequence[str] = ("-m", "pytest")) -> tuple[int, str]:
    command = [sys.executable, *program, "-q", "-p", "no:cacheprovider", "--pyargs", "contract_tests", *arguments]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_pytest_without_a_client_says_what_is_missing(tmp_path: Path) -> None:
    code, told = run_pytest("-k", "REQ-01", folder=tmp_path)

    assert code == 2
    assert "name the client: either --tavus-client MODULE:CALLABLE" in told
    assert "Traceback" not in told
    assert len(told.strip().splitlines()) <= 3, told


@pytest.mark.deep
@pytest.mark.parametrize("client", ["nothing_but_a_lie", pytest.param("nothing_but_an_error", marks=pytest.mark.deep)])
def test_pytest_is_no_green_for_nothing(nothing: Path, client: str) -> None:
    code, told = run_pytest("-k", "SEC-01", "--tavus-client", f"nothing:{client}", folder=nothing)

    assert code == 2, told
    assert "no request reached the emulator" in told


@pytest.mark.deep
@pytest.mark.covered
def test_pytest_is_no_green_for_skips(nothing: Path) -> None:
    code, told = run_pytest("-k", "ERR", "--tavus-client", "nothing:refuses_most", folder=nothing)

    assert code == 2, told
    assert "nothing was judged" in told


WITHOUT = """
import runpy, sys

from importlib.machinery import PathFinder
found = PathFinder.find_spec

def find_spec(cls, name, path=None, target=None):
    hidden = name.partition(".")[0] in ("hypothesis", "_hypothesis_pytestplugin", "schemathesis")
    return None if hidden else found(name, path, target)

PathFinder.find_spec = classmethod(find_spec)
{start}
"""
"""A Python in which Hypothesis is not installed."""


def test_without_the_extra_one_line_says_so(tmp_path: Path) -> None:
    start = 'sys.argv = ["contract_tests", "client"]; runpy.run_module("contract_tests", run_name="__main__")'
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT.format(start=start)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=60,
        check=False,
    )

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "Error: the kit needs hypothesis; install it with: pip install 'mock-tavus[kit]'\n"


def test_pytest_without_the_extra_says_so(tmp_path: Path) -> None:
    start = "import pytest; sys.exit(pytest.main(sys.argv[1:]))"
    program = ("-c", WITHOUT.format(start=start), "-p", "no:hypothesispytest", "-p", "no:schemathesis")
    code, told = run_pytest("--tavus-client", GOOD, folder=tmp_path, program=program)

    assert code == 2, told
    assert "the kit needs hypothesis; install it with: pip install 'mock-tavus[kit]'" in told
    assert len(told.strip().splitlines()) <= 3, told
