"""Options of a create, made from the contract: a field that is added there is drawn without new code."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from contract_tests.client.case import SIMPLEST_BODY
from contract_tests.client.strategies.corpus import TEXTS, URLS
from contract_tests.http.script import JsonObject

_CHARACTERS = st.characters(exclude_categories=["Cs"])
_PLAIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~"


class BodyStrategies:
    """Draw bodies that the contract allows.

    Args:
        schema: The schema of the create's body.
    """

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self.schema = schema

    def valid(self) -> SearchStrategy[JsonObject]:
        """Draw a body; it shrinks to the simplest one."""
        fields = {name: self._value(one) for name, one in self.schema["properties"].items()}
        needed = {name: fields.pop(name) for name in self.schema.get("required", [])}
        return st.fixed_dictionaries(needed, optional=fields)

    def with_extra_keys(self) -> SearchStrategy[JsonObject]:
        """Draw a body with keys that the contract does not know."""
        known = set(self.schema["properties"])
        names = st.text(_PLAIN, min_size=1, max_size=12).filter(lambda name: name not in known)
        values = st.one_of(st.booleans(), st.integers(-1000, 1000), texts(), st.lists(st.integers(0, 9), max_size=2))
        return st.builds(
            lambda extra, body: {**body, **extra}, st.dictionaries(names, values, min_size=1, max_size=2), self.valid()
        )

    def _value(self, schema: Mapping[str, Any]) -> SearchStrategy[Any]:
        kind = schema.get("type")
        if "enum" in schema:
            return st.sampled_from(list(schema["enum"]))
        if kind == "object":
            fields = {name: self._value(one) for name, one in schema.get("properties", {}).items()}
            return st.fixed_dictionaries({}, optional=fields)
        if kind == "boolean":
            return st.booleans()
        if kind in ("integer", "number"):
            # Beyond 2^53, a client in JavaScript could not be correct.
            return st.integers(
                max(-(2**53) + 1, schema.get("minimum", -1000)), min(2**53 - 1, schema.get("maximum", 1000))
            )
        if kind == "array":
            return st.lists(self._value(schema.get("items", {"type": "string"})), max_size=3)
        return self._text(schema)

    def _text(self, schema: Mapping[str, Any]) -> SearchStrategy[str]:
        pattern = schema.get("pattern")
        if pattern is None:
            return texts()
        matches = re.compile(pattern).search
        known = [text for text in (*URLS, *TEXTS) if matches(text)]
        examples = [example for example in schema.get("examples", []) if example not in known]
        drawn = st.builds("https://example.com/{}".format, st.text(_PLAIN + "%20?&=+/é", max_size=20)).filter(matches)
        return st.one_of(st.sampled_from([*known[:1], *examples, *known[1:]]), drawn)


def texts() -> SearchStrategy[str]:
    """Draw a string: a nasty one, or any; none with a lone surrogate, which has a check of its own."""
    return st.one_of(st.text(_PLAIN, max_size=10), st.sampled_from(TEXTS), st.text(_CHARACTERS, max_size=40))


def nasty_bodies(schema: Mapping[str, Any]) -> Iterator[JsonObject]:
    """Return bodies in which every field has a nasty value, so that few calls try them all; the simplest body first."""
    yield dict(SIMPLEST_BODY)
    columns = {name: list(_nasty_values(one)) for name, one in schema["properties"].items()}
    for number in range(max(map(len, columns.values()))):
        row = {name: values[number] for name, values in columns.items() if number < len(values)}
        yield {**SIMPLEST_BODY, **row}


def _nasty_values(schema: Mapping[str, Any]) -> Iterator[Any]:
    kind = schema.get("type")
    if "enum" in schema:
        yield from schema["enum"]
    elif kind == "boolean":
        yield from (False, True)
    elif kind in ("integer", "number"):
        yield from (0, 1, -1)
    elif kind == "object":
        yield {}
        columns = {name: list(_nasty_values(one)) for name, one in schema.get("properties", {}).items()}
        for number in range(max(map(len, columns.values()), default=0)):
            yield {name: values[number] for name, values in columns.items() if number < len(values)}
    elif kind == "string":
        pattern = re.compile(schema.get("pattern", ""))
        candidates = TEXTS if "pattern" not in schema else ("", *schema.get("examples", []), *URLS)
        yield from (text for text in candidates if pattern.search(text))
