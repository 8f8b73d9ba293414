"""Drive a client over JSON Lines: one request on its standard input, one answer on its standard output."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from contract_tests.client.capabilities import Capabilities
from contract_tests.client.case import Call
from contract_tests.client.drivers.lines import request_line
from contract_tests.client.drivers.process import ClientProcess, Pace
from contract_tests.client.observation import Outcome
from contract_tests.failures import KitError

GRACE_SECONDS = 2.0
"""How long after its timeout a client may take before it is ended."""

_DESCRIBES_WITHIN = 30.0
"""How long the answer to `describe` may take, in seconds: it is the first, and the program has to start."""


class CommandDriver:
    """Start a command once, in its own process group, and hand it one request after the other.

    Args:
        command: The program and its arguments.
        environment: What to add to the environment.
        folder: Where to run it; None for here.
        pace: How long it takes when all goes well.
        capabilities: What it can do, if that is known.
        longest_wait: How long a client that takes no timeout is waited for, in seconds.
        takes_none: Whether a call without a timeout can be asked for.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        pace: Pace = Pace(),
        capabilities: Capabilities = Capabilities(),
        longest_wait: float = 0.0,
        *,
        takes_none: bool = False,
    ) -> None:
        self._command = list(command)
        self._environment = dict(environment or {})
        self._folder = folder
        self.pace = pace
        self._longest_wait = longest_wait
        self._takes_none = takes_none
        self._number = 0
        self._run: ClientProcess | None = None
        self._late = ""
        self._is_over = False
        self._lock = threading.Lock()
        self.capabilities = capabilities

    def describe(self, base_url: str, api_key: str) -> Capabilities:
        """Ask the client what it can do; one that does not know this question creates only, and takes a timeout.

        Args:
            base_url: Where it would send something.
            api_key: With which key.
        """
        request = {"id": 0, "operation": "describe", "base_url": base_url, "api_key": api_key, "timeout": 5.0}
        run = self._open(base_url, api_key)
        outcome = run.ask({**request, "body": {}}, _DESCRIBES_WITHIN)
        if outcome is None or outcome.outcome != "ok":
            self.close()
            return self.capabilities
        self.capabilities = Capabilities.read(outcome.answer)
        return self.capabilities

    def call(self, call: Call, base_url: str, api_key: str, was_connected: Callable[[], bool]) -> Outcome:
        """Have the client do something, and return what it reports.

        Args:
            call: What.
            base_url: Where.
            api_key: With which key.
            was_connected: Tells whether the wire has seen it meanwhile: then it is not asked again.
        """
        if call.operation not in self.capabilities.operations:
            return Outcome("unsupported", message=f"the client has no {call.operation}")
        if call.timeout is None and not self._takes_none:
            return Outcome("unsupported", message="a command is always given a timeout")
        self._number += 1
        request = request_line(self._number, call, base_url, api_key)
        deadline, patience = self._limits(call)
        run = self._open(base_url, api_key)
        outcome = run.ask(request, patience)
        if outcome is None and run.answered and not was_connected():
            self._late += self._end()
            run = self._open(base_url, api_key)
            outcome = run.ask(request, patience)
        if outcome is None:
            message = f"the client exited ({run.exit_code}) without an answer"
            outcome = Outcome("crash", message=message, printed=run.take_printed())
        outcome = replace(outcome, printed=self._late + outcome.printed, deadline=deadline)
        self._late = ""
        if outcome.outcome == "crash":
            self.close()
        return outcome

    def finish(self) -> str:
        """Let the program end, as its input does, and return the text that it printed since its last answer."""
        run = self._run
        if run is None:
            return ""
        printed = run.finish()
        self.close()
        return printed

    def close(self) -> None:
        """End the program, and all that it has started."""
        self._end()
        self._late = ""

    def end(self) -> None:
        """End the program for good: whoever is in the middle of a call does not start it again."""
        with self._lock:
            self._is_over = True
        self.close()

    def _limits(self, call: Call) -> tuple[float | None, float]:
        """Return within how many seconds a call should end, if that can be known, and how long it is waited for."""
        own = self.capabilities.own_timeout
        if self.capabilities.takes_timeout:
            return call.timeout, (call.timeout or 0.0) + GRACE_SECONDS + call.extra_wait_seconds
        deadline = own if own is not None and own <= self._longest_wait else None
        waited = max(call.timeout or 0.0, self._longest_wait if own is None else deadline or 0.0)
        return deadline, waited + GRACE_SECONDS + call.extra_wait_seconds

    def _end(self) -> str:
        """End the program, and return the text that it printed since its last answer."""
        with self._lock:
            run, self._run = self._run, None
        if run is None:
            return ""
        run.close()
        return run.take_printed()

    def _open(self, base_url: str, api_key: str) -> ClientProcess:
        run = self._run
        if run is not None and run.has_ended:
            self._late += self._end()
        with self._lock:  # whoever ends the client for good, in another thread, must find what is started here
            if self._is_over:
                raise KitError("the client has been ended")
            if self._run is None:
                given = {"TAVUS_BASE_URL": base_url, "TAVUS_API_KEY": api_key.replace("\0", "")}
                environment = {**os.environ, **self._environment, **given}
                self._run = ClientProcess(self._command, environment, self._folder, self.pace)
            return self._run
