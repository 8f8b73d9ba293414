"""Programs of many stacks that have the vendor's host written into them: unchanged, each creates and is called back.

`make stacks` prints the table.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from mock_tavus import MockServer, SystemClock
from mock_tavus.launch.environment import MADE_UP_KEY, Way, led_environment
from mock_tavus.proxy.authority import Authority
from mock_tavus.proxy.door import HttpsDoor
from tests.support import Receiver
from tests.system.conftest import REPOSITORY

STACKS = REPOSITORY / "tests" / "system" / "stacks"
RUN = [sys.executable, "-m", "mock_tavus", "run", "--training-time", "0", "--"]
AXIOS = {"axios 1": "1.21.1", "axios 0.27": "0.27.2", "axios 0.21": "0.21.4"}
UNTIL_DONE = '"$@" || exit; while [ ! -e done ]; do sleep 0.02; done'
"""Runs a program, and then waits for its callback to have come: the emulator ends with its command."""


@dataclass(frozen=True)
class Stack:
    """How a program of a stack is run.

    Args:
        command: Its command, below `stacks`; the first word may be a program that is to be found.
        axios: The version of axios that it uses, by its name in `AXIOS`; empty for none.
        always: Whether CI must have what it needs.
        deep: Whether it takes long.
    """

    command: tuple[str, ...]
    axios: str = ""
    always: bool = True
    deep: bool = True


ALL = {
    "curl": Stack(("sh", "curl.sh"), deep=False),
    "requests": Stack((sys.executable, "python_requests.py")),
    "httpx": Stack((sys.executable, "python_httpx.py")),
    "aiohttp": Stack((sys.executable, "python_aiohttp.py")),
    "urllib": Stack((sys.executable, "python_urllib.py")),
    "Node's fetch": Stack(("node", "node_fetch.mjs"), deep=False),
    **{name: Stack(("node", "node_axios.cjs"), axios=name) for name in AXIOS},
    "Ruby's Net::HTTP": Stack(("ruby", "ruby.rb")),
    "PHP's curl": Stack(("php", "php_curl.php")),
    "Java's HttpClient": Stack(("java", "Java.java")),
    "Go": Stack(("go", "run", "golang.go"), always=False),
}


def cases() -> list[object]:
    return [pytest.param(name, id=name, marks=[pytest.mark.deep] if stack.deep else []) for name, stack in ALL.items()]


@pytest.fixture
def program(need: Callable[[str], str], request: pytest.FixtureRequest) -> tuple[list[str], dict[str, str]]:
    """Return the command of a stack, and what it needs in its environment."""
    stack = ALL[request.param]
    if not stack.always and os.environ.get("CI"):
        import shutil

        if shutil.which(stack.command[0]) is None:
            pytest.skip(f"needs {stack.command[0]}")
    first = need(stack.command[0]) if "/" not in stack.command[0] else stack.command[0]
    return [first, *stack.command[1:]], {"AXIOS": axios(AXIOS[stack.axios], need)} if stack.axios else {}


def axios(version: str, need: Callable[[str], str]) -> str:
    """Return the folder of a version of axios, which is installed once."""
    folder = REPOSITORY / ".cache" / f"axios-{version}"
    found = folder / "node_modules" / "axios"
    if not found.exists():
        install = [need("npm"), "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder)]
        subprocess.run([*install, f"axios@{version}"], check=True, timeout=300)
    return str(found)


def check(done: subprocess.CompletedProcess[str], receiver: Receiver) -> None:
    replica = json.loads(done.stdout)
    assert (replica["status"], replica["training_progress"]) == ("completed", "100/100")
    (callback,) = receiver.wait_for(1)
    assert json.loads(callback.body) == {"replica_id": replica["replica_id"], "status": "ready"}


@pytest.mark.parametrize("program", cases(), indirect=True)
def test_an_unchanged_program_is_led_to_the_emulator(program: tuple[list[str], dict[str, str]], tmp_path: Path) -> None:
    command, environment = program
    with Receiver() as receiver:
        process = subprocess.Popen(
            [
                *RUN,
                "sh",
                "-c",
                'cd "$0" && ' + UNTIL_DONE.replace("done ]", f"{tmp_path}/done ]"),
                str(STACKS),
                *command,
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **environment, "HOOK": f"{receiver.url}/hook", "TAVUS_API_KEY": "real"},
        )
        with receiver.arrived:
            receiver.arrived.wait_for(lambda: receiver.received or process.poll() is not None, 120)
        (tmp_path / "done").touch()
        output, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
        check(subprocess.CompletedProcess(command, 0, output, errors), receiver)
    assert "2 requests, 1 training that would have been bought; callbacks: 1 delivered" in errors


@pytest.mark.parametrize("program", cases(), indirect=True)
def test_without_a_hosts_file_of_its_own_it_is_led_by_what_it_reads_and_loads(
    program: tuple[list[str], dict[str, str]], tmp_path: Path
) -> None:
    command, environment = program
    authority = Authority.create(SystemClock().now())
    with MockServer() as server, Receiver() as receiver:
        emulator = server.emulator
        main = ("127.0.0.1", int(server.base_url.rpartition(":")[2]))
        door = HttpsDoor(main, authority.server_context(), emulator.background)
        port = door.start(("127.0.0.1", 0))[0][1]
        given = {**os.environ, **environment, "HOOK": f"{receiver.url}/hook", "TAVUS_API_KEY": "real"}
        led = led_environment(Way(port, "127.0.0.1", authority.pem, tmp_path), given)
        done = subprocess.run(command, capture_output=True, text=True, cwd=STACKS, env=led, timeout=120, check=False)
        door.stop()

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["status"] == "started"
    assert server.account(MADE_UP_KEY).trainings == 1
    assert len(server.requests) == 2


OTHERS = {
    "curl": ("curl", "-sS", "https://example.com/v2/replicas"),
    "Python": (
        sys.executable,
        "-c",
        "import urllib.request as u; print(u.urlopen('https://example.com/v2/replicas').read())",
    ),
    "requests": (sys.executable, "-c", "import requests; print(requests.get('https://example.com/v2/replicas').text)"),
    "httpx": (sys.executable, "-c", "import httpx; print(httpx.get('https://example.com/v2/replicas').text)"),
    "Node": (
        "node",
        "-e",
        "const tls = require('tls'); const s = tls.connect({host: '127.0.0.1', port: +process.env.DOOR, servername: "
        "'example.com'}, () => { console.log('connected'); s.end(); }); "
        "s.on('error', (e) => { console.error(String(e)); process.exit(1); })",
    ),
    "Ruby": (
        "ruby",
        "-rnet/http",
        "-e",
        "h = Net::HTTP.new('example.com', 443, '127.0.0.1', ENV['DOOR'].to_i); h.use_ssl = true; puts h.get('/').body",
    ),
    "PHP": (
        "php",
        "-r",
        "$c = curl_init('https://example.com/v2/replicas'); curl_setopt($c, CURLOPT_RETURNTRANSFER, true); "
        "$r = curl_exec($c); if ($r === false) { fwrite(STDERR, curl_error($c)); exit(1); } echo $r;",
    ),
}


@pytest.mark.parametrize(
    "stack", [pytest.param(name, marks=[pytest.mark.deep] if name not in ("curl", "Node") else []) for name in OTHERS]
)
def test_a_certificate_of_this_authority_for_another_host_is_refused(
    stack: str, need: Callable[[str], str], tmp_path: Path
) -> None:
    """Whoever came by the authority's key could not pretend to be anybody else. Java 17 is the exception."""
    first, *rest = OTHERS[stack]
    command = [need(first) if "/" not in first else first, *rest]
    authority = Authority.create(SystemClock().now())
    with MockServer() as server:
        main = ("127.0.0.1", int(server.base_url.rpartition(":")[2]))
        context = authority.server_context(("example.com",))
        door = HttpsDoor(main, context, server.emulator.background, hosts=("example.com",))
        port = door.start(("127.0.0.1", 0))[0][1]
        led = led_environment(Way(port, "127.0.0.1", authority.pem, tmp_path), os.environ)
        done = subprocess.run(
            command, capture_output=True, text=True, env={**led, "DOOR": str(port)}, timeout=60, check=False
        )
        door.stop()

    assert done.returncode != 0
    assert "permitted subtree" in done.stderr + done.stdout or "certificate" in done.stderr.lower(), done.stderr
    assert len(server.requests) == 0
