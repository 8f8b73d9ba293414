from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

from contract_tests.failures import KitError
from contract_tests.receiver.application import Application, Hooks, read_state_words
from tests.support import has_ended, wait_until


def says(text: str) -> str:
    return shlex.join([sys.executable, "-c", f"print({text!r})"])


def application(accepts: bool = True, **hooks: object) -> Application:
    return Application(Hooks(**hooks), lambda: accepts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("said", "word", "effects"),
    [
        ('{"state": "ready", "effects": 1}', "ready", 1),
        ('{"state": "completed"}', "ready", None),
        ('{"state": "error", "effects": true}', "error", None),
        ('{"state": "parked"}', "other", None),
        ('{"state": null}', "unknown", None),
        ("null", "unknown", None),
        ("", "unknown", None),
    ],
)
def test_a_state_is_read(said: str, word: str, effects: int | None) -> None:
    state = application(state=says(said)).state("r1")

    assert (state.word, state.effects) == (word, effects)


def test_the_id_is_the_last_argument() -> None:
    command = f"""{sys.executable} -c "import sys, json; print(json.dumps({{'state': sys.argv[-1]}}))" --id"""

    assert application(state=command).state("r4711").told == "r4711"


def test_states_may_have_other_words() -> None:
    words = read_state_words("ready=DONE, error=KO")

    assert application(state=says('{"state": "DONE"}'), state_words=words).state("r1").word == "ready"
    assert read_state_words(None) == {}


@pytest.mark.parametrize("text", ["done", "finished=done", "ready="])
def test_words_that_cannot_be_read_are_told(text: str) -> None:
    with pytest.raises(KitError, match="--state-words: expected words such as"):
        read_state_words(text)


@pytest.mark.parametrize(
    ("hook", "message"),
    [
        (says("hello"), "--receiver-state: expected JSON"),
        (says("[1]"), "expected an object with a state"),
        (says('{"effects": 1}'), "expected an object with a state"),
        ("/no/such/program", "cannot be started"),
        (f"{sys.executable} -c 'raise SystemExit(\"no database\")'", "ended with 1: no database"),
        ("http://127.0.0.1:1/state/", "does not answer"),
        ("http://[::1/state/", "does not answer"),
        ("http://127.0.0.1:1/a b/", "does not answer"),
        ('cat "x', "No closing quotation"),
        ("", "expected a command, received nothing"),
    ],
)
def test_a_state_that_cannot_be_had_is_told(hook: str, message: str) -> None:
    with pytest.raises(KitError, match=message):
        application(state=hook).state("r1")


def test_nobody_who_listens_is_told_with_what_to_do() -> None:
    with pytest.raises(KitError, match="name its command with --start"):
        application(accepts=False).start()
    with pytest.raises(KitError, match="somebody listens on the receiver's port already"):
        application(start="sleep 9").start()


def test_a_command_that_ends_is_told_with_what_it_printed() -> None:
    program = "print('no such table', flush=True); raise SystemExit(3)"
    with pytest.raises(KitError, match=r"(?s)the command ended with 3.*no such table"):
        application(accepts=False, start=shlex.join([sys.executable, "-c", program])).start()


def test_what_was_started_is_ended_with_all_that_it_has_started(tmp_path: Path) -> None:
    noted = tmp_path / "pid"
    program = tmp_path / "app.py"
    program.write_text(
        "import subprocess, sys, pathlib\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"pathlib.Path({str(noted)!r}).write_text(str(child.pid))\n"
        "child.wait()\n"
    )
    running = Application(
        Hooks(start=f"{sys.executable} {program}"), lambda: noted.exists() and bool(noted.read_text())
    )
    running.start()
    child = int(noted.read_text())
    running.stop()

    wait_until(lambda: has_ended(child))
