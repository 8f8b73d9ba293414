"""An emulator for the kit: one that is started for it, or one that runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import trustme

from contract_tests.emulator.admin import Admin, Line
from contract_tests.failures import KitError

_STARTS_WITHIN = 30.0


class Emulator:
    """Start `mock-tavus serve` with a wire of its own, or use one that runs.

    Args:
        url: Where one runs; None to start one.
        admin_token: What its /__admin asks for.
    """

    def __init__(self, url: str | None = None, admin_token: str | None = None) -> None:
        self._url = url
        self._token = admin_token
        self._admin: Admin | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._is_main_taken = False
        self._lock = threading.Lock()
        self.authority: Path | None = None
        self.version = ""
        self.is_proven = False
        """Whether the kit's own client has created a replica there."""

    @property
    def tls(self) -> tuple[str, str] | None:
        """Return the PEM texts of the authority and of the certificate with its key; None if the kit made none."""
        if self.authority is None:
            return None
        certificate = self.authority.with_name("certificate.pem")
        return self.authority.read_text("ascii"), certificate.read_text("ascii")

    @property
    def is_ours(self) -> bool:
        """Return whether the kit has started it."""
        return self._process is not None

    @property
    def admin(self) -> Admin:
        """Return its /__admin."""
        if self._admin is None:
            raise KitError("the emulator has not been started")
        return self._admin

    def __enter__(self) -> Self:
        try:
            url = self._start() if self._url is None else self._url
            self._admin = Admin(url, self._token)
            document = self._admin.ask("GET", "/__admin/control.json")
            self.version = f"mock-tavus at {url}, control plane {document['info']['version']}"
            if "wire" not in self._admin.ask("GET", "/__admin/wire")["doors"]:
                raise KitError(f"the emulator at {url} does not listen on the wire; start it with --wire-port 0")
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._end()

    def line(self) -> Line:
        """Return a line that nobody else uses: first the one that the emulator was started with, then more.

        Raises:
            KitError: The emulator has no more lines.
        """
        with self._lock:
            is_first, self._is_main_taken = not self._is_main_taken, True
        if is_first:
            doors = self.admin.ask("GET", "/__admin/wire")["doors"]
            return _MainLine(self, self.admin, self._named(doors))
        line = Line.open(self.admin)
        line.endpoints = self._named(line.endpoints)
        return line

    def _free_main(self) -> None:
        self._is_main_taken = False

    def _named(self, doors: Mapping[str, str]) -> Mapping[str, str]:
        """Return doors with one more: the same TLS door, by a name that its certificate does not have."""
        if self.authority is None or "tls" not in doors:
            return doors
        return {**doors, "tls-other-name": doors["tls"].replace("127.0.0.1", "localhost")}

    def _end(self) -> None:
        if self._admin is not None:
            self._admin.close()
        if self._process is not None:
            if self._process.stdin is not None:
                self._process.stdin.close()
            self._process.terminate()
            try:
                self._process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if self._folder is not None:
            self._folder.cleanup()

    def _start(self) -> str:
        self._folder = tempfile.TemporaryDirectory(prefix="mock-tavus-contract-")
        folder = Path(self._folder.name)
        self.authority = folder / "authority.pem"
        certificate = folder / "certificate.pem"
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(self.authority))
        authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(certificate))
        ready = folder / "ready.json"
        command = [sys.executable, "-m", "mock_tavus", "serve", "--port", "0", "--no-https"]
        command += ["--quiet", "--ready-file", str(ready)]
        command += ["--until-stdin-ends"]  # however this process ends, nothing is left behind
        command += ["--wire-port", "0", "--wire-certificate", str(certificate)]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MOCK_TAVUS_")}
        log = folder / "log.txt"
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=folder,
                env=environment,
                start_new_session=True,
            )
        deadline, pause = time.monotonic() + _STARTS_WITHIN, threading.Event()
        while not ready.exists():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise KitError(f"mock-tavus serve did not start: {log.read_text('utf-8', 'replace').strip()[-500:]}")
            pause.wait(0.02)
        return str(json.loads(ready.read_text("utf-8"))["url"])


class _MainLine(Line):
    """The line that the emulator was started with; another bench may take it once it is given back."""

    def __init__(self, emulator: Emulator, admin: Admin, endpoints: Mapping[str, str]) -> None:
        super().__init__(admin, endpoints)
        self._emulator = emulator

    def close(self) -> None:
        """Forget what is armed, and let the line be taken again."""
        super().close()
        self._emulator._free_main()
