from __future__ import annotations

from typing import Any

import pytest

from mock_tavus.contract.examples import schema_example, success_example

SCHEMA = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "examples": ["v1"]},
        "state": {"enum": ["queued", "ready"]},
        "kind": {"const": "video"},
        "size": {"type": ["integer", "null"]},
        "deep": {"type": "object", "properties": {"on": {"type": "boolean", "default": True}}},
        "tags": {"type": "array"},
    },
}


@pytest.mark.parametrize(
    ("responses", "expected"),
    [
        ({"200": {"content": {"application/json": {"example": {"a": 1}}}}}, (200, {"a": 1})),
        ({"201": {"content": {"application/json": {"examples": {"x": {"value": {"a": 2}}}}}}}, (201, {"a": 2})),
        ({"202": {}, "400": {}}, (202, {})),
        ({"2XX": {"content": {}}}, (200, {})),
        ({"400": {}}, (200, {})),
        (
            {"200": {"content": {"application/json": {"schema": SCHEMA}}}},
            (
                200,
                {"id": "v1", "state": "queued", "kind": "video", "size": 0, "deep": {"on": True}, "tags": []},
            ),
        ),
        ({"200": {"content": {"application/json": {"schema": {"type": "string"}}}}}, (200, "")),
        ({"200": {"content": {"application/json": {"example": [{"a": 1}]}}}}, (200, [{"a": 1}])),
        ({"200": {"content": {"application/json": {"example": None}}}}, (200, None)),
        ({"200": {"content": {"text/plain": {"example": "hi"}}}}, (200, "hi")),
    ],
)
def test_the_answer_comes_from_the_contract(responses: dict[str, Any], expected: tuple[int, Any]) -> None:
    made = success_example({}, {"responses": responses})

    assert (made.status, made.body) == expected


@pytest.mark.parametrize(
    ("schema", "example"),
    [
        (True, {}),
        ({"example": 1, "default": 2}, 1),
        ({"const": "c"}, "c"),
        ({"enum": ["a", "b"]}, "a"),
        ({"type": ["string", "null"]}, ""),
        ({"allOf": [{"properties": {"a": {"example": 1}}}, {"properties": {"b": {"example": 2}}}]}, {"a": 1, "b": 2}),
        ({"allOf": [{"type": "string", "example": "text"}]}, "text"),
        ({"oneOf": [{"example": "first"}, {"example": "second"}]}, "first"),
        ({"anyOf": [{"type": "integer"}]}, 0),
        ({"properties": {"a": {"type": "array"}}}, {"a": []}),
    ],
)
def test_a_schema_shows_what_it_can(schema: Any, example: Any) -> None:
    assert schema_example({}, schema) == example


def test_a_schema_that_contains_itself_comes_to_an_end() -> None:
    document: Any = {"components": {"schemas": {"a": {"properties": {"a": {"$ref": "#/components/schemas/a"}}}}}}

    shown = schema_example(document, {"$ref": "#/components/schemas/a"})

    depth = 0
    while shown:
        shown, depth = shown["a"], depth + 1
    assert depth > 2
