"""`serve` over https, and as a proxy."""

from __future__ import annotations

import json
import re
import shlex
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from tests.system.conftest import Program

Serve = Callable[..., Program]
BODY = {"train_video_url": "https://example.com/me.mp4"}


def https_of(program: Program) -> str:
    return str(json.loads(program.ready_file.read_text())["https"])


def test_https_is_spoken_at_a_free_port_beside_a_free_port(serve: Serve, own_authority: Path) -> None:
    program = serve()
    url = https_of(program)

    answer = requests.post(
        f"{url}/v2/replicas",
        json=BODY,
        headers={"x-api-key": "k"},
        verify=str(own_authority / "bundle.pem"),
        timeout=20,
    )

    assert answer.json()["status"] == "started"
    line = program.wait_for_line("https      ")
    assert url in line
    assert str(own_authority / "ca.pem") in line
    assert f"HTTPS_PROXY=http://127.0.0.1:{url.rpartition(':')[2]}" in program.wait_for_line("Proxy")


def test_the_vendors_host_is_reached_through_the_proxy(serve: Serve, own_authority: Path) -> None:
    program = serve()
    with requests.Session() as session:
        session.trust_env = False
        session.verify = str(own_authority / "bundle.pem")
        session.proxies = {"https": https_of(program).replace("https", "http")}
        created = session.post("https://tavusapi.com/v2/replicas", json=BODY, headers={"x-api-key": "k"}, timeout=20)
        with pytest.raises(requests.exceptions.ProxyError, match=r"no tunnel to example\.com; allow it with --tunnel"):
            session.get("https://example.com/", timeout=20)

    assert created.json()["status"] == "started"
    assert requests.get(f"{program.url}/__admin/ledger", timeout=10).json()["trainings"] == 1


@pytest.mark.parametrize("path", ["/__admin/reset?all=true", "/__inbox/x"])
def test_a_callback_to_the_https_door_reaches_an_inbox_alone(serve: Serve, path: str, own_authority: Path) -> None:
    program = serve("--training-time", "0", SSL_CERT_FILE=str(own_authority / "bundle.pem"))
    program.create("k", callback_url=https_of(program) + path)

    url = f"{program.url}/__admin/callbacks/wait?count=1&timeout=20"
    (callback,) = requests.get(url, timeout=30).json()["callbacks"]
    if path.startswith("/__inbox"):
        assert callback["state"] == "delivered"
    else:
        assert (callback["state"], "this emulator listens there" in callback["note"]) == ("held back", True)


def test_a_port_that_is_taken_is_told_by_the_command_itself(serve: Serve, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "mock_tavus", "serve", "--port", "0", "--https-port", port]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=60, check=False)

    assert done.returncode == 2
    assert f"port {port} on 127.0.0.1 is taken; choose another with --https-port" in done.stderr


@pytest.mark.deep
def test_a_folder_that_cannot_be_written_is_told_by_the_command_itself(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    command = [sys.executable, "-m", "mock_tavus", "serve", "--port", "0", "--ca-dir", str(tmp_path / "file" / "ca")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=60, check=False)

    assert done.returncode == 2
    assert "name another folder with --ca-dir" in done.stderr


@pytest.mark.deep
def test_without_https_nothing_is_written(serve: Serve, tmp_path: Path) -> None:
    program = serve("--no-https", MOCK_TAVUS_CA_DIR=str(tmp_path / "ca"))

    program.wait_for_line("Ctrl-C stops")
    assert "https" not in json.loads(program.ready_file.read_text())
    assert "https      " not in program.output
    assert not (tmp_path / "ca").exists()


def test_ca_env_leads_a_shell_to_a_running_server(serve: Serve, need: Callable[[str], str], tmp_path: Path) -> None:
    program = serve()
    port = https_of(program).rpartition(":")[2]
    mine = shlex.join([sys.executable, "-m", "mock_tavus", "ca", "env", "--https-port", port])
    call = "curl -sS https://tavusapi.com/v2/replicas -H 'x-api-key: k'"
    need("curl")

    done = subprocess.run(
        ["sh", "-c", f'eval "$({mine})"; {call}'], capture_output=True, text=True, cwd=tmp_path, timeout=60, check=False
    )

    assert json.loads(done.stdout) == {"data": [], "total_count": 0}, done.stderr


@pytest.mark.deep
def test_ca_path_names_a_certificate(own_authority: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mock_tavus", "ca", "path"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=60, check=True)

    assert re.match("-----BEGIN CERTIFICATE-----", Path(done.stdout.strip()).read_text())
    assert done.stdout.strip() == str(own_authority / "ca.pem")
