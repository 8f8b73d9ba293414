"""What strangers try: callbacks, web pages, headers and half requests that must reach, stop and learn nothing."""

from __future__ import annotations

import contextlib
import http.client
import json
import resource
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest
import requests

from mock_tavus.http.lane import THREADS
from mock_tavus.wire.server import MAX_CONNECTIONS
from tests.support import Receiver, has_ended, wait_until
from tests.system.conftest import Program

Serve = Callable[..., Program]
BODY = b'{"train_video_url": "https://a.example/me.mp4"}'
HEAD = b"POST /v2/replicas HTTP/1.1\r\nHost: x\r\nx-api-key: k\r\nContent-Type: application/json\r\n"
WHOLE = HEAD + b"Content-Length: %d\r\n\r\n%b" % (len(BODY), BODY)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """Return one server with a wire; each test has a key of its own."""
    program = Program(tmp_path_factory.mktemp("server"), "--training-time", "0", "--wire-port", "0")
    yield program
    program.stop()


@pytest.fixture
def key(request: pytest.FixtureRequest) -> str:
    return str(request.node.name)


def doors(program: Program) -> dict[str, str]:
    return {"main": program.url, **json.loads(program.ready_file.read_text())["wire"]}


def callbacks(program: Program, key: str, count: int = 1) -> list[dict[str, Any]]:
    url = f"{program.url}/__admin/callbacks/wait?count={count}&timeout=20"
    return list(requests.get(url, headers={"x-api-key": key}, timeout=30).json()["callbacks"])


@pytest.mark.parametrize(
    "path", ["/__admin/clock/freeze?all=true", "//__admin/reset?all=true", "/%5f%5fadmin/", "/v2/x"]
)
@pytest.mark.parametrize("door", ["main", "wire", "other"])
def test_no_callback_enters_by_a_door_of_the_emulator(server: Program, key: str, door: str, path: str) -> None:
    server.create(key, callback_url=doors(server)[door] + path)

    (callback,) = callbacks(server, key)

    assert callback["state"] == "held back"
    assert "this emulator listens there" in callback["note"]
    assert requests.get(f"{server.url}/__admin/clock", headers={"x-api-key": key}, timeout=10).json()["frozen"] is False


@pytest.mark.parametrize("door", ["main", "wire", "other"])
def test_an_inbox_is_reached_by_every_door(server: Program, key: str, door: str) -> None:
    name = f"inbox-of-{door}"
    server.create(key, callback_url=f"{doors(server)[door]}/__inbox/{name}")

    messages = requests.get(f"{server.url}/__inbox/{name}/wait?count=1&timeout=10", timeout=20).json()["messages"]

    assert messages[0]["body"]["status"] == "ready"


def test_another_emulators_callback_changes_nothing(server: Program, serve: Serve, key: str) -> None:
    other = serve("--training-time", "0")
    other.create(key, callback_url=f"{server.url}/__admin/clock/freeze?all=true")

    (callback,) = callbacks(other, key)

    assert callback["attempts"][0]["status"] == 403
    assert "sent by an emulator's callback" in callback["attempts"][0]["response_body"]
    assert requests.get(f"{server.url}/__admin/clock", headers={"x-api-key": key}, timeout=10).json()["frozen"] is False


def test_port_0_is_not_80(server: Program, key: str) -> None:
    server.create(key, callback_url="http://127.0.0.1:0/__admin/reset?all=true")

    assert "expected a port from 1 to 65535" in callbacks(server, key)[0]["note"]


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://evil.example:4010", "file://", "x", "http://["]
)
@pytest.mark.parametrize("door", ["main", "wire"])
def test_a_web_page_creates_nothing(server: Program, key: str, door: str, origin: str) -> None:
    with Receiver() as receiver:
        scenario = "callback_body={}; callback=before-answer"
        answer = requests.post(
            f"{doors(server)[door]}/v2/replicas",
            json={**json.loads(BODY), "callback_url": receiver.url},
            headers={"x-api-key": key, "origin": origin, "host": "evil.example", "x-mock-tavus-scenario": scenario},
            timeout=10,
        )
        assert answer.status_code == 403
        assert receiver.received == []

    ledger = requests.get(f"{server.url}/__admin/ledger", headers={"x-api-key": key}, timeout=10).json()
    assert ledger["trainings"] == 0


@pytest.mark.parametrize(
    "origin", ["http://localhost:3000", "http://127.0.0.1", "https://app.localhost", "http://[::1]:5173"]
)
def test_a_page_of_this_machine_may_create(server: Program, key: str, origin: str) -> None:
    headers = {"x-api-key": key, "origin": origin}
    answer = requests.post(f"{server.url}/v2/replicas", json=json.loads(BODY), headers=headers, timeout=10)

    assert answer.status_code == 200


def test_a_host_that_was_named_may_have_pages_too(serve: Serve) -> None:
    program = serve("--control-host", "app.example")
    headers = {"x-api-key": "k", "origin": "https://app.example"}

    assert requests.post(f"{program.url}/v2/replicas", json=json.loads(BODY), headers=headers, timeout=10).ok


@pytest.mark.parametrize("door", ["main", "wire"])
@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ([("x_api_key", "k")], 401),
        ([("x_api_key", "invalid"), ("x-api-key", "k")], 200),
        ([("x-api-key", "k"), ("x_api_key", "invalid")], 200),
    ],
)
def test_an_underscore_is_no_hyphen(server: Program, door: str, fields: list[tuple[str, str]], status: int) -> None:
    connection = http.client.HTTPConnection(urlsplit(doors(server)[door]).netloc, timeout=10)
    connection.putrequest("POST", "/v2/replicas")
    for name, value in [*fields, ("content-type", "application/json"), ("content-length", str(len(BODY)))]:
        connection.putheader(name, value)
    connection.endheaders(BODY)
    with contextlib.closing(connection):
        assert connection.getresponse().status == status
    if status == 401:
        server.wait_for_line("you sent x_api_key; the header is x-api-key, with hyphens")


@pytest.mark.parametrize(
    "outcome", [{"status": 429, "retry_after": "1\r\nx: y"}, {"status": 302, "location": "a\nb"}, {"location": "\r"}]
)
def test_a_scenario_cannot_break_a_header(server: Program, key: str, outcome: dict[str, Any]) -> None:
    answer = arm(server, key, {"outcome": outcome})

    assert answer.status_code == 400
    assert "in one line" in answer.json()["message"]
    assert server.create(key).status_code == 200


@pytest.mark.parametrize("name", ["Content-Length", "transfer-encoding"])
def test_a_scenario_cannot_frame_its_answer(server: Program, key: str, name: str) -> None:
    answer = arm(server, key, {"outcome": {"status": 200, "headers": {name: "5"}}})

    assert (answer.status_code, name in answer.json()["message"]) == (400, True)


def test_a_scenario_for_an_unknown_operation_is_refused(server: Program, key: str) -> None:
    answer = arm(server, key, {"match": {"operation": "createReplcia"}, "outcome": {"status": 500}})

    assert answer.status_code == 400
    assert "did you mean createReplica?" in answer.json()["message"]


def arm(program: Program, key: str, scenario: dict[str, Any]) -> requests.Response:
    return requests.post(f"{program.url}/__admin/scenarios", json=scenario, headers={"x-api-key": key}, timeout=10)


@pytest.mark.parametrize("body", ["5", "[]", "null", '"text"', '{"total_count": 1, "data": 5}'])
def test_whatever_is_answered_the_next_line_is_printed(server: Program, key: str, body: str) -> None:
    arm(server, key, {"times": 1, "outcome": {"status": 200, "body": json.loads(body)}})
    assert server.create(key).status_code == 200
    arm(server, key, {"times": 1, "outcome": {"callback_body": json.loads(body)}})
    server.create(key, callback_url=f"{server.url}/__inbox/bodies")
    callbacks(server, key)
    marker = f"/v2/after-{abs(hash((key, body)))}"
    requests.get(server.url + marker, headers={"x-api-key": key}, timeout=10)

    server.wait_for_line(marker)


@pytest.mark.parametrize("headers", [{"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}])
def test_no_foreign_page_follows_what_happens(server: Program, headers: dict[str, str]) -> None:
    with requests.get(f"{server.url}/__admin/live", headers=headers, stream=True, timeout=10) as answer:
        assert answer.status_code == 403


def test_over_the_wire_the_live_page_ends(server: Program) -> None:
    for _ in range(20):
        answer = requests.get(f"{doors(server)['wire']}/__admin/live", timeout=10)
        assert answer.text.startswith("data: ")
    with requests.get(f"{server.url}/__admin/live", stream=True, timeout=10) as answer:
        assert answer.status_code == 200


def test_an_account_can_be_named_by_its_first_digits(server: Program, key: str) -> None:
    server.create(key)
    (known,) = requests.get(f"{server.url}/__admin/ledger", headers={"x-api-key": key}, timeout=10).json()["accounts"]
    short = known["account"][: len("acct_") + 12]

    assert len(known["account"]) == len("acct_") + 24
    assert requests.get(f"{server.url}/__admin/ledger?account={short}", timeout=10).json()["trainings"] == 1
    assert requests.get(f"{server.url}/__admin/ledger?account=acct_{'0' * 12}", timeout=10).status_code == 404


HALVES = {
    "a body": HEAD + b"Content-Length: 10\r\n\r\n{",
    "a chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{",
    "a head": b"POST /v2/replicas HTTP/1.1\r\nHost: x\r\nx-api",
    "nothing": b"",
    "an unknown path": b"POST /unknown HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{",
    "an inbox": b"POST /__inbox/a HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{",
}


def hold(door: str, half: bytes, count: int, stack: contextlib.ExitStack) -> None:
    """Open connections that begin a request and do not end it."""
    parts = urlsplit(door)
    for _ in range(count):
        opened = stack.enter_context(socket.create_connection((parts.hostname, parts.port), timeout=20))
        opened.sendall(half)


def answered_within(door: str, seconds: float) -> bool:
    parts = urlsplit(door)
    began = time.monotonic()
    with socket.create_connection((parts.hostname, parts.port), timeout=20) as plain, contextlib.ExitStack() as stack:
        client: socket.socket = plain
        if parts.scheme == "https":
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            client = stack.enter_context(context.wrap_socket(plain))
        client.sendall(WHOLE)
        assert client.recv(65536).startswith(b"HTTP/1.1 200")
    return time.monotonic() - began < seconds


@pytest.mark.parametrize("half", HALVES)
def test_a_full_house_of_half_requests_keeps_nobody_waiting(server: Program, half: str) -> None:
    """More than there are threads: the canary of the test below."""
    with contextlib.ExitStack() as stack:
        hold(server.url, HALVES[half], THREADS + 50, stack)
        assert answered_within(server.url, 5)
        assert requests.get(f"{server.url}/__admin/health", timeout=10).ok


@pytest.mark.deep
@pytest.mark.parametrize("door", ["main", "wire", "other", "untrusted-tls"])
@pytest.mark.parametrize("half", HALVES)
def test_2000_half_requests_keep_nobody_waiting(server: Program, half: str, door: str) -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    worker = psutil.Process(server.process.pid).children()[0]
    with contextlib.ExitStack() as stack:
        hold(doors(server)[door], HALVES[half], 2000, stack)
        best = min(_seconds(doors(server)[door]) for _ in range(3))  # the machine may be busy with something else
        assert best < 1
        assert worker.num_threads() < 2 * THREADS + MAX_CONNECTIONS + 50


def _seconds(door: str) -> float:
    began = time.monotonic()
    assert answered_within(door, 20)
    return time.monotonic() - began


def test_a_stalled_body_is_answered_408_and_journaled(serve: Serve) -> None:
    program = serve("--body-timeout", "200ms", "--wire-port", "0")
    for door in ("main", "wire"):
        parts = urlsplit(doors(program)[door])
        for half in ("a body", "a chunk", "an unknown path", "an inbox"):
            with socket.create_connection((parts.hostname, parts.port), timeout=20) as client:
                client.sendall(HALVES[half])
                assert client.recv(65536).startswith(b"HTTP/1.1 408 "), (door, half)
    found = requests.get(f"{program.url}/__admin/requests?status=408", timeout=10).json()["requests"]
    assert len(found) == 8
    assert requests.get(f"{program.url}/__admin/ledger", timeout=10).json()["trainings"] == 0


STACK = 1024 * 1024 * 1024


def test_callbacks_are_sent_though_no_thread_can_be_started(serve: Serve) -> None:
    before = resource.getrlimit(resource.RLIMIT_STACK)
    resource.setrlimit(resource.RLIMIT_STACK, (STACK, before[1]))  # so much address space has each thread of it
    try:
        program = serve("--training-time", "0", "--callback-grace", "0")
    finally:
        resource.setrlimit(resource.RLIMIT_STACK, before)
    requests.put(f"{program.url}/__inbox/slow", json={"delay": "1s"}, timeout=10)
    worker = psutil.Process(program.process.pid).children()[0]
    worker.rlimit(psutil.RLIMIT_AS, (worker.memory_info().vms + STACK // 2, -1))  # room for objects, not for a thread
    for number in range(8):
        answer = program.create(f"key-{number}", callback_url=f"{program.url}/__inbox/slow")
        assert answer.status_code == 200

    def health() -> dict[str, Any]:
        return dict(requests.get(f"{program.url}/__admin/health", timeout=10).json())

    wait_until(lambda: health()["threads_refused"] > 0, instead=health)
    url = f"{program.url}/__inbox/slow/wait?count=8&timeout=30"
    assert len(requests.get(url, timeout=40).json()["messages"]) == 8
    wait_until(lambda: health()["callbacks_pending"] == 0, instead=health)
    assert health()["status"] == "ok"
    worker.rlimit(psutil.RLIMIT_AS, (-1, -1))


def test_a_closed_terminal_ends_it_like_any_other_signal(serve: Serve) -> None:
    program = serve()
    (worker,) = psutil.Process(program.process.pid).children()
    worker.send_signal(signal.SIGHUP)  # the whole terminal gets it
    assert program.create().status_code == 200

    assert program.stop(signal.SIGHUP) == 0
    wait_until(lambda: has_ended(worker.pid))


def test_under_nohup_it_goes_on(tmp_path: Path) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        program = Program(tmp_path)
    finally:
        signal.signal(signal.SIGHUP, before)
    with contextlib.ExitStack() as stack:
        stack.callback(program.stop)
        first = program.create().json()["replica_id"]
        program.process.send_signal(signal.SIGHUP)

        listed = requests.get(f"{program.url}/v2/replicas", headers={"x-api-key": "test"}, timeout=10).json()
        assert [one["replica_id"] for one in listed["data"]] == [first]
        assert len(psutil.Process(program.process.pid).children()) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--port", "{free}", "--wire-port", "{free}"], "is the port of the main door"),
        (
            ["--port", "0", "--wire-certificate", "x.pem"],
            "--wire-certificate: the wire does not listen; add --wire-port",
        ),
        (["--port", "0", "--ready-file", "/dev/full/ready.json"], "--ready-file: "),
        (["--port", "0", "--body-timeout", "0"], "body-timeout: expected more than 0 seconds"),
    ],
)
def test_a_mistake_at_the_start_is_one_line(tmp_path: Path, arguments: list[str], message: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        free = str(listener.getsockname()[1])
    done = run_serve(*(argument.format(free=free) for argument in arguments), folder=tmp_path)

    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1


def run_serve(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mock_tavus", "serve", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, timeout=60, check=False)


def test_a_ready_file_on_a_full_disk_ends_the_server_with_one_line(tmp_path: Path) -> None:
    """The file can be made, and not be written: /dev/full is such a disk."""
    program = """
import os
from mock_tavus.cli import main

open_file = os.open

def on_a_full_disk(path, flags, *more, **options):
    if flags & os.O_EXCL and str(path) == "ready.json.tmp":  # as it is written; the check at the start is another call
        return open_file("/dev/full", os.O_WRONLY)
    return open_file(path, flags, *more, **options)

os.open = on_a_full_disk
main(["serve", "--port", "0", "--quiet", "--ready-file", "ready.json"])
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path, timeout=60, check=False
    )

    assert done.returncode == 2
    assert done.stderr == "Error: --ready-file: ready.json cannot be written (No space left on device)\n"


def test_the_wire_listens_on_ipv6_too(serve: Serve) -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    program = serve("--host", "::1", "--wire-port", "0")
    answer = requests.post(
        f"{doors(program)['wire']}/v2/replicas", json=json.loads(BODY), headers={"x-api-key": "k"}, timeout=10
    )

    assert answer.status_code == 200
    program.create(callback_url=f"{doors(program)['wire']}/__admin/reset?all=true")
    program.wait_for_line("this emulator listens there")


def test_a_variable_that_nothing_reads_is_a_warning(serve: Serve) -> None:
    program = serve(MOCK_TAVUS_TRAINING_TMIE="5h")

    assert program.create().status_code == 200
    assert program.errors == [
        "Warning: MOCK_TAVUS_TRAINING_TMIE in the environment does nothing: did you mean MOCK_TAVUS_TRAINING_TIME?\n"
    ]


@pytest.mark.parametrize(
    ("path", "length"), [("/v2/replicas", 60), ("/v2/replicas", 100_000), ("/__inbox/half", 60), ("/__admin/reset", 60)]
)
def test_a_body_that_ends_too_early_is_no_whole_one(server: Program, path: str, length: int) -> None:
    parts = urlsplit(server.url)
    faults = requests.get(f"{server.url}/__admin/health", timeout=10).json()["faults"]
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nx-api-key: half\r\nContent-Type: application/json\r\n"
    with socket.create_connection((parts.hostname, parts.port), timeout=20) as client:
        client.sendall(f"{head}Content-Length: {length}\r\n\r\n".encode() + BODY[:-5])
        client.shutdown(socket.SHUT_WR)
        assert client.recv(65536)[:12] in (b"HTTP/1.1 400", b"")

    assert requests.get(f"{server.url}/__inbox/half", timeout=10).json()["messages"] == []
    assert requests.get(f"{server.url}/__admin/health", timeout=10).json()["faults"] == faults
    assert server.errors == []


def test_slow_answers_of_one_account_keep_no_other_waiting(serve: Serve) -> None:
    program = serve("--training-time", "0", "--callback-grace", "0")
    arm(program, "slow", {"outcome": {"delay": "5s"}})
    parts = urlsplit(program.url)
    with contextlib.ExitStack() as stack:
        for _ in range(THREADS + 10):
            opened = stack.enter_context(socket.create_connection((parts.hostname, parts.port), timeout=20))
            opened.sendall(WHOLE.replace(b"x-api-key: k", b"x-api-key: slow"))
        began = time.monotonic()
        assert program.create("other", callback_url=f"{program.url}/__inbox/other").status_code == 200
        messages = requests.get(f"{program.url}/__inbox/other/wait?count=1&timeout=4", timeout=10).json()["messages"]
        assert requests.get(f"{program.url}/__media/a.mp4", timeout=10).ok
        took = time.monotonic() - began

    assert messages[0]["body"]["status"] == "ready"
    assert took < 4


def test_a_content_type_that_is_asked_for_is_the_only_one(server: Program, key: str) -> None:
    arm(server, key, {"outcome": {"status": 200, "body": "<p>", "headers": {"Content-Type": "text/html"}}})
    for door in ("main", "wire"):
        answer = requests.post(
            f"{doors(server)[door]}/v2/replicas", json=json.loads(BODY), headers={"x-api-key": key}, timeout=10
        )
        assert answer.headers["content-type"] == "text/html"


def test_a_scenario_that_cannot_be_read_is_not_left_out(server: Program, key: str) -> None:
    headers: dict[str, str | bytes] = {
        "x-api-key": key,
        "x-mock-tavus-scenario": "status=503; body=Störung".encode(),
    }
    answer = requests.post(f"{server.url}/v2/replicas", json=json.loads(BODY), headers=headers, timeout=10)

    assert answer.status_code == 400


def test_a_key_that_is_no_utf8_is_a_key(tmp_path: Path) -> None:
    program = Program(tmp_path, "--api-key", "a\udcff")
    with contextlib.ExitStack() as stack:
        stack.callback(program.stop)
        assert program.create("other").status_code == 401
