from __future__ import annotations

from typing import Any

import yaml
from hypothesis import find, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from contract_tests.client.case import SIMPLEST_BODY
from contract_tests.client.strategies import BodyStrategies, framings, nasty_bodies
from contract_tests.http.script import Script
from contract_tests.oracle import Oracle, bundled_contract

SCHEMA = Oracle.load().body_schema("createReplica")
VALID = Draft202012Validator(SCHEMA)
CONTROL = yaml.safe_load(bundled_contract().with_name("control.yaml").read_text("utf-8"))
WIRE_SCRIPT = Draft202012Validator({"$ref": "#/components/schemas/WireScript", "components": CONTROL["components"]})


@given(st.data())
def test_every_body_that_is_drawn_is_allowed(data: st.DataObject) -> None:
    body = data.draw(BodyStrategies(SCHEMA).valid())

    assert list(VALID.iter_errors(body)) == []


def test_every_nasty_body_is_allowed_and_every_field_has_its_turn() -> None:
    bodies = list(nasty_bodies(SCHEMA))

    assert bodies[0] == SIMPLEST_BODY
    assert [error.message for body in bodies for error in VALID.iter_errors(body)] == []
    assert {name for body in bodies for name in body} == set(SCHEMA["properties"])
    assert {"\x00", "e\u0301", "x" * 256} <= {body.get("replica_name") for body in bodies}


def test_a_body_shrinks_to_the_simplest() -> None:
    found = find(BodyStrategies(SCHEMA).valid(), lambda body: True, settings=settings(database=None))

    assert found == SIMPLEST_BODY


def test_a_delivery_shrinks_to_the_usual_one() -> None:
    assert find(framings(), lambda delivery: True, settings=settings(database=None)) == {}


@given(framings())
def test_every_delivery_is_a_script(delivery: dict[str, Any]) -> None:
    assert list(WIRE_SCRIPT.iter_errors(Script(**delivery).to_json())) == []


def test_a_field_that_is_added_to_the_contract_is_drawn() -> None:
    added: dict[str, Any] = {
        "mood": {"enum": ["happy", "sad"]},
        "age": {"type": "integer", "minimum": 3, "maximum": 5},
        "tags": {"type": "array", "items": {"type": "string"}},
    }
    schema = {**SCHEMA, "properties": {**SCHEMA["properties"], **added}}
    strategies = BodyStrategies(schema)
    unkept = settings(database=None)
    assert find(strategies.valid(), lambda body: body.get("mood") == "sad", settings=unkept)["mood"] == "sad"
    assert find(strategies.valid(), lambda body: body.get("age") == 5, settings=unkept)["age"] == 5
    assert find(strategies.valid(), lambda body: bool(body.get("tags")), settings=settings(database=None))
    assert {"happy", "sad"} <= {body.get("mood") for body in nasty_bodies(schema)}


@given(st.data())
def test_extra_keys_are_not_known_ones(data: st.DataObject) -> None:
    body = data.draw(BodyStrategies(SCHEMA).with_extra_keys())

    assert set(body) - set(SCHEMA["properties"])
