from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_tavus.contract import decode_json
from mock_tavus.contract.json_body import MAX_DEPTH

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=20,
)


@given(VALUES, st.booleans(), st.sampled_from([None, 2]))
def test_what_json_can_say_comes_through(value: object, ensure_ascii: bool, indent: int | None) -> None:
    assert decode_json(json.dumps(value, ensure_ascii=ensure_ascii, indent=indent).encode()) == value


@given(st.binary())
def test_whatever_comes_is_decoded_or_a_value_error(raw: bytes) -> None:
    try:
        value = decode_json(raw)
    except ValueError:
        return
    assert json.loads(raw) == value


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "Expecting value"),
        (b"{", "property name"),
        (b'{"a": 1} x', "Extra data"),
        (b"{'a': 1}", "property name"),
        (b"\xef\xbb\xbf{}", "byte order mark"),
        ('{"a": 1}'.encode("utf-16"), "codec can't decode"),
        (b'{"a": "\xff"}', "codec can't decode"),
        (b'{"a": "\xed\xa0\x80"}', "codec can't decode"),
        (b'{"a": 1, "a": 1}', "the key 'a' stands twice"),
        (b'[{"a": {"b": 1, "b": 2}}]', "the key 'b' stands twice"),
        (b"NaN", "NaN is not JSON"),
        (b'{"a": [Infinity]}', "Infinity is not JSON"),
        (b"-Infinity", "-Infinity is not JSON"),
        (b"1e999", "too large"),
        (rb'"\ud800"', "surrogate stands alone"),
        (rb'{"\udc00x": 1}', "surrogate stands alone"),
        (b"1" * 4301, "more than 4300 digits"),
        (b"-" + b"1" * 4301, "more than 4300 digits"),
        (b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), "deeper than 64"),
        (b'{"a":' * 100_000, "deeper than 64"),
        (b'"a\nb"', "control character"),
    ],
)
def test_what_is_not_strict_json_is_refused_with_the_reason(raw: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=r"(?i)" + reason.replace("(", r"\(")):
        decode_json(raw)


@pytest.mark.parametrize(
    "raw",
    [
        rb'"\ud83d\ude00"',
        b"1" * 4300,
        b"[" * MAX_DEPTH + b"]" * MAX_DEPTH,
        b"[" + b",".join([b"{}"] * 1000) + b"]",
        b'["' + b"[{" * 1000 + b'"]',
        rb'["\"' + b"[" * 100 + b'"]',
        rb'["\\", ' + b",".join([b"[]"] * 100) + b"]",
        rb'"\\ud800"',
    ],
)
def test_what_only_looks_wrong_is_accepted(raw: bytes) -> None:
    assert decode_json(raw) == json.loads(raw)


@pytest.mark.parametrize("end", [b"", b'"', b"\\", b'\\"'])
@pytest.mark.parametrize("filler", [b'\\"', b"\\\\", b"x", b'"', b"[", b"\\"])
def test_a_large_text_is_judged_in_one_pass(filler: bytes, end: bytes) -> None:
    """Half a megabyte of what once took the server hours: the whole suite's time-out would tell."""
    raw = b"[]" * 65 + b'"' + filler * (500_000 // len(filler)) + end

    with pytest.raises(ValueError, match=r"\S"):
        decode_json(raw)


def test_the_parameters_of_the_media_type_change_nothing() -> None:
    assert decode_json("é".join('""').encode(), charset="latin-1", raw="x") == "é"
