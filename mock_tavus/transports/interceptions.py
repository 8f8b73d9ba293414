"""Which interceptions are active, and what they decide about a call."""

from __future__ import annotations

from dataclasses import dataclass

from mock_tavus.proxy.hosts import VENDOR_HOST
from mock_tavus.transports.backend import Backend, UnexpectedRequest


@dataclass(frozen=True, slots=True, eq=False)
class Interception:
    """One interception.

    Args:
        backend: What answers calls to the vendor's API.
        passthrough: Whether calls to other hosts are made.
    """

    backend: Backend
    passthrough: bool


class Interceptions:
    """The interceptions that are active, the latest last: it decides."""

    def __init__(self) -> None:
        self._stack: list[Interception] = []

    def __len__(self) -> int:
        return len(self._stack)

    def __contains__(self, one: Interception) -> bool:
        return one in self._stack

    def add(self, one: Interception) -> None:
        """Have `one` decide from now on."""
        self._stack.append(one)

    def remove(self, one: Interception) -> None:
        """Have `one` decide no more."""
        self._stack.remove(one)

    @property
    def latest(self) -> Interception | None:
        """Return the interception that decides; None where nothing is intercepted."""
        return next(iter(self._stack[-1:]), None)

    def backend_for(self, what: str, scheme: str, host: str, port: int | None) -> Backend | None:
        """Return what answers a call; None if it is to go where it would.

        Args:
            what: The call, in words.
            scheme: `http` or `https`.
            host: The host that it is for.
            port: None for the scheme's own.

        Raises:
            UnexpectedRequest: The latest interception lets no others pass.
        """
        latest = self.latest
        if latest is None:
            return None
        if latest.backend.is_for(scheme, host, port):
            return latest.backend
        if latest.passthrough:
            return None
        raise UnexpectedRequest(
            f"{what} is not for https://{VENDOR_HOST}, and intercept(passthrough=False) lets no others pass"
        )
