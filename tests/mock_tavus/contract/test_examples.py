from __future__ import annotations

from typing import Any

import pytest

from mock_tavus.contract.examples import success_example

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
