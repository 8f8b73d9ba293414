"""One run of a client's program: lines in, lines out, and everything that it prints."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from contract_tests.client.drivers.lines import outcome_of
from contract_tests.client.observation import Outcome
from contract_tests.http.script import JsonObject

MAX_LINE_BYTES = 16 * 1024 * 1024
"""A longer line is no answer."""

_MAX_EVIDENCE = 64 * 1024
_END_SECONDS = 2.0  # how long a program may take to end once its input has


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a client takes when all goes well: this is not held against it.

    Args:
        start: How long its first call takes longer than others, in seconds: it has to start, and to load what it needs.
        call: How long any other takes, in seconds: some start anew for each.
    """

    start: float = 0.0
    call: float = 0.0


class ClientProcess:
    """Start a program in its own process group, and hand it one request after the other.

    Args:
        command: The program and its arguments.
        environment: All of its environment.
        folder: Where to run it; None for here.
        pace: How long it takes when all goes well.
    """

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
        """Whether a request has been answered."""
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

    def ask(self, request: JsonObject, patience: float) -> Outcome | None:
        """Return the answer to a request; None if the program exits 0 without one.

        Args:
            request: The request line.
            patience: How long to wait for the answer, in seconds, beside the client's own pace.
        """
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
        """Return what was printed beside the answers since this was asked last; later text is returned next time."""
        printed = bytes(self._printed)
        del self._printed[: len(printed)]
        return printed.decode("utf-8", "backslashreplace")

    def finish(self) -> str:
        """Close the program's input, give it a moment to end, and return the text that it printed."""
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

    def _read_answer(self, line: bytes, wanted: int) -> JsonObject | None:
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

    def _outcome(self, answer: JsonObject, started: float) -> Outcome:
        outcome = answer.get("outcome")
        if outcome not in ("ok", "error", "unsupported", "crash"):
            return self._crash(f"an answer with the outcome {outcome!r}", started)
        return outcome_of(answer, self.take_printed(), self._seconds(started))

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


def _parts(stream: IO[bytes] | None) -> Iterator[bytes]:
    """Return the parts of a stream while they arrive."""
    if stream is None:
        return
    with contextlib.suppress(OSError, ValueError):
        while part := os.read(stream.fileno(), 65536):
            yield part


def _write_all(stream: IO[bytes] | None, data: bytes) -> None:
    left = memoryview(data)
    while left and stream is not None:
        left = left[os.write(stream.fileno(), left) :]
