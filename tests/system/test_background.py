"""A server in the background, for scripts and containers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from tests.support import Receiver
from tests.system.conftest import Program
from tests.system.test_docs import free_port

Serve = Callable[..., Program]
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """Return a function that runs a command, with a temporary folder of its own; what it started is stopped."""

    def run_it(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "mock_tavus", *arguments],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={**os.environ, "TMPDIR": str(tmp_path)},
            timeout=60,
            check=False,
        )

    yield run_it
    run_it("stop")


def test_it_is_started_seen_and_stopped(run: Run, tmp_path: Path) -> None:
    started = run("start", "--port", "0", "--no-https", "--training-time", "1h")
    url = started.stdout.strip()
    assert requests.get(f"{url}/__admin/health", timeout=10).ok

    again = run("start", "--port", "0")
    assert (again.returncode, again.stderr) == (
        2,
        f"Error: one runs already, at {url}; end it with mock-tavus stop, or give --pid-file\n",
    )
    well = run("health", "--url", url)
    assert (well.returncode, well.stdout) == (0, "ok: 0 replicas, 0 callbacks to come\n")
    assert json.loads(run("health", "--url", url, "--json").stdout)["status"] == "ok"
    assert run("wait", "--url", url).returncode == 0

    assert run("stop").stdout == f"stopped: {url}\n"
    assert run("health", "--url", url).returncode == 1
    stopped = run("stop")
    assert (stopped.returncode, stopped.stderr) == (0, "no server runs\n")


@pytest.mark.deep
def test_only_the_user_may_read_where_it_is_told(run: Run, tmp_path: Path) -> None:
    run("start", "--port", "0", "--no-https")
    (folder,) = tmp_path.glob("mock-tavus-*")

    assert folder.stat().st_mode & 0o077 == 0


@pytest.mark.deep
def test_several_can_run(run: Run, tmp_path: Path) -> None:
    for name in ("a.json", "b.json"):
        assert run("start", "--pid-file", name, "--port", "0", "--no-https").returncode == 0
    urls = [json.loads((tmp_path / name).read_text())["url"] for name in ("a.json", "b.json")]

    assert len(set(urls)) == 2
    for name in ("a.json", "b.json"):
        assert run("stop", "--pid-file", name).stdout.startswith("stopped")


@pytest.mark.deep
@pytest.mark.covered
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--port", "abc"), "Invalid value for '--port'"),
        (("--no-such-option",), "No such option"),
        (("--port", "0", "--training-time", "-1s"), "training-time"),
    ],
)
def test_what_serve_says_of_its_options_is_told(run: Run, arguments: tuple[str, ...], words: str) -> None:
    done = run("start", *arguments)

    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.deep
@pytest.mark.covered
def test_a_number_that_is_somebody_elses_by_now_is_left_alone(run: Run, tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "60"]) as other:
        (tmp_path / "old.json").write_text(json.dumps({"url": "http://127.0.0.1:9", "pid": other.pid}))
        stopped = run("stop", "--pid-file", "old.json")
        assert other.poll() is None
        other.kill()

    assert stopped.stderr == "no server runs\n"
    assert not (tmp_path / "old.json").exists()


def test_to_wait_ends_with_1_if_nothing_comes(run: Run) -> None:
    done = run("wait", "--url", "http://127.0.0.1:9", "--timeout", "50ms")

    assert (done.returncode, done.stderr) == (1, "nothing answers at http://127.0.0.1:9 within 0.05 s\n")


@pytest.mark.deep
def test_to_wait_ends_as_soon_as_it_answers(serve: Serve, run: Run) -> None:
    program = serve("--admin-token", "secret")

    assert run("wait", "--url", program.url, "--admin-token", "secret").returncode == 0


@pytest.mark.deep
@pytest.mark.covered
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_can_complete(run: Run, shell: str) -> None:
    assert "_MOCK_TAVUS_COMPLETE" in run("completion", shell).stdout


def test_what_is_completed_are_commands_and_options(tmp_path: Path) -> None:
    program = Path(sys.executable).with_name("mock-tavus")
    for words, found in (("mock-tavus co", "complete"), ("mock-tavus serve --tr", "--training-time")):
        environment = {
            "_MOCK_TAVUS_COMPLETE": "bash_complete",
            "COMP_WORDS": words,
            "COMP_CWORD": str(words.count(" ")),
        }
        done = subprocess.run(
            [program],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={**os.environ, **environment},
            timeout=30,
            check=False,
        )
        assert f"plain,{found}" in done.stdout.splitlines()


def test_a_callback_can_be_triggered_by_hand(run: Run) -> None:
    with Receiver() as receiver:
        ready = run("trigger", "ready", "--to", f"{receiver.url}/hook?a=b", "--replica", "r123456789")
        failed = run("trigger", "error", "--to", receiver.url, "--cause", "teeth_not_visible")
    with Receiver(500) as broken:
        refused = run("trigger", "ready", "--to", broken.url)

    assert (ready.returncode, failed.returncode, refused.returncode) == (0, 0, 1)
    assert [one.target for one in receiver.received] == ["/hook?a=b", "/"]
    bodies = [json.loads(one.body) for one in receiver.received]
    assert bodies[0] == {"replica_id": "r123456789", "status": "ready"}
    assert bodies[1]["status"] == "error"
    assert "teeth" in bodies[1]["error_message"]
    assert ready.stdout.startswith("204  r123456789 ready  ")
    assert "answered 500" in refused.stdout


@pytest.mark.deep
def test_what_is_triggered_obeys_the_policy_of_targets(run: Run) -> None:
    done = run("trigger", "ready", "--to", "https://yourwebsite.com/hook")

    assert done.returncode == 2
    assert "yourwebsite.com is not on this machine" in done.stderr


def test_callbacks_are_forwarded_once_whatever_became_of_them(serve: Serve, tmp_path: Path) -> None:
    program = serve("--training-time", "0")
    program.create("mine", callback_url="https://yourwebsite.com/before")
    requests.get(f"{program.url}/__admin/callbacks/wait?count=1&timeout=20", timeout=30)
    with Receiver() as receiver:
        command = [
            sys.executable,
            "-m",
            "mock_tavus",
            "listen",
            "--forward-to",
            f"{receiver.url}/hook",
            "--key",
            "mine",
        ]
        with subprocess.Popen(
            [*command, "--url", program.url], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path
        ) as listening:
            assert listening.stdout is not None
            assert listening.stdout.readline() == f"forwarding to {receiver.url}/hook\n"
            held = program.create("mine", callback_url="https://yourwebsite.com/hook").json()
            program.create("other", callback_url="https://yourwebsite.com/hook")
            receiver.wait_for(1)
            delivered = program.create("mine", callback_url=f"{program.url}/__inbox/x").json()
            receiver.wait_for(2)
            requests.post(f"{program.url}/__admin/reset?all=true", json={}, timeout=10)
            anew = program.create("mine", callback_url="https://yourwebsite.com/hook").json()
            receiver.wait_for(3)
            program.stop()
            assert listening.stderr is not None
            assert "waiting: nothing answers" in listening.stderr.readline()
            listening.terminate()
            listening.wait(20)

    bodies = [json.loads(one.body) for one in receiver.received]
    assert [body["replica_id"] for body in bodies] == [one["replica_id"] for one in (held, delivered, anew)]
    assert {one.target for one in receiver.received} == {"/hook"}
    in_inbox = json.dumps({"replica_id": delivered["replica_id"], "status": "ready"}).encode()
    assert receiver.received[1].body == in_inbox


@pytest.mark.deep
@pytest.mark.covered
def test_a_server_that_comes_back_is_listened_to_again(serve: Serve, tmp_path: Path) -> None:
    from tests.support import Receiver

    port = free_port()
    first = serve("--training-time", "0", "--port", port)
    with Receiver() as receiver:
        command = [sys.executable, "-m", "mock_tavus", "listen", "--forward-to", receiver.url, "--key", "mine"]
        with subprocess.Popen(
            [*command, "--url", first.url], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path
        ) as listening:
            assert listening.stdout is not None
            listening.stdout.readline()
            first.stop()
            assert listening.stderr is not None
            listening.stderr.readline()
            second = serve("--training-time", "0", "--port", port)
            second.create("mine", callback_url="https://yourwebsite.com/hook")
            receiver.wait_for(1)
            listening.terminate()
            listening.wait(20)

    assert len(receiver.received) == 1
