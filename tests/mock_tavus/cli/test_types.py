from __future__ import annotations

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_tavus.cli.types import DurationType, RewriteType
from mock_tavus.durations import parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        ("90", 90.0),
        ("1.5", 1.5),
        ("250ms", 0.25),
        ("2s", 2.0),
        ("4h", 14400.0),
        ("1h30m", 5400.0),
        ("1d2h3m4s5ms", 93784.005),
        (" 2 S ".replace(" ", ""), 2.0),
        (" 2s ", 2.0),
    ],
)
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "-1s", "4 hours", "h", "1h 30m", "1x", "1e3", "٣s", "nan", "inf", "1hh"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="expected a duration such as 250ms"):
        parse_duration(text)


@given(st.text())
def test_any_text_is_a_duration_or_a_value_error(text: str) -> None:
    try:
        seconds = parse_duration(text)
    except ValueError:
        return
    assert seconds >= 0


def test_a_number_in_pyproject_is_seconds() -> None:
    assert DurationType().convert(3, None, None) == 3.0


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("https://a.com=http://127.0.0.1:1", ("https://a.com", "http://127.0.0.1:1")),
        ("https://a.com/?x=y=https://b", ("https://a.com/?x=y", "https://b")),
        ("host.docker.internal", ("", "host.docker.internal")),
    ],
)
def test_rewrites(text: str, pair: tuple[str, str]) -> None:
    assert RewriteType().convert(text, None, None) == pair
    assert RewriteType().convert(pair, None, None) == pair


@pytest.mark.parametrize("text", ["", "a=b", "https://a.com", "a.com=http://b", "https://a.com=b"])
def test_what_is_no_rewrite(text: str) -> None:
    with pytest.raises(click.BadParameter, match="expected FROM=TO"):
        RewriteType().convert(text, None, None)
