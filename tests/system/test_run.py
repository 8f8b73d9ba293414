"""`mock-tavus run`: a command as it is, its calls, its signals, its exit code."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

from tests.support import Receiver, Terminal, wait_until
from tests.system.conftest import Program

Serve = Callable[..., Program]
deep = partial(pytest.param, marks=pytest.mark.deep)
RUN = [sys.executable, "-m", "mock_tavus", "run"]
CREATE = """
import json, os, urllib.request
body = {"train_video_url": "https://example.com/me.mp4", "callback_url": os.environ.get("HOOK", "")}
headers = {"x-api-key": os.environ.get("TAVUS_API_KEY", "k"), "content-type": "application/json"}
request = urllib.request.Request("https://tavusapi.com/v2/replicas", json.dumps(body).encode(), headers)
print(urllib.request.urlopen(request, timeout=20).read().decode())
"""


def run(*arguments: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*RUN, *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, **environment},
        timeout=120,
        check=False,
    )


def test_a_program_with_the_host_written_into_it_reaches_the_emulator(tmp_path: Path) -> None:
    done = run("--", sys.executable, "-c", CREATE, folder=tmp_path)

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["status"] == "started"
    assert done.stderr.splitlines() == [
        "mock-tavus: 1 request, 1 training that would have been bought; callbacks: 0 delivered, 0 held back",
        "mock-tavus: other hosts: none through this proxy",
    ]


def test_callbacks_find_the_program(tmp_path: Path) -> None:
    with Receiver() as receiver:
        waits = f"{CREATE}\nimport time\nwhile not os.path.exists('done'): time.sleep(0.02)"
        command = [*RUN, "--training-time", "0", "--", sys.executable, "-c", waits]
        environment = {**os.environ, "HOOK": receiver.url}
        with subprocess.Popen(command, stderr=subprocess.PIPE, cwd=tmp_path, env=environment, text=True) as process:
            (callback,) = receiver.wait_for(1)
            (tmp_path / "done").touch()
            _, errors = process.communicate(timeout=60)

    assert json.loads(callback.body)["status"] == "ready"
    assert "callbacks: 1 delivered, 0 held back" in errors


def test_the_programs_own_key_never_leaves_it(tmp_path: Path) -> None:
    shown = run(
        "--",
        "sh",
        "-c",
        "echo $TAVUS_API_KEY $MY_TAVUS_KEY $OTHER_KEY",
        folder=tmp_path,
        TAVUS_API_KEY="real",
        OTHER_KEY="mine",
    )
    left = run("--keep-key", "--", "sh", "-c", "echo $TAVUS_API_KEY", folder=tmp_path, TAVUS_API_KEY="real")

    assert shown.stdout == "mock-tavus-made-up-key mine\n"
    assert left.stdout == "real\n"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--", "sh", "-c", "exit 7"), 7),
        (("--", "no-such-program"), 127),
        (("--fail-on-unused", "--", "true"), 1),
        (("--no-such-option", "--", "true"), 125),
        deep(("--", "sh", "-c", "kill -TERM $$"), 128 + signal.SIGTERM),
        deep(("--", "/etc/passwd"), 126),
        deep(("--fail-on-unused", "--", "sh", "-c", "exit 7"), 7),
        deep((), 125),
        deep(("--url", "http://127.0.0.1:9", "--", "true"), 125),
        deep(("--url", "nonsense", "--", "true"), 125),
        deep(("--url", "http://127.0.0.1:9", "--seed", "1", "--", "true"), 125),
        deep(("--training-time", "-1s", "--", "true"), 125),
    ],
)
def test_the_exit_code_is_the_commands_own_or_says_that_it_is_not(
    arguments: tuple[str, ...], code: int, tmp_path: Path
) -> None:
    done = run(*arguments, folder=tmp_path)

    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.deep
def test_a_run_that_calls_nothing_says_so(tmp_path: Path) -> None:
    assert "NO REQUEST reached the emulator" in run("--", "true", folder=tmp_path).stderr


@pytest.mark.deep
def test_the_base_url_can_be_had_in_a_variable(tmp_path: Path) -> None:
    done = run("--set", "BASE", "--", "sh", "-c", "curl -sS $BASE/v2/replicas -H 'x-api-key: k'", folder=tmp_path)

    assert json.loads(done.stdout)["total_count"] == 0


def test_a_server_that_runs_can_be_used(serve: Serve, tmp_path: Path) -> None:
    program = serve()
    program.create("other")

    done = run("--url", program.url, "--", sys.executable, "-c", CREATE, folder=tmp_path)

    assert done.returncode == 0, done.stderr
    assert "1 request, 1 training that" in done.stderr
    assert requests.get(f"{program.url}/__admin/ledger", timeout=10).json()["trainings"] == 2


def test_nothing_of_it_remains(tmp_path: Path) -> None:
    before = Path("/etc/hosts").read_bytes()
    run("--", sys.executable, "-c", CREATE, folder=tmp_path, TMPDIR=str(tmp_path))

    assert list(tmp_path.iterdir()) == []
    assert Path("/etc/hosts").read_bytes() == before


def test_a_program_that_takes_no_notice_of_variables_ends_here_or_in_an_error(tmp_path: Path) -> None:
    """`python -I` has no sitecustomize of ours, and aiohttp takes no proxy from the environment."""
    code = """
import asyncio, aiohttp
async def main():
    async with aiohttp.ClientSession() as session:
        async with session.get("https://tavusapi.com/v2/replicas", headers={"x-api-key": "k"}) as answer:
            print(answer.status, await answer.text())
asyncio.run(main())
"""
    done = run("--", sys.executable, "-I", "-c", code, folder=tmp_path)

    if "could reach the real tavusapi.com" in done.stderr:  # no namespace is to be had: there is no such host here
        assert done.returncode == 1
    else:
        assert done.stdout == '200 {"data":[],"total_count":0}\n', done.stderr


@pytest.mark.deep
def test_where_no_hosts_file_can_be_had_that_is_said(tmp_path: Path, need: Callable[[str], str]) -> None:
    if os.getuid() != 0:
        pytest.skip("needs root, to give its rights away")
    poor = [need("setpriv"), "--bounding-set=-all", "--inh-caps=-all"]
    done = subprocess.run(
        [*poor, *RUN, "--", sys.executable, "-c", CREATE],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=60,
        check=False,
    )

    assert "a program that ignores proxies could reach the real tavusapi.com" in done.stderr
    assert json.loads(done.stdout)["status"] == "started"  # what a proxy leads is led


@pytest.mark.parametrize("number", [signal.SIGTERM, *map(deep, (signal.SIGHUP, signal.SIGUSR1, signal.SIGINT))])
def test_signals_reach_the_command(number: signal.Signals, tmp_path: Path) -> None:
    code = (
        "import signal, sys, time, pathlib\n"
        f"signal.signal({int(number)}, lambda *_: sys.exit(33))\n"
        "pathlib.Path('ready').touch()\n"
        "while True: time.sleep(0.05)\n"
    )
    command = [*RUN, "--", sys.executable, "-c", code]
    with subprocess.Popen(command, stderr=subprocess.PIPE, cwd=tmp_path, start_new_session=True) as process:
        wait_until(lambda: (tmp_path / "ready").exists())
        process.send_signal(number)
        process.communicate(timeout=60)

    assert process.returncode == 33


def test_the_command_has_the_terminal(tmp_path: Path, need: Callable[[str], str]) -> None:
    """Ctrl-C and the window's size come from a terminal, once."""
    code = (
        "import os, signal, sys, time\n"
        "count = []\n"
        "signal.signal(signal.SIGINT, lambda *_: count.append(1))\n"
        "print('size', os.get_terminal_size().columns, os.isatty(0), flush=True)\n"
        "while not count: time.sleep(0.02)\n"
        "time.sleep(0.3)\n"
        "sys.exit(40 + len(count))\n"
    )
    need("setsid")
    terminal = Terminal([*RUN, "--", sys.executable, "-c", code], tmp_path, columns=97)
    try:
        terminal.wait_for("size 97 True")
        terminal.type("\x03")
        assert terminal.process.wait(30) == 41
    finally:
        terminal.end()


def test_other_hosts_are_reached_and_counted(tmp_path: Path) -> None:
    with Receiver(200) as other:
        port = int(other.url.rpartition(":")[2])
        code = (
            "import http.client, os\n"
            "proxy = os.environ['https_proxy'].rpartition('/')[2].split(':')\n"
            "client = http.client.HTTPConnection(proxy[0], int(proxy[1]))\n"
            f"client.set_tunnel('localhost', {port})\n"
            "client.request('GET', '/')\n"
            "print(client.getresponse().status)\n"
        )
        done = run("--", sys.executable, "-c", code, folder=tmp_path)
        refused = run("--only-tavus", "--", sys.executable, "-c", code, folder=tmp_path)

    assert done.stdout == "200\n"
    assert "mock-tavus: other hosts: localhost (1)" in done.stderr
    assert "no tunnel to localhost; leave out --only-tavus" in refused.stderr
    assert "other hosts: localhost (refused, 1)" in refused.stderr
    assert len(other.received) == 1


@pytest.mark.deep
def test_what_the_program_loads_by_itself_is_loaded_still(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("MINE = 1\n")
    done = run(
        "--",
        sys.executable,
        "-c",
        "import sitecustomize; print(sitecustomize.MINE)",
        folder=tmp_path,
        PYTHONPATH=str(tmp_path),
    )

    assert done.stdout == "1\n", done.stderr


@pytest.mark.deep
def test_the_emulator_is_gone_with_its_command(tmp_path: Path) -> None:
    done = run("--set", "BASE", "--", "sh", "-c", "echo $BASE", folder=tmp_path)

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(done.stdout.rpartition(":")[2])), timeout=5)


@pytest.mark.deep
def test_help_is_for_run_itself(tmp_path: Path) -> None:
    assert "Run a command so that its calls" in run("--help", folder=tmp_path).stdout


def environment_in(folder: Path, **given: str) -> dict[str, Any]:
    code = "import json, os; print(json.dumps(dict(os.environ)))"
    return dict(json.loads(run("--", sys.executable, "-c", code, folder=folder, **given).stdout))


def test_its_folder_has_no_secret_and_can_be_read_by_the_user_that_the_command_becomes(tmp_path: Path) -> None:
    code = "import os; f = os.path.dirname(os.environ['SSL_CERT_FILE']); print(oct(os.stat(f).st_mode), os.listdir(f))"
    done = run("--", sys.executable, "-c", code, folder=tmp_path)

    assert done.stdout.startswith("0o40755 ")
    assert "key" not in done.stdout
    assert tempfile.gettempdir() in environment_in(tmp_path)["SSL_CERT_FILE"]


@pytest.mark.deep
@pytest.mark.parametrize("name", ["a b", 'a"b', "a:b"])
def test_a_temporary_folder_with_an_odd_name_does_no_harm(
    tmp_path: Path, name: str, need: Callable[[str], str]
) -> None:
    need("node")
    odd = tmp_path / name
    odd.mkdir()

    assert run("--", "node", "-e", "console.log(1)", folder=tmp_path, TMPDIR=str(odd)).stdout == "1\n"
    assert str(odd) not in environment_in(tmp_path, TMPDIR=str(odd))["PYTHONPATH"]


@pytest.mark.deep
def test_a_pipe_that_is_closed_ends_the_command_as_ever(tmp_path: Path) -> None:
    done = run("--", "bash", "-c", "yes | head -1; echo ${PIPESTATUS[@]}", folder=tmp_path)

    assert done.stdout == "y\n141 0\n"


def in_bash(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["bash", "-c", line], capture_output=True, text=True, cwd=folder, timeout=60, check=False)


@pytest.mark.deep
def test_files_that_are_open_for_the_command_are_its_own(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("content")

    assert in_bash(f"{' '.join(RUN)} -- bash -c 'cat <&3' 3< file", tmp_path).stdout == "content"


@pytest.mark.deep
def test_it_may_open_as_many_files_as_before(tmp_path: Path) -> None:
    assert in_bash(f"ulimit -S -n 300; {' '.join(RUN)} -- bash -c 'ulimit -S -n'", tmp_path).stdout == "300\n"


@pytest.mark.deep
@pytest.mark.parametrize("target", ["2> /dev/full", "2>&-"])
def test_its_exit_code_counts_though_nothing_can_be_said(tmp_path: Path, target: str) -> None:
    assert in_bash(f"{' '.join(RUN)} -- sh -c 'exit 7' {target}", tmp_path).returncode == 7


@pytest.mark.deep
@pytest.mark.covered
def test_its_exit_code_counts_though_the_server_is_gone(serve: Serve, tmp_path: Path) -> None:
    program = serve()
    wait = f"kill {program.process.pid}; while curl -s -o /dev/null {program.url}; do sleep 0.05; done; exit 7"
    done = run("--url", program.url, "--", "sh", "-c", wait, folder=tmp_path)

    assert done.returncode == 7
    assert "is not known: nothing answers" in done.stderr


@pytest.mark.deep
def test_a_full_journal_hides_no_call(serve: Serve, tmp_path: Path) -> None:
    program = serve("--journal-size", "3")
    for _ in range(5):
        program.create("other")
    done = run("--url", program.url, "--fail-on-unused", "--", sys.executable, "-c", CREATE, folder=tmp_path)

    assert done.returncode == 0, done.stderr
    assert "1 request, 1 training" in done.stderr


@pytest.mark.deep
def test_a_run_in_a_run_is_led_to_the_inner_one(tmp_path: Path) -> None:
    code = "import socket; print(len({each[4] for each in socket.getaddrinfo('tavusapi.com', 443, 2, 1)}))"
    done = run("--", *RUN, "--", sys.executable, "-I", "-c", code, folder=tmp_path)

    assert done.stdout == "1\n"
    assert "does not read the hosts file" not in done.stderr


@pytest.mark.deep
@pytest.mark.parametrize("name", ["tavusapi.com", "tavusapi.com.", "TAVUSAPI.COM"])
def test_whatever_looks_the_host_up_finds_this_machine(tmp_path: Path, name: str) -> None:
    code = (
        "import json, socket\n"
        "ports = (443, b'443', 'https', 80, None)\n"
        f"found = [each[4][0] for port in ports for each in socket.getaddrinfo({name!r}, port, type=1)]\n"
        "print(json.dumps(found))\n"
    )
    for isolated in ([], ["-I"]):
        found = json.loads(run("--", sys.executable, *isolated, "-c", code, folder=tmp_path).stdout)
        assert len(found) >= 5
        assert all(address.removeprefix("::ffff:").startswith("127.") for address in found)


@pytest.mark.deep
@pytest.mark.covered
@pytest.mark.parametrize("after", [0.0, 0.2, 0.4, 0.6])
def test_a_signal_at_any_moment_leaves_nothing_behind(tmp_path: Path, after: float) -> None:
    folder = tmp_path / "tmp"
    folder.mkdir()
    environment = {**os.environ, "TMPDIR": str(folder)}
    with subprocess.Popen(
        [*RUN, "--", "sleep", "5"], stderr=subprocess.PIPE, cwd=tmp_path, env=environment, text=True
    ) as process:
        threading.Event().wait(after)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)

    assert process.returncode in (-signal.SIGTERM, 128 + signal.SIGTERM)
    assert list(folder.iterdir()) == []


@pytest.mark.deep
@pytest.mark.covered
@pytest.mark.parametrize("url", ["http://[bad", "http://me:s3cret@127.0.0.1:9", "https://127.0.0.1:9"])
def test_a_url_that_cannot_be_used_is_told_without_what_is_secret(tmp_path: Path, url: str) -> None:
    done = run("--url", url, "--", "true", folder=tmp_path)

    assert done.returncode == 125
    assert "Traceback" not in done.stderr
    assert "s3cret" not in done.stderr


@pytest.mark.deep
def test_a_script_that_does_not_say_what_reads_it_is_the_shells(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("echo read by the shell\n")
    script.chmod(0o755)

    assert run("--", str(script), folder=tmp_path).stdout == "read by the shell\n"


@pytest.mark.deep
@pytest.mark.covered
def test_a_proxy_that_cannot_be_used_is_told_before_anything_begins(tmp_path: Path) -> None:
    done = run("--", "true", folder=tmp_path, HTTPS_PROXY="socks5h://me:s3cret@proxy:1")

    assert (done.returncode, done.stdout) == (125, "")
    assert "expected http://HOST:PORT; unset it, or give --only-tavus" in done.stderr
    assert "s3cret" not in done.stderr
    assert run("--only-tavus", "--", "true", folder=tmp_path, HTTPS_PROXY="socks5h://proxy:1").returncode == 0


PROMPT = "ready> "


@pytest.mark.deep
def test_ctrl_z_stops_both_and_fg_goes_on(tmp_path: Path, need: Callable[[str], str]) -> None:
    (tmp_path / "program.py").write_text(
        "import os, sys\n"
        "print('has', 'begun', os.getpid(), '.', flush=True)\n"
        "sys.exit(44 if sys.stdin.readline() == 'enough\\n' else 1)\n"
    )
    need("setsid")
    shell = Terminal(["bash", "--norc", "--noprofile", "-i"], tmp_path, PS1=PROMPT)
    try:
        shell.wait_for(PROMPT)  # what is typed before it is there may be lost
        shell.type(f"{' '.join(RUN)} -- {sys.executable} program.py\n")
        shell.wait_for("has begun ")
        program = psutil.Process(int(shell.wait_for(" .")))
        shell.type("\x1a")
        shell.wait_for("Stopped")
        shell.wait_for(PROMPT)
        # The shell only sees `run` stop; a program that reads the terminal takes what is typed until it stops, too.
        wait_until(lambda: program.status() == psutil.STATUS_STOPPED)
        shell.type("fg\n")
        wait_until(lambda: program.status() != psutil.STATUS_STOPPED)
        shell.type("enough\n")
        shell.wait_for("other hosts")
        shell.wait_for(PROMPT)
        shell.type("echo code $?\n")
        shell.wait_for("code 44")
    finally:
        shell.end()
