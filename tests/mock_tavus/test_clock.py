from __future__ import annotations

import math

import pytest

from mock_tavus.clock import SystemClock, TestClock, format_moment


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (1706080443.327, "2024-01-24T07:14:03.327Z"),
        (0.0, "1970-01-01T00:00:00.000Z"),
        (1_767_225_600.0, "2026-01-01T00:00:00.000Z"),
    ],
)
def test_moments_are_written_as_the_api_does(moment: float, text: str) -> None:
    assert format_moment(moment) == text


def test_the_test_clock_stands_still_and_jumps() -> None:
    clock = TestClock(start=100.0)
    jumps: list[float] = []
    clock.on_change(lambda: jumps.append(clock.now()))

    assert clock.now() == clock.now() == 100.0
    assert clock.real_seconds_until(101.0) == math.inf
    clock.advance(1.5)

    assert clock.now() == 101.5
    assert clock.real_seconds_until(101.0) == 0.0
    assert jumps == [101.5]


@pytest.mark.parametrize("seconds", [-1.0, math.nan])
def test_the_test_clock_never_goes_back(seconds: float) -> None:
    with pytest.raises(ValueError, match="expected 0 seconds or more"):
        TestClock().advance(seconds)


def test_the_system_clock_tells_how_long_to_wait() -> None:
    clock = SystemClock()

    assert clock.real_seconds_until(clock.now() - 1) == 0.0
    assert 3599 < clock.real_seconds_until(clock.now() + 3600) <= 3600
    assert clock.monotonic() <= clock.monotonic()
    clock.on_change(lambda: pytest.fail("it never jumps"))
