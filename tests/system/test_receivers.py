"""The receiver kit as a program, on receivers that are right and on receivers that are wrong."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.contract_tests.receivers.app import RECEIVERS
from tests.support import has_ended, wait_until
from tests.system.conftest import REPOSITORY
from tools.selftest import CORRECT_RECEIVERS, free_port, judge_receiver, receiver

PYTHON = shlex.quote(sys.executable)


FIRST_OF_EACH = list(
    {check_id: name for name, check_id in reversed(RECEIVERS.items()) if check_id != "CBK-10"}.values()
)
"""One broken receiver for each check; `make mutants` judges them all, with five seeds."""


def run(*arguments: str, folder: Path = REPOSITORY) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "contract_tests", "conform-receiver", "--no-database", *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        timeout=120,
        check=False,
    )


def named(command: str, *, state: bool = True) -> list[str]:
    """Return the options that name a receiver of the tests; `{port}` in the command stands for its port."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    options = ["--receiver", f"{url}/hook?secret=s3cret", "--start", command.format(port=port)]
    if state:
        options += ["--created", f"{url}/test/created", "--receiver-state", f"{url}/test/state/"]
    return options


def stdlib(name: str, database: str = ":memory:") -> str:
    return f"{PYTHON} -m tests.contract_tests.receivers.app {name} {{port}} {database}"


def correct_receivers() -> list[object]:
    """Return the correct receivers; coverage is measured in one of them."""
    covered = "http.server"
    return [pytest.param(name, marks=[pytest.mark.covered] if name == covered else []) for name in CORRECT_RECEIVERS]


@pytest.mark.deep
@pytest.mark.parametrize("name", correct_receivers())
def test_a_correct_receiver_is_not_accused(name: str, tmp_path: Path) -> None:
    subject = receiver(CORRECT_RECEIVERS[name], tmp_path)
    results = judge_receiver(subject, [], examples=2, stalls=False)

    assert {one.requirement.check_id: one.message for one in results if one.verdict not in ("pass", "skip")} == {}
    assert sum(one.verdict == "pass" for one in results) >= 12


@pytest.mark.deep
@pytest.mark.parametrize("name", FIRST_OF_EACH)
def test_a_broken_receiver_is_caught_by_the_check_that_is_meant(name: str, tmp_path: Path) -> None:
    subject = receiver(stdlib(name, "{database}"), tmp_path)
    (result,) = judge_receiver(subject, [RECEIVERS[name]], examples=0, stalls=False, shrinks=3)

    assert result.verdict == ("fail" if result.requirement.level == "must" else "warn"), result.message
    assert result.failure is not None


@pytest.mark.deep
@pytest.mark.covered
def test_a_broken_receiver_is_told_with_the_shortest_story_and_can_be_played_again(tmp_path: Path) -> None:
    arguments = [
        *named(stdlib("CBK_04_loses")),
        "--only",
        "CBK-04",
        "--examples",
        "0",
        "--report-json",
        str(tmp_path / "r.json"),
    ]
    done = run(*arguments)

    assert done.returncode == 1, done.stdout + done.stderr
    assert "A training that ends at once is never seen to end." in done.stdout
    assert "after callback ready · create answered" in done.stdout
    assert "POST /hook?secret=s3cret HTTP/1.1" in done.stdout
    report = json.loads((tmp_path / "r.json").read_text())
    (check,) = report["checks"]
    assert (report["subject"], check["verdict"]) == ("receiver", "fail")
    assert [event["event"] for event in check["counterexample"]["events"]] == ["callback", "created"]
    assert check["replay"].startswith("mock-tavus conform-receiver --receiver ")

    again = run(*shlex.split(check["replay"])[2:])

    assert again.returncode == 1, again.stdout + again.stderr
    assert "CBK-04  must    fail " in again.stdout


def test_without_a_state_only_http_answers_count() -> None:
    done = run(
        *named(stdlib("CBK_03_fails"), state=False),
        "--only",
        "CBK-01",
        "--only",
        "CBK-04",
        "--only",
        "CBK-03",
        "--examples",
        "0",
    )

    assert "the state was not judged: that needs --created and --receiver-state" in done.stdout
    assert "CBK-01  must    pass" in done.stdout
    assert "CBK-04  must    skip" in done.stdout


def test_if_no_must_check_could_be_judged_the_run_is_no_green() -> None:
    done = run(*named(stdlib("Correct"), state=False), "--only", "CBK-04", "--only", "CBK-10")

    assert done.returncode == 2, done.stdout
    assert "no must check was judged" in done.stderr


@pytest.mark.deep
@pytest.mark.covered
def test_a_state_may_come_from_a_command(tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    program = tmp_path / "hook.py"
    program.write_text(
        "import json, sys, urllib.request\n"
        f"url = '{url}/test/'\n"
        "if sys.argv[1] == 'state':\n"
        "    print(urllib.request.urlopen(url + 'state/' + sys.argv[2]).read().decode())\n"
        "else:\n"
        "    urllib.request.urlopen(url + 'created', json.dumps({'replica_id': sys.argv[2]}).encode())\n"
    )
    hook = f"{PYTHON} {program}"
    done = run(
        *("--receiver", f"{url}/hook?secret=s3cret", "--start", stdlib("Correct").format(port=port)),
        *("--created", f"{hook} created", "--receiver-state", f"{hook} state", "--only", "CBK-01"),
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "CBK-01  must    pass" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Missing option '--receiver'"),
        (["--receiver", "hook"], "expected a URL such as"),
        (["--receiver", "http://127.0.0.1:1/hook"], "nobody listens there; start the application"),
        (["--receiver", "http://8.8.8.8/hook"], "allow it with --allow-receiver-host 8.8.8.8"),
        (["--receiver", "http://127.0.0.1:1/hook", "--start", "/no/such/program"], "cannot be started"),
        (["--receiver", "http://127.0.0.1:1/hook", "--start", "sh -c 'echo oops; exit 3'"], "oops"),
        (["--receiver", "http://127.0.0.1:1/hook", "--state-words", "x"], "--state-words: expected words"),
        (["--receiver", "http://127.0.0.1:1/hook", "--only", "REQ-01"], "expected a check such as CBK-01"),
        (["--receiver", "http://127.0.0.1:1/hook", "--only", "CBK-01", "--replay", "{}"], "--replay: expected what"),
    ],
)
def test_a_mistake_is_told_in_a_line_and_is_no_verdict(arguments: list[str], message: str) -> None:
    done = run(*arguments)

    assert done.returncode == 2, done.stdout + done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.deep
@pytest.mark.covered
def test_nothing_is_left_behind_by_a_kit_that_is_interrupted(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "contract_tests", "conform-receiver", "--no-database", *named(stdlib("Correct"))]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as kit:
        assert kit.stdout is not None
        first = next(line for line in kit.stdout if line.startswith("CBK-01"))
        started = psutil.Process(kit.pid).children(recursive=True)
        kit.send_signal(2)
        rest, errors = kit.communicate(timeout=60)

    assert started
    assert kit.returncode == 130, errors
    assert "pass" in first
    assert "Interrupted" in rest
    wait_until(lambda: all(has_ended(one.pid) for one in started))


class Dies(BaseHTTPRequestHandler):
    """Takes three callbacks, and then no connection any more."""

    def do_POST(self) -> None:
        self.send_response(204)
        self.end_headers()
        type(self).taken += 1  # type: ignore[attr-defined]
        if type(self).taken == 4:  # type: ignore[attr-defined]
            threading.Thread(target=self.server.shutdown, daemon=True).start()
            self.server.server_close()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.mark.deep
@pytest.mark.covered
def test_a_receiver_that_goes_away_is_no_green() -> None:
    Dies.taken = 0  # type: ignore[attr-defined]
    server = ThreadingHTTPServer(("127.0.0.1", 0), Dies)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    done = run("--receiver", f"http://127.0.0.1:{server.server_port}/hook", "--profile", "quick")
    thread.join()
    server.server_close()

    assert done.returncode in (1, 2), done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
