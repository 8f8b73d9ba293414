"""The emulator, as any user reaches it: its command line, and its control plane."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests
import trustme

from contract_tests.client.case import Exchange, Json
from contract_tests.failures import KitError

_STARTS_WITHIN = 30.0


class Emulator:
    """Start `mock-tavus serve` with a wire of its own, or use one that runs.

    Args:
        url: Where one runs; None to start one.
        admin_token: What its control plane asks for.
    """

    def __init__(self, url: str | None = None, admin_token: str | None = None) -> None:
        self._url = url
        self._session = requests.Session()
        self._session.trust_env = False
        if admin_token:
            self._session.headers["authorization"] = f"Bearer {admin_token}"
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self.authority: Path | None = None
        self.doors: Mapping[str, str] = {}
        self.version = ""
        self.is_proven = False
        """Whether the kit's own client has created a replica there."""

    def __enter__(self) -> Self:
        if self._url is None:
            self._start()
        document = self._ask("GET", "/__admin/control.json")
        self.version = f"mock-tavus at {self._url}, control plane {document['info']['version']}"
        doors = self._ask("GET", "/__admin/wire")["doors"]
        if self.authority is not None:  # the same door, by a name that its certificate does not have
            doors["tls-other-name"] = doors["tls"].replace("127.0.0.1", "localhost")
        self.doors = doors
        if "wire" not in self.doors:
            raise KitError(f"the emulator at {self._url} does not listen on the wire; start it with --wire-port 0")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._session.close()
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

    def arm(self, scripts: Sequence[Json]) -> str:
        """Have these scripts, and no others, played next; return after which exchange they begin."""
        answer = self._ask("POST", "/__admin/wire/scripts", {"scripts": list(scripts), "replace": True})
        return str(answer["since"])

    def exchanges(self, since: str, settle: float = 1.0) -> list[Exchange]:
        """Return what was seen on the wire after an exchange.

        Args:
            since: The id of that exchange.
            settle: How long to wait until each has come to its end, in seconds.
        """
        found = self._ask("GET", f"/__admin/wire/exchanges?since={since}&settle={settle}")["exchanges"]
        return [_exchange(one) for one in found]

    def _start(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="mock-tavus-contract-")
        folder = Path(self._folder.name)
        self.authority = folder / "authority.pem"
        certificate = folder / "certificate.pem"
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(self.authority))
        authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(certificate))
        ready = folder / "ready.json"
        command = [sys.executable, "-m", "mock_tavus", "serve", "--port", "0", "--quiet", "--ready-file", str(ready)]
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
        self._url = json.loads(ready.read_text("utf-8"))["url"]

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        try:
            response = self._session.request(method, f"{self._url}{path}", json=body, timeout=30)
            answer = response.json()
        except (requests.RequestException, ValueError) as error:
            raise KitError(f"no emulator answers at {self._url} ({error})") from error
        if response.status_code != 200:
            raise KitError(f"the emulator at {self._url} did not do it: {answer.get('message', response.status_code)}")
        return answer


def _exchange(view: Json) -> Exchange:
    return Exchange(
        door=view["door"],
        connection=view["connection"],
        raw_request=base64.b64decode(view["request"]["base64"]),
        raw_answer=base64.b64decode(view["answer"]["base64"]),
        is_complete=view["complete"],
        status=view["status"],
        withheld=view["withheld"],
        ended=view["ended"],
        error=view["error"],
        answer_length=view["answer"]["length"],
        began_ms=view["began_ms"],
    )
