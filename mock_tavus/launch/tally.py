"""The result of a run, in two lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mock_tavus.proxy.hosts import VENDOR_HOST
from mock_tavus.proxy.tunnels import Tunnels

_MAX_HOSTS = 5
"""How many other hosts are named."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What an emulator saw.

    Args:
        requests: How many requests of the vendor's API.
        trainings: How many trainings they started.
        callback_states: The state of each callback.
    """

    requests: int
    trainings: int
    callback_states: Sequence[str]

    def lines(self, tunnels: Tunnels) -> Iterator[str]:
        """Yield the lines for a person.

        Args:
            tunnels: Which other hosts were reached.
        """
        if self.requests == 0:
            yield f"NO REQUEST reached the emulator: the command did not call {VENDOR_HOST}, or went another way"
        else:
            billed = f"{_counted(self.trainings, 'training')} that would have been bought"
            yield f"{_counted(self.requests, 'request')}, {billed}; {self._callbacks()}"
        yield f"other hosts: {_hosts(tunnels) or 'none through this proxy'}"

    def _callbacks(self) -> str:
        words = {"delivered": "delivered", "held back": "held back", "failed": "failed"}
        counts = {word: sum(state == name for state in self.callback_states) for name, word in words.items()}
        counts["not sent yet"] = sum(state in ("planned", "sending") for state in self.callback_states)
        told = ", ".join(
            f"{count} {word}" for word, count in counts.items() if count or word in ("delivered", "held back")
        )
        return f"callbacks: {told}"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _hosts(tunnels: Tunnels) -> str:
    counts, refused = tunnels.so_far()  # what the command has left running may still call
    named = [f"{host} ({count})" for host, count in counts.most_common(_MAX_HOSTS)]
    more = len(counts) - len(named)
    not_made = [f"{host} (refused, {count})" for host, count in refused.most_common(_MAX_HOSTS)]
    return ", ".join([*named, *([f"{more} more"] if more > 0 else []), *not_made])
