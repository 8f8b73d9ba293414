"""What every driver offers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from contract_tests.client.capabilities import Capabilities
from contract_tests.client.case import Call
from contract_tests.client.observation import Outcome


class Driver(Protocol):
    """Call the operations of a client."""

    capabilities: Capabilities
    """What the client can do."""

    def describe(self, base_url: str, api_key: str) -> Capabilities:
        """Ask the client what it can do.

        Args:
            base_url: Where it would send something.
            api_key: With which key.
        """

    def call(self, call: Call, base_url: str, api_key: str, was_connected: Callable[[], bool]) -> Outcome:
        """Have the client do something, and return what it reports.

        Args:
            call: What.
            base_url: Where.
            api_key: With which key.
            was_connected: Tells whether the wire has seen it meanwhile: then it is not asked again.
        """

    def finish(self) -> str:
        """Let the client end, and return the text that it printed since its last answer."""

    def close(self) -> None:
        """End the client; the next call starts it anew."""

    def end(self) -> None:
        """End the client for good."""
