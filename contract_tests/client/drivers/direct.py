"""Drive Python callables in this process: nothing is started, and nothing that hangs can be ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from contract_tests.callable_worker import Callables
from contract_tests.client.capabilities import Capabilities
from contract_tests.client.case import Call
from contract_tests.client.drivers.lines import outcome_of, request_line
from contract_tests.client.observation import Outcome


class DirectDriver:
    """Call operations in this process, for clients that are known to end: the kit's own, and those of tests.

    Args:
        operations: From an operation's name to the callable that does it.
    """

    def __init__(self, operations: Mapping[str, Callable[..., Any]]) -> None:
        self._callables = Callables(operations)
        self.capabilities = Capabilities.read(self._callables.describe())

    def describe(self, base_url: str, api_key: str) -> Capabilities:
        """Return what the callables can do.

        Args:
            base_url: Of no use here.
            api_key: Of no use here.
        """
        return self.capabilities

    def call(self, call: Call, base_url: str, api_key: str, was_connected: Callable[[], bool]) -> Outcome:
        """Call an operation, and return what it reports.

        Args:
            call: What.
            base_url: Where.
            api_key: With which key.
            was_connected: Of no use here: nothing is asked twice.
        """
        started = time.monotonic()
        answer = self._callables.answer(request_line(1, call, base_url, api_key))
        return outcome_of(answer, seconds=time.monotonic() - started)

    def finish(self) -> str:
        """Return what was printed, of which nothing is known here."""
        return ""

    def close(self) -> None:
        """Do nothing: there is nothing to end."""

    def end(self) -> None:
        """Do nothing: there is nothing to end."""
