"""The programs of `--repro`: each plays the server's part, and its client shows the same defect again."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from contract_tests.client.case import Call
from contract_tests.client.drivers import CommandDriver, callable_command
from tests.support import wait_until
from tests.system.conftest import REPOSITORY

BROKEN = "examples.clients.broken_client:create_replica"
POLLER = "examples.clients.broken_poller"


class Server:
    """One run of such a program."""

    def __init__(self, path: Path) -> None:
        self.process = subprocess.Popen([sys.executable, "-I", str(path)], stdout=subprocess.PIPE, text=True)
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        wait_until(lambda: any("Waiting for the client" in line for line in self.lines))

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)

    @property
    def base_urls(self) -> list[str]:
        return re.findall(r"^Call \d+: +base URL (\S+)", "".join(self.lines), re.MULTILINE)

    @property
    def authority(self) -> str | None:
        found = re.search(r"trust (\S+authority\.pem)", "".join(self.lines))
        return found[1] if found else None

    @property
    def requests(self) -> int:
        return sum(line.startswith("--- request ") for line in self.lines)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join()
        assert self.process.stdout is not None
        self.process.stdout.close()


def judged(client: str, folder: Path, *more: str) -> dict[str, dict[str, Any]]:
    command = [sys.executable, "-m", "contract_tests", "conform", "--client", client, "--profile", "quick", *more]
    done = subprocess.run(
        [*command, "--no-database", "--repro", "repro", "--report-json", "r.json"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    return {check["id"]: check for check in json.loads((folder / "r.json").read_text())["checks"]}


def shows_again(path: Path, client: str, check: dict[str, Any]) -> None:
    """Play a program against its client: as many requests come, and the client reports what it has reported before."""
    expected = check["counterexample"]
    server = Server(path)
    try:
        trusted = server.authority
        environment = {} if trusted is None else dict.fromkeys(("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"), trusted)
        driver = CommandDriver(callable_command(client), environment, REPOSITORY)
        driver.describe("http://127.0.0.1:9", "k")
        for asked, base_url in zip(expected["calls"], server.base_urls, strict=True):
            call = Call.from_json({**asked, "patience": 12.0})
            outcome = driver.call(call, base_url, asked.get("api_key", "kit-key"), lambda: True)
        driver.close()
        sent = expected["request_bytes"].count(" HTTP/1.1\r\n")
        wait_until(lambda: server.requests >= sent)

        assert server.requests == sent
        assert outcome.outcome == expected["outcome"]["outcome"]
        assert check["title"] in server.lines[0]
        assert any(line.startswith("Should be: ") for line in server.lines)
    finally:
        server.close()


def test_a_program_shows_the_defect_again(tmp_path: Path) -> None:
    checks = judged(BROKEN, tmp_path, "--only", "SEC-01", "--only", "OKP-08")

    for check_id in ("SEC-01", "OKP-08"):
        shows_again(tmp_path / "repro" / f"{check_id.lower().replace('-', '_')}.py", BROKEN, checks[check_id])


@pytest.mark.deep
@pytest.mark.covered
@pytest.mark.parametrize(("client", "least"), [(BROKEN, 7), (POLLER, 3)])
def test_every_program_shows_its_defect_again(tmp_path: Path, client: str, least: int) -> None:
    checks = judged(client, tmp_path)
    failing = [check for check in checks.values() if check["verdict"] == "fail"]
    unsteady = ("TRN-03", "TRN-04", "TRN-05")  # about time: what is asked of the client then is its own timeout

    assert len(failing) >= least
    for check in failing:
        path = tmp_path / "repro" / f"{check['id'].lower().replace('-', '_')}.py"
        compile(path.read_text(), str(path), "exec")
        if check["id"] not in unsteady:
            shows_again(path, client, check)
