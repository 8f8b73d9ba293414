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
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

from contract_tests.client.case import Json, Outcome

GRACE_SECONDS = 2.0
"""How long after its timeout a client may take before it is ended."""

MAX_LINE_BYTES = 16 * 1024 * 1024
"""A longer line is no answer."""

_MAX_EVIDENCE = 64 * 1024
_END_SECONDS = 2.0  # how long a program may take to end once its input has
_KINDS = ("http", "transport", "timeout", "invalid_response", "rejected_locally")


def callable_command(name: str) -> list[str]:
    """Return the command that drives a Python callable, `package.module:callable`, in a process of its own.

    With `-P`, or a folder of the user's that is called `contract_tests`, too, would be taken for this package.
    """
    return [sys.executable, "-P", "-m", "contract_tests.client.drivers.callable_worker", name]


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a client takes when all goes well: this is not held against it.

    Args:
        start: How long its first call takes longer than others, in seconds: it has to start, and to load what it needs.
        call: How long any other takes, in seconds: some start anew for each.
    """

    start: float = 0.0
    call: float = 0.0


class CommandDriver:
    """Start a command once, in its own process group, and hand it one request after the other.

    Args:
        command: The program and its arguments.
        environment: What to add to the environment.
        folder: Where to run it; None for here.
        pace: How long it takes when all goes well.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        pace: Pace = Pace(),
    ) -> None:
        self._command = list(command)
        self._environment = dict(environment or {})
        self._folder = folder
        self._pace = pace
        self._number = 0
        self._run: _Run | None = None
        self._late = ""

    def call(
        self,
        base_url: str,
        api_key: str,
        body: Json,
        timeout: float | None,
        was_connected: Callable[[], bool],
        patience: float = 0.0,
    ) -> Outcome:
        """Have the client create a replica, and return what it reports.

        Args:
            base_url: Where.
            api_key: With which key.
            body: With which options.
            timeout: What it is given, in seconds; None for nothing, of which only callables know.
            was_connected: Tells whether the wire has seen it meanwhile: then it is not asked again.
            patience: How much longer than usual it is waited for, in seconds.
        """
        if timeout is None and self._command[:-1] != callable_command("")[:-1]:
            return Outcome("unsupported", message="a command is always given a timeout")
        self._number += 1
        request = {
            "id": self._number,
            "operation": "create_replica",
            "base_url": base_url,
            "api_key": api_key,
            "timeout": timeout,
            "body": body,
        }
        patience += (timeout or 0.0) + GRACE_SECONDS
        run = self._open(base_url, api_key)
        outcome = run.ask(request, patience)
        if outcome is None and run.answered and not was_connected():
            self._late += self._end()
            run = self._open(base_url, api_key)
            outcome = run.ask(request, patience)
        if outcome is None:
            message = f"it ended ({run.exit_code}) without an answer"
            outcome = Outcome("crash", message=message, printed=run.take_printed(), knows_timeout=run.knows_timeout)
        outcome = replace(outcome, printed=self._late + outcome.printed)
        self._late = ""
        if outcome.outcome == "crash":
            self.close()
        return outcome

    def finish(self) -> str:
        """Let the program end, as its input does, and return what it has printed since its last answer was awaited."""
        if self._run is None:
            return ""
        printed = self._run.finish()
        self.close()
        return printed

    def close(self) -> None:
        """End the program, and all that it has started."""
        self._end()
        self._late = ""

    def _end(self) -> str:
        """End the program, and return what it has printed since its last answer."""
        if self._run is None:
            return ""
        self._run.close()
        printed = self._run.take_printed()
        self._run = None
        return printed

    def _open(self, base_url: str, api_key: str) -> _Run:
        if self._run is not None and self._run.has_ended:
            self._late += self._end()
        if self._run is None:
            given = {"TAVUS_BASE_URL": base_url, "TAVUS_API_KEY": api_key.replace("\0", "")}
            environment = {**os.environ, **self._environment, **given}
            self._run = _Run(self._command, environment, self._folder, self._pace)
        return self._run


class _Run:
    """One run of the program."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], folder: Path | None, pace: Pace) -> None:
        self._process = subprocess.Popen(
            command,
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            cwd=folder,
            start_new_session=True,
        )
        self._pace = pace
        self._allowance = 0.0
        self._lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._printed = bytearray()
        self.answered = False
        self.knows_timeout = True
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
        started = time.monotonic()
        self._allowance = self._pace.call + (0.0 if self.answered else self._pace.start)
        patience += self._allowance
        with contextlib.suppress(OSError, ValueError):
            _write_all(self._process.stdin, json.dumps(request).encode() + b"\n")
        while (left := started + patience - time.monotonic()) > 0:
            try:
                line = self._lines.get(timeout=left)
            except queue.Empty:
                break
            if line is None:
                return self._ended(started, left)
            answer = self._read_answer(line, request["id"])
            if answer is not None:
                self.answered = True
                return self._outcome(answer, started)
        return self._crash(f"no answer within {patience:.1f} s", started, has_hung=True)

    def take_printed(self) -> str:
        """Return what was printed beside the answers since this was asked last; what comes late is told next time."""
        printed = bytes(self._printed)
        del self._printed[: len(printed)]
        return printed.decode("utf-8", "backslashreplace")

    def finish(self) -> str:
        """Close the program's input, give it a moment to end, and return what it has printed."""
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_SECONDS)
        self._readers[1].join(timeout=0.5)
        return self.take_printed()

    def close(self) -> None:
        """End the process group."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for reader in self._readers:
            reader.join(timeout=0.5)
        streams = (self._process.stdin, self._process.stdout, self._process.stderr)
        still_read = (False, *(reader.is_alive() for reader in self._readers))
        for stream, is_read in zip(streams, still_read, strict=True):
            if stream is not None and not is_read:  # a process that it has left behind may keep its output open
                with contextlib.suppress(OSError):
                    stream.close()

    def _read_answer(self, line: bytes, wanted: int) -> Json | None:
        """Return the answer in a line; None if the line is blank or answers something else."""
        if not line.strip():
            return None
        try:
            answer = json.loads(line)
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict):
            return {"outcome": "crash", "message": f"a line that is not a JSON object: {line[:200]!r}"}
        if "id" not in answer and answer.get("knows_timeout") is False:
            self.knows_timeout = False  # our own worker says so as it begins
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
            seconds=self._seconds(started),
            knows_timeout=self.knows_timeout,
        )

    def _ended(self, started: float, left: float) -> Outcome | None:
        try:
            code = self._process.wait(left)
        except subprocess.TimeoutExpired:
            return self._crash("its standard output is closed, and it goes on", started, has_hung=True)
        return None if code == 0 else self._crash(f"it ended: {self.exit_code}", started)

    def _crash(self, message: str, started: float, *, has_hung: bool = False) -> Outcome:
        return Outcome(
            "crash",
            message=message,
            printed=self.take_printed(),
            seconds=self._seconds(started),
            knows_timeout=self.knows_timeout,
            has_hung=has_hung,
        )

    def _seconds(self, started: float) -> float:
        return max(0.0, time.monotonic() - started - self._allowance)

    def _read_answers(self) -> None:
        rest = bytearray()
        for part in _parts(self._process.stdout):
            rest += part
            while (end := rest.find(b"\n")) >= 0:
                self._lines.put(bytes(rest[:end]))
                del rest[: end + 1]
            if len(rest) > MAX_LINE_BYTES:
                self._lines.put(b"a line without an end, " + bytes(rest[:100]))
                break
        if 0 < len(rest) <= MAX_LINE_BYTES:
            self._lines.put(bytes(rest))
        self._lines.put(None)

    def _read_errors(self) -> None:
        for part in _parts(self._process.stderr):
            self._printed += part[: max(0, _MAX_EVIDENCE - len(self._printed))]


def _parts(stream: IO[bytes] | None) -> Any:
    """Return what comes on a stream, as it comes."""
    if stream is None:
        return
    with contextlib.suppress(OSError, ValueError):
        while part := os.read(stream.fileno(), 65536):
            yield part


def _write_all(stream: IO[bytes] | None, data: bytes) -> None:
    left = memoryview(data)
    while left and stream is not None:
        left = left[os.write(stream.fileno(), left) :]


def _text(message: Any) -> str:
    return message if isinstance(message, str) else "" if message is None else json.dumps(message)
