"""A compiled schema may say no too often, and never yes: over drawn schemas, it is held against jsonschema."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from mock_tavus.contract.judge import SchemaJudge, compiled

PATTERNS = [
    "^a",
    "b$",
    "^[a-c]*$",
    "^[^\\x00-\\x20]+$",
    "^a$(?!\\n)",
    "a.c",
    "^\\d+$",
    "^\\D+$",
    "(?i)a",
    "^(?=a)",
    "\\w",
]
TEXTS = st.one_of(
    st.sampled_from(["", "a", "abc", "a\n", "b\n", "é", "1", "\u0661", "😀", "\ud800", "a\rc", "A"]),
    st.text(max_size=5),
)
NUMBERS = st.one_of(
    st.integers(-3, 3),
    st.floats(-3, 3),
    st.sampled_from([2**53, 2**53 + 1, 2**64, -(2**70), 1e308, 1.0, 0.1, 10**400]),
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["a", "b", "c"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@st.composite
def schemas(draw: st.DrawFn, depth: int = 2) -> Any:
    """Draw a schema, of keywords that are understood and of some that are not."""
    inner = schemas(depth=depth - 1) if depth else st.sampled_from([True, False, {"type": "string"}])
    parts: dict[str, st.SearchStrategy[Any]] = {
        "type": st.sampled_from(
            ["string", "integer", "number", "object", "array", "null", "boolean", ["string", "null"]]
        ),
        "enum": st.lists(VALUES, min_size=1, max_size=3),
        "const": VALUES,
        "pattern": st.sampled_from(PATTERNS),
        "minLength": st.integers(0, 3),
        "maxLength": st.integers(0, 3),
        "minimum": NUMBERS,
        "exclusiveMaximum": NUMBERS,
        "multipleOf": st.sampled_from([1, 2, 0.1, 0.5]),
        "minItems": st.integers(0, 2),
        "maxProperties": st.integers(0, 2),
        "uniqueItems": st.booleans(),
        "required": st.lists(st.sampled_from(["a", "b"]), max_size=2, unique=True),
        "properties": st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=2),
        "additionalProperties": inner,
        "items": inner,
        "allOf": st.lists(inner, min_size=1, max_size=2),
        "anyOf": st.lists(inner, min_size=1, max_size=2),
        "oneOf": st.lists(inner, min_size=1, max_size=2),
        "not": inner,
        "format": st.sampled_from(["date", "uri"]),
    }
    names = draw(st.lists(st.sampled_from(sorted(parts)), max_size=3, unique=True))
    return {name: draw(parts[name]) for name in names}


def document(schema: Any) -> dict[str, Any]:
    return {"components": {"schemas": {"It": schema}}}


PLACE = ("components", "schemas", "It")


@pytest.mark.parametrize("part", [0, *(pytest.param(number, marks=pytest.mark.deep) for number in range(1, 10))])
def test_there_is_no_false_yes(part: int) -> None:
    """Ten thousand schemas, in ten parts, each with several values."""

    @seed(part)
    @settings(max_examples=1000 if part else 300)
    @given(schemas(), st.lists(VALUES, min_size=1, max_size=5))
    def compare(schema: Any, values: list[Any]) -> None:
        reference = Draft202012Validator(schema)
        judge = SchemaJudge(document(schema), PLACE, lambda value: list(reference.iter_errors(value)))
        for value in values:
            if judge.accepts(value):
                assert not judge.faults(value)

    compare()


@pytest.mark.parametrize(
    ("schema", "is_compiled"),
    [
        ({"type": "object", "properties": {"a": {"type": "string", "pattern": "^a$(?!\\n)"}}}, True),
        ({"properties": {"a": {"$ref": "#/components/schemas/It"}}}, True),
        ({"pattern": "^\\d+$"}, False),
        ({"pattern": "^(?=a)"}, False),
        ({"format": "date"}, False),
        ({"not": {"type": "string"}}, False),
        ({"oneOf": [True]}, False),
        ({"minimum": 2**60}, False),
        ({"enum": [1.5]}, False),
        ({"properties": {"a": {"multipleOf": 0.1}}}, False),
        ({"$ref": "#/nowhere"}, False),
    ],
)
def test_what_may_mean_something_else_is_not_compiled(schema: Any, is_compiled: bool) -> None:
    assert (compiled(document(schema), PLACE) is not None) == is_compiled


def test_text_that_cannot_be_encoded_is_judged_slowly() -> None:
    judge = SchemaJudge(document({"type": "string"}), PLACE, lambda value: [])

    assert judge.accepts("a")
    assert not judge.accepts("\ud800")
