"""What is said at the end of a run."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import threading

import pytest

from mock_tavus.launch.tally import Tally
from mock_tavus.proxy.tunnels import TunnelRefused, Tunnels


def test_what_a_run_would_have_bought() -> None:
    states = ["delivered", "delivered", "held back", "planned", "failed"]

    assert list(Tally(3, 2, states).lines(Tunnels())) == [
        "3 requests, 2 trainings that would have been bought; "
        "callbacks: 2 delivered, 1 held back, 1 failed, 1 not sent yet",
        "other hosts: none through this proxy",
    ]


def test_one_of_each_is_one() -> None:
    assert next(Tally(1, 1, []).lines(Tunnels())).startswith("1 request, 1 training that")


def test_a_run_that_called_nothing_says_so_loudly() -> None:
    assert next(Tally(0, 0, []).lines(Tunnels())).startswith("NO REQUEST reached the emulator")


@pytest.mark.parametrize("count", [1, 5, 7])
def test_other_hosts_are_named_up_to_five(count: int) -> None:
    tunnels = Tunnels()
    tunnels.counts.update({f"host-{number}": number + 1 for number in range(count)})
    tunnels.refused["evil.example"] = 2

    line = list(Tally(1, 0, []).lines(tunnels))[1]

    assert line.count("host-") == min(count, 5)
    assert ("2 more" in line) == (count == 7)
    assert line.endswith("evil.example (refused, 2)")


def test_tunnels_that_are_still_being_asked_for_do_not_spoil_the_lines() -> None:
    tunnels = Tunnels()
    interval = sys.getswitchinterval()

    async def _ask() -> None:
        for number in range(900):
            with contextlib.suppress(TunnelRefused):
                await tunnels.open(f"host-{number}", 443, "127.0.0.1")

    asking = threading.Thread(target=lambda: asyncio.run(_ask()))
    sys.setswitchinterval(1e-6)
    try:
        asking.start()
        told = [line for _ in range(300) for line in Tally(1, 0, []).lines(tunnels)]
    finally:
        asking.join()
        sys.setswitchinterval(interval)

    assert len(told) == 600
    assert next(reversed(list(Tally(1, 0, []).lines(tunnels)))).count("refused, 1") == 5
