"""Whole programs, started as a user starts them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.support import wait_until

REPOSITORY = Path(__file__).parents[2]


class Program:
    """One run of `mock-tavus serve`."""

    def __init__(self, folder: Path, *arguments: str, **environment: str) -> None:
        self.ready_file = folder / "ready.json"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mock_tavus", "serve", "--port", "0", "--ready-file", self.ready_file, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=folder,
            env={**os.environ, **environment},
        )
        self.lines: list[str] = []
        self.errors: list[str] = []
        self._readers = [
            threading.Thread(target=self._read, args=(stream, lines), daemon=True)
            for stream, lines in ((self.process.stdout, self.lines), (self.process.stderr, self.errors))
        ]
        for reader in self._readers:
            reader.start()
        wait_until(lambda: self.ready_file.exists() or self.process.poll() is not None)
        assert self.process.poll() is None, "".join(self.errors)
        self.url: str = json.loads(self.ready_file.read_text())["url"]

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    @property
    def output(self) -> str:
        return "".join([*self.lines, *self.errors])

    def create(self, key: str = "test", **fields: Any) -> requests.Response:
        body = {"train_video_url": "https://a.example/me.mp4", **fields}
        return requests.post(f"{self.url}/v2/replicas", json=body, headers={"x-api-key": key}, timeout=10)

    def wait_for_line(self, part: str) -> str:
        """Return the first line that has this in it, as soon as it has been printed."""
        wait_until(lambda: any(part in line for line in self.lines))
        return next(line for line in self.lines if part in line)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End the program, if it has not ended yet, and return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        code = self.process.wait(timeout=20)
        for reader in self._readers:
            reader.join(timeout=20)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()
        return code

    def _read(self, stream: Any, lines: list[str]) -> None:
        for line in stream:
            lines.append(line)  # noqa: PERF402 - each line must be seen as it comes


@pytest.fixture(scope="session")
def authority_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("ca")


@pytest.fixture(autouse=True)
def own_authority(authority_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep the authority of every server that is started in a folder of the tests' own."""
    monkeypatch.setenv("MOCK_TAVUS_CA_DIR", str(authority_folder))
    return authority_folder


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Program]]:
    """Return a function that starts the server; what it started is stopped at the end."""
    started: list[Program] = []

    def start(*arguments: str, **environment: str) -> Program:
        folder = tmp_path / str(len(started))
        folder.mkdir()
        started.append(Program(folder, *arguments, **environment))
        return started[-1]

    yield start
    for program in started:
        program.stop()


@pytest.fixture
def need() -> Callable[[str], str]:
    """Return a function that finds a program, or skips the test where it is missing; CI must have it."""
    import shutil

    def find(name: str) -> str:
        path = shutil.which(name)
        if path is None:
            assert not os.environ.get("CI"), f"CI has no {name}"
            pytest.skip(f"needs {name}")
        return path

    return find
