from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from contract_tests.client.capabilities import Capabilities
from contract_tests.client.case import Call
from contract_tests.client.drivers import CommandDriver, Pace, callable_command
from contract_tests.client.observation import Outcome
from contract_tests.failures import KitError
from tests.support import has_ended, wait_until

LOOP = """
import json, sys
for line in sys.stdin:
    request = json.loads(line)
    {answer}
"""
OK = """print(json.dumps({"id": request["id"], "outcome": "ok", "replica_id": request["api_key"]}), flush=True)"""


@pytest.fixture
def drive(tmp_path: Path) -> Iterator[Callable[..., CommandDriver]]:
    drivers: list[CommandDriver] = []

    def make(program: str, **environment: str) -> CommandDriver:
        path = tmp_path / f"client{len(drivers)}.py"
        path.write_text(program)
        drivers.append(CommandDriver([sys.executable, str(path)], environment))
        return drivers[-1]

    yield make
    for driver in drivers:
        driver.close()


def call(driver: CommandDriver, key: str = "k", timeout: float | None = 5.0, seen: bool = False) -> Outcome:
    return driver.call(Call({"train_video_url": "x"}, timeout=timeout), "http://127.0.0.1:1", key, lambda: seen)


def answering(answer: str) -> str:
    return LOOP.replace("{answer}", answer)


def test_one_program_answers_all(drive: Callable[..., CommandDriver]) -> None:
    driver = drive(answering(OK.replace('request["api_key"]', "__import__('os').getpid()")))

    first, second = call(driver), call(driver)

    assert first.is_ok
    assert first.replica_id == second.replica_id


def test_a_program_that_ends_after_each_answer_is_started_again(drive: Callable[..., CommandDriver]) -> None:
    driver = drive(answering(OK + "; break"))

    assert [call(driver, key).replica_id for key in ("a", "b", "c")] == ["a", "b", "c"]


def test_it_is_not_asked_again_if_the_wire_has_seen_it(drive: Callable[..., CommandDriver]) -> None:
    program = answering("count = globals().get('count', 0) + 1\n    if count == 2: sys.exit(0)\n    " + OK)
    driver = drive(program)
    assert call(driver).is_ok
    assert call(driver, seen=True).outcome == "crash"
    assert call(driver).is_ok
    assert call(driver, "again", seen=False).replica_id == "again"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("print('hello', flush=True)", "a line that is not a JSON object"),
        ("print('[]', flush=True)", "a line that is not a JSON object"),
        ("sys.exit(3)", "exit 3"),
        ("__import__('os').abort()", "signal 6"),
        ("""print(json.dumps({"id": request["id"], "outcome": "fine"}), flush=True)""", "the outcome 'fine'"),
        ("sys.exit(0)", "without an answer"),
    ],
)
def test_crashes_are_told(drive: Callable[..., CommandDriver], answer: str, message: str) -> None:
    driver = drive(answering(answer))
    outcome = call(driver)

    assert outcome.outcome == "crash"
    assert message in outcome.message


def test_one_that_hangs_is_ended_with_all_that_it_started(drive: Callable[..., CommandDriver], tmp_path: Path) -> None:
    noted = tmp_path / "pid"
    program = f"""
import subprocess, sys, pathlib
child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
pathlib.Path({str(noted)!r}).write_text(str(child.pid))
sys.stdin.readline()
child.wait()
"""
    driver = drive(program)
    outcome = call(driver, timeout=0.5)

    assert "no answer within 2.5 s" in outcome.message
    wait_until(lambda: noted.exists() and noted.read_text())
    child = int(noted.read_text())
    wait_until(lambda: has_ended(child))


def test_blank_lines_and_other_ids_are_ignored_and_stderr_is_kept(drive: Callable[..., CommandDriver]) -> None:
    noise = """print("", flush=True); print('{"id": 999}', flush=True); print("debug", file=sys.stderr, flush=True); """
    outcome = call(drive(answering(noise + "import time; time.sleep(0.2); " + OK)))

    assert outcome.is_ok
    assert outcome.printed == "debug\n"


def test_what_a_program_prints_at_its_end_is_not_lost(drive: Callable[..., CommandDriver]) -> None:
    driver = drive(answering(OK + "; print('bye', file=sys.stderr); break"))
    first = call(driver)  # which may see some of it, or nothing yet

    assert (first.printed + call(driver).printed).startswith("bye\n")


@pytest.mark.parametrize(("more", "takes"), [("", False), (", timeout", True), (", **more", True)])
def test_a_callable_describes_whether_it_takes_a_timeout(tmp_path: Path, more: str, takes: bool) -> None:
    (tmp_path / "creating.py").write_text(f"def create(url, key, body{more}):\n    return {{'replica_id': key}}\n")
    driver = CommandDriver(callable_command("creating:create"), folder=tmp_path)
    described = driver.describe("http://127.0.0.1:1", "k")
    first = call(driver)
    driver.close()

    assert described == Capabilities(takes_timeout=takes)
    assert (first.replica_id, first.deadline) == ("k", 5.0 if takes else None)


def test_what_a_command_describes_is_read(drive: Callable[..., CommandDriver]) -> None:
    told = {
        "takes_timeout": False,
        "own_timeout": 3,
        "own_interval": "soon",
        "operations": ["create_replica", "wait_for_replica", "fly"],
        "basic_body": {"train_video_url": "https://a.example/b.mp4", "replica_name": "Rio"},
    }
    driver = drive(answering(f"print(json.dumps({{'id': request['id'], 'outcome': 'ok', **{told!r}}}), flush=True)"))
    found = driver.describe("http://127.0.0.1:1", "k")

    assert found.operations == ("create_replica", "wait_for_replica")
    assert (found.takes_timeout, found.own_timeout, found.own_interval) == (False, 3.0, None)
    assert found.basic_body == told["basic_body"]


@pytest.mark.parametrize(
    "answer", ["sys.exit(0)", "sys.exit(3)", 'print(\'{"id": 0, "outcome": "error"}\', flush=True)']
)
def test_who_does_not_know_the_question_creates_only(drive: Callable[..., CommandDriver], answer: str) -> None:
    driver = drive(answering(f"if request['operation'] == 'describe':\n        {answer}\n    {OK}"))

    assert driver.describe("http://127.0.0.1:1", "k") == Capabilities()
    assert call(driver).is_ok


def test_an_operation_that_is_not_described_is_not_asked_for(drive: Callable[..., CommandDriver]) -> None:
    driver = drive(answering(OK))
    wait = Call({"replica_id": "r1"}, operation="wait_for_replica")

    assert driver.call(wait, "http://127.0.0.1:1", "k", lambda: False).outcome == "unsupported"


@pytest.mark.deep
def test_an_own_timeout_is_waited_for_as_long_as_was_said(tmp_path: Path) -> None:
    path = tmp_path / "own.py"
    path.write_text(answering("import time; time.sleep(2.6); " + OK))
    own = Capabilities(takes_timeout=False, own_timeout=3.0)
    for longest_wait, deadline in ((5.0, 3.0), (1.0, None)):
        driver = CommandDriver([sys.executable, str(path)], capabilities=own, longest_wait=longest_wait)
        outcome = call(driver, timeout=0.3)
        driver.close()
        assert outcome.deadline == deadline
        assert outcome.is_ok is (deadline is not None)


def test_one_that_was_ended_for_good_is_not_started_again(drive: Callable[..., CommandDriver]) -> None:
    driver = drive(answering(OK))
    assert call(driver).is_ok
    driver.end()

    with pytest.raises(KitError, match="has been ended"):
        call(driver)


def test_only_a_callable_can_be_called_without_a_timeout(drive: Callable[..., CommandDriver]) -> None:
    assert call(drive(answering(OK)), timeout=None).outcome == "unsupported"


def test_its_start_is_not_held_against_it(tmp_path: Path) -> None:
    path = tmp_path / "slow.py"
    path.write_text(f"import time\ntime.sleep(0.6)\n{answering(OK)}")
    driver = CommandDriver([sys.executable, str(path)], pace=Pace(start=0.6))
    first, second = call(driver), call(driver)
    driver.close()

    assert max(first.seconds, second.seconds) < 0.5


def test_an_error_is_read(drive: Callable[..., CommandDriver]) -> None:
    said: dict[str, Any] = {"outcome": "error", "http_status": True, "kind": "nonsense", "message": ["a"]}
    driver = drive(answering(f"print(json.dumps({{'id': request['id'], **{said!r}}}), flush=True)"))
    outcome = call(driver)

    assert (outcome.http_status, outcome.kind, outcome.message) == (None, None, '["a"]')


def test_the_environment_has_the_same_values(drive: Callable[..., CommandDriver]) -> None:
    shown = "os.environ['TAVUS_BASE_URL'] + ' ' + os.environ['TAVUS_API_KEY'] + os.environ['MORE']"
    driver = drive("import os" + answering(OK.replace('request["api_key"]', shown)), MORE="!")

    assert call(driver, "the-key").replica_id == "http://127.0.0.1:1 the-key!"
    assert "TAVUS_API_KEY" not in os.environ
