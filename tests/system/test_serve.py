"""`mock-tavus serve` as a process: how it starts, what it prints, how it ends."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
import requests
import yaml

from mock_tavus.contract.document import bundled_contract, read_document
from tests.support import has_ended, wait_until
from tests.system.conftest import Program

Serve = Callable[..., Program]


def test_the_first_line_and_the_ready_file_say_where(serve: Serve) -> None:
    program = serve()

    assert program.wait_for_line("Listening") == program.lines[0] == f"Listening on {program.url}\n"
    told = json.loads(program.ready_file.read_text())
    assert told == {"url": program.url, "pid": program.process.pid, "https": told["https"]}
    assert told["https"].startswith("https://localhost:")
    assert requests.get(f"{program.url}/__admin/health", timeout=10).json()["status"] == "ok"


def test_the_command_that_it_prints_can_be_pasted(serve: Serve, need: Callable[[str], str]) -> None:
    need("curl")
    program = serve()
    program.wait_for_line("Ctrl-C stops")
    first = next(number for number, line in enumerate(program.lines) if line.strip().startswith("curl"))
    command = "".join(program.lines[first : first + 3])

    answer = subprocess.run(command, shell=True, capture_output=True, text=True, check=True, timeout=30)

    assert json.loads(answer.stdout)["status"] == "started"
    program.wait_for_line("200   POST    /v2/replicas")


def test_each_request_is_a_line_and_no_key_is_in_any(serve: Serve) -> None:
    program = serve("--api-key", "canary-key")
    replica_id = program.create("canary-key").json()["replica_id"]
    program.create("canary-wrong")
    headers = {"x-api-key": "canary-key"}
    requests.get(f"{program.url}/v2/replicas?x-api-key=canary-key", headers=headers, timeout=10)

    assert replica_id in program.wait_for_line("200   POST")
    assert "Invalid access token" in program.wait_for_line("401   POST")
    program.wait_for_line("/v2/replicas?x-api-key=***")
    assert "canary" not in program.output


def test_quiet_prints_where_it_listens_and_nothing_else(serve: Serve) -> None:
    program = serve("--quiet")
    program.create()
    program.stop()

    assert program.output == f"Listening on {program.url}\n"


def test_options_from_the_environment_reach_the_server(serve: Serve) -> None:
    program = serve(MOCK_TAVUS_API_KEY="one two", MOCK_TAVUS_REPLICA_ID_DIGITS="11", MOCK_TAVUS_SEED="1")

    assert [program.create(key).status_code for key in ("one", "two", "three")] == [200, 200, 401]
    assert len(program.create("one").json()["replica_id"]) == 12


def test_an_edited_contract_changes_what_is_accepted(serve: Serve, tmp_path: Path) -> None:
    document = read_document(bundled_contract())
    schema = document["components"]["schemas"]["CreateReplicaRequest"]
    schema["required"].append("replica_name")
    schema["properties"]["model_name"]["enum"] = ["phoenix-3"]
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(document, sort_keys=False))
    program = serve("--openapi", str(path))

    assert program.create().json() == {"error": "Invalid replica_name"}
    assert program.create(replica_name="Rio", model_name="phoenix-2").json() == {"error": "Invalid model_name"}
    assert program.create(replica_name="Rio", model_name="phoenix-3").status_code == 200


def test_ipv6(serve: Serve) -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    program = serve("--host", "::1")

    assert program.url.startswith("http://[::1]:")
    assert program.create().status_code == 200


def test_a_ready_file_that_cannot_be_written_is_told_at_once(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mock_tavus", "serve", "--port", "0", "--ready-file", str(tmp_path / "no" / "r")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)

    assert done.returncode == 2
    assert done.stderr.startswith("Error: --ready-file: ")
    assert done.stderr.count("\n") == 1


def test_the_ready_file_ends_with_the_server(serve: Serve) -> None:
    program = serve()
    assert program.ready_file.exists()
    program.stop()

    assert not program.ready_file.exists()


def test_a_taken_port_is_one_line_and_exit_code_2(serve: Serve) -> None:
    program = serve()
    second = subprocess.run(
        [sys.executable, "-m", "mock_tavus", "serve", "--port", str(program.port)],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert second.returncode == 2
    assert second.stdout == ""
    assert second.stderr == (
        f"Error: port {program.port} on 127.0.0.1 is taken; choose another with --port, or --port 0 for any free one\n"
    )
    assert program.create().status_code == 200


def test_a_port_can_be_taken_again_at_once(serve: Serve) -> None:
    first = serve()
    first.create()
    first.stop()
    second = serve("--port", str(first.port))

    assert second.port == first.port
    assert second.create().status_code == 200


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_soon_with_a_slow_request_open(serve: Serve, how: signal.Signals) -> None:
    program = serve("--training-time", "0")
    program.create(callback_url=f"http://127.0.0.1:{program.port}/v2/replicas")
    with socket.create_connection(("127.0.0.1", program.port)) as slow:
        slow.sendall(b"POST /v2/replicas HTTP/1.1\r\nHost: x\r\nx-api-key: k\r\nContent-Length: 1000\r\n\r\n{")
        program.create()
        began = time.monotonic()
        code = program.stop(how)
        took = time.monotonic() - began

    assert code == 0
    assert took < 10  # the slow request may go on for 30 s; unloaded, it is 1.2 s
    assert "Traceback" not in program.output


def test_a_burst_of_signals_ends_it_as_one_does(serve: Serve) -> None:
    program = serve("--quiet")
    for _ in range(200):
        program.process.send_signal(signal.SIGTERM)

    assert program.stop() == 0


def test_no_process_outlives_a_killed_parent(serve: Serve) -> None:
    program = serve()
    (worker,) = psutil.Process(program.process.pid).children()

    program.process.kill()
    program.process.wait()

    wait_until(lambda: has_ended(worker.pid))


def test_it_ends_with_its_input_if_it_is_asked_to(serve: Serve) -> None:
    ends, goes_on = serve("--until-stdin-ends"), serve()
    for program in (ends, goes_on):
        assert program.process.stdin is not None
        program.process.stdin.close()

    assert ends.process.wait(timeout=20) == 0
    assert goes_on.create().status_code == 200


def test_a_slow_client_keeps_nobody_waiting(serve: Serve) -> None:
    program = serve()
    slow = []
    for _ in range(20):
        client = socket.create_connection(("127.0.0.1", program.port))
        client.sendall(b"POST /v2/replicas HTTP/1.1\r\nHost: x\r\nx-api-key: k\r\nContent-Length: 1000\r\n\r\n{")
        slow.append(client)

    assert program.create().status_code == 200
    for client in slow:
        client.close()


def test_callbacks_can_be_followed(serve: Serve) -> None:
    program = serve("--training-time", "0", "--quiet")
    command = [sys.executable, "-m", "mock_tavus", "callbacks", "--follow", "--url", program.url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as follower:
        assert follower.stdout is not None
        replica_id = program.create(callback_url=f"{program.url}/__inbox/a").json()["replica_id"]
        line = next(line for line in follower.stdout if "delivered" in line)
        follower.send_signal(signal.SIGINT)
        follower.wait(timeout=20)

    assert replica_id in line
    assert follower.returncode == 0


def test_the_wire_is_told_of_and_answers(serve: Serve) -> None:
    program = serve("--wire-port", "0")
    doors = json.loads(program.ready_file.read_text())["wire"]

    assert set(doors) == {"wire", "other", "untrusted-tls"}
    assert program.wait_for_line("Wire on").split()[-1] == doors["wire"]
    body = {"train_video_url": "https://a.example/me.mp4"}
    answer = requests.post(f"{doors['wire']}/v2/replicas", json=body, headers={"x-api-key": "test"}, timeout=10)
    assert answer.json()["status"] == "started"
    assert requests.get(f"{program.url}/__admin/ledger", timeout=10).json()["trainings"] == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--wire-port", "{taken}"], "is taken; choose another with --wire-port"),
        (["--wire-port", "0", "--wire-certificate", "none.pem"], "--wire-certificate: expected a PEM file"),
    ],
)
def test_a_wire_that_cannot_listen_is_told_in_one_line(tmp_path: Path, arguments: list[str], message: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "-m", "mock_tavus", "serve", "--port", "0"]
            + [argument.replace("{taken}", port) for argument in arguments],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            timeout=60,
            check=False,
        )

    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_the_first_requests_may_all_come_together(serve: Callable[..., Program]) -> None:
    """What is loaded behind the ready line is loaded once, and nobody sees half of it."""
    program = serve("--quiet", "--wire-port", "0")
    statuses: list[int] = []

    def ask(number: int) -> None:
        for path in ("health", "wire", "requests?limit=3", "callbacks"):
            statuses.append(requests.get(f"{program.url}/__admin/{path}", timeout=20).status_code)
            statuses.append(program.create(f"key{number}", train_video_url="none").status_code)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert set(statuses) == {200, 400}
