"""Drive a client over JSON Lines: one request on its standard input, one answer on its standard output."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from contract_tests.exchange import Json, Outcome

GRACE_SECONDS = 2.0
"""How long after its timeout a client may take before it is ended."""

_MAX_EVIDENCE = 64 * 1024
_KINDS = ("http", "transport", "timeout", "invalid_response", "rejected_locally")


def callable_command(name: str) -> list[str]:
    """Return the command that drives a Python callable, `package.module:callable`, in a process of its own."""
    return [sys.executable, "-m", "contract_tests.drivers.callable_worker", name]


class CommandDriver:
    """Start a command once, in its own process group, and hand it one request after the other.

    Args:
        command: The program and its arguments.
        environment: What to add to the environment.
        folder: Where to run it; None for here.
    """

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str] | None = None, folder: Path | None = None
    ) -> None:
        self._command = list(command)
        self._environment = dict(environment or {})
        self._folder = folder
        self._number = 0
        self._run: _Run | None = None

    def call(
        self, base_url: str, api_key: str, body: Json, timeout: float, was_connected: Callable[[], bool]
    ) -> Outcome:
        """Have the client create a replica, and return what it reports.

        Args:
            base_url: Where.
            api_key: With which key.
            body: With which options.
            timeout: What it is given, in seconds.
            was_connected: Tells whether the wire has seen it meanwhile: then it is not asked again.
        """
        self._number += 1
        request = {
            "id": self._number,
            "operation": "create_replica",
            "base_url": base_url,
            "api_key": api_key,
            "timeout": timeout,
            "body": body,
        }
        fresh = self._run is None or self._run.has_ended
        run = self._open(base_url, api_key)
        outcome = run.ask(request, timeout + GRACE_SECONDS)
        if outcome is None and run.answered and not fresh and not was_connected():
            self.close()
            run = self._open(base_url, api_key)
            outcome = run.ask(request, timeout + GRACE_SECONDS)
        if outcome is None:
            outcome = Outcome(
                "crash", message=f"it ended ({run.exit_code}) without an answer", printed=run.take_printed()
            )
        if outcome.outcome == "crash":
            self.close()
        return outcome

    def close(self) -> None:
        """End the program, and all that it has started."""
        if self._run is not None:
            self._run.close()
            self._run = None

    def _open(self, base_url: str, api_key: str) -> _Run:
        if self._run is not None and self._run.has_ended:
            self.close()
        if self._run is None:
            given = {"TAVUS_BASE_URL": base_url, "TAVUS_API_KEY": "".join(c for c in api_key if c != "\0")}
            self._run = _Run(self._command, {**os.environ, **self._environment, **given}, self._folder)
        return self._run


class _Run:
    """One run of the program."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], folder: Path | None) -> None:
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            cwd=folder,
            start_new_session=True,
        )
        self._lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._printed = bytearray()
        self.answered = False
        self._readers = [
            threading.Thread(target=self._read_answers, daemon=True),
            threading.Thread(target=self._read_errors, daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    @property
    def has_ended(self) -> bool:
        """Return whether the program has ended, or is about to: its output is closed."""
        return self._process.poll() is not None or not self._readers[0].is_alive()

    @property
    def exit_code(self) -> str:
        """Return how it ended, in words."""
        code = self._process.poll()
        return "still running" if code is None else f"exit {code}" if code >= 0 else f"signal {-code}"

    def ask(self, request: Json, patience: float) -> Outcome | None:
        """Return the answer to a request; None if the program exits 0 without one."""
        self._printed.clear()
        started = time.monotonic()
        stdin = self._process.stdin
        with contextlib.suppress(OSError, ValueError):
            if stdin is not None:
                stdin.write(json.dumps(request).encode() + b"\n")
                stdin.flush()
        while (left := started + patience - time.monotonic()) > 0:
            try:
                line = self._lines.get(timeout=left)
            except queue.Empty:
                break
            if line is None:
                return self._ended(started)
            answer = self._answer_in(line, request["id"])
            if answer is not None:
                self.answered = True
                return self._outcome(answer, started)
        return self._crash(f"no answer within {patience:g} s", started)

    def take_printed(self) -> str:
        """Return what was printed beside the answers."""
        return bytes(self._printed).decode("utf-8", "backslashreplace")

    def close(self) -> None:
        """End the process group."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for reader in self._readers:
            reader.join(timeout=5)
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()

    def _answer_in(self, line: bytes, wanted: int) -> Json | None:
        """Return the answer in a line; None if the line is blank or answers something else."""
        if not line.strip():
            return None
        try:
            answer = json.loads(line)
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict):
            return {"outcome": "crash", "message": f"a line that is not a JSON object: {line[:200]!r}"}
        return answer if answer.get("id") == wanted else None

    def _outcome(self, answer: Json, started: float) -> Outcome:
        outcome = answer.get("outcome")
        if outcome not in ("ok", "error", "unsupported", "crash"):
            return self._crash(f"an answer with the outcome {outcome!r}", started)
        http_status = answer.get("http_status")
        understood = isinstance(http_status, int) and not isinstance(http_status, bool) and 100 <= http_status <= 599
        kind = answer.get("kind")
        return Outcome(
            outcome=outcome,
            replica_id=answer.get("replica_id"),
            status=answer.get("status"),
            http_status=http_status if understood else None,
            kind=kind if kind in _KINDS else None,
            message=_text(answer.get("message")),
            printed=self.take_printed(),
            seconds=time.monotonic() - started,
            knows_timeout=answer.get("knows_timeout") is not False,
        )

    def _ended(self, started: float) -> Outcome | None:
        code = self._process.wait()
        if code == 0:
            return None
        return self._crash(f"it ended: {self.exit_code}", started)

    def _crash(self, message: str, started: float) -> Outcome:
        return Outcome("crash", message=message, printed=self.take_printed(), seconds=time.monotonic() - started)

    def _read_answers(self) -> None:
        stream = self._process.stdout
        if stream is not None:
            with contextlib.suppress(OSError, ValueError):
                for line in stream:
                    self._lines.put(line)
        self._lines.put(None)

    def _read_errors(self) -> None:
        stream = self._process.stderr
        if stream is not None:
            with contextlib.suppress(OSError, ValueError):
                while part := os.read(stream.fileno(), 65536):
                    self._printed += part[: max(0, _MAX_EVIDENCE - len(self._printed))]


def _text(message: Any) -> str:
    return message if isinstance(message, str) else "" if message is None else json.dumps(message)
