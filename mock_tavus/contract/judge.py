"""Fast yes, slow why: a compiled schema accepts, and jsonschema is the judge of every no."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from mock_tavus.contract.references import Document, pointer, resolve
from mock_tavus.errors import ContractError

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

Faults = Callable[[Any], Sequence["ValidationError"]]

_SUBSCHEMAS = ("items", "additionalProperties")
_LISTS = ("allOf", "anyOf")
_BOUNDS = (
    *("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"),
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
)
_ANNOTATIONS = ("title", "description", "default", "examples", "example", "deprecated", "externalDocs", "$comment")
_UNDERSTOOD = {
    *_SUBSCHEMAS,
    *_LISTS,
    *_BOUNDS,
    *_ANNOTATIONS,
    "type",
    "properties",
    "required",
    "$ref",
    "enum",
    "const",
}
_LARGEST_NUMBER = 2**50
"""Beyond that, two whole numbers may be one in floating point, which the compiled schema may use."""

_END_OF_TEXT = "$(?!\\n)"
_SAFE_PATTERN = re.compile(r"(?:[^\\$(]|\\x[0-9a-fA-F]{2}|\\[^\w\s]|\((?!\?)|\(\?:)*")
"""Patterns that mean the same to every engine: no classes such as `\\d`, no look-around, no flags."""


class Judge(Protocol):
    """Decide whether a value is what a schema asks for, and why it is not."""

    def accepts(self, value: Any) -> bool:
        """Return True only if `value` is what the schema asks for; False may also mean that this is not known."""
        ...

    def faults(self, value: Any) -> Sequence[ValidationError]:
        """Return everything in which `value` is not what the schema asks for."""
        ...


class SchemaJudge:
    """Accept by a compiled schema where that surely means the same, and refuse by jsonschema alone.

    Args:
        document: The whole contract.
        place: The keys that lead to the schema.
        faults: Gives what jsonschema finds in a value; called only if the compiled schema does not accept it.
    """

    def __init__(self, document: Document, place: tuple[str, ...], faults: Faults) -> None:
        self.faults = faults
        self._is_valid = compiled(document, place)

    def accepts(self, value: Any) -> bool:
        """Return whether the compiled schema surely accepts `value`; False where there is none, or where it raises."""
        if self._is_valid is None:
            return False
        try:
            return self._is_valid(value)
        except Exception:  # of lone surrogates, say, which JSON has and Rust's text has not
            return False


def compiled(document: Document, place: tuple[str, ...]) -> Callable[[Any], bool] | None:
    """Return what accepts values for the schema at `place`; None if it uses more than is understood alike.

    Args:
        document: The whole contract.
        place: The keys that lead to the schema.
    """
    schema: Any = {"$ref": pointer(place)}
    try:
        if not _is_understood(document, schema, set()):
            return None
    except ContractError:
        return None
    import jsonschema_rs  # imported when the first schema is compiled

    roots: Document = {name: document[name] for name in ("paths", "components") if name in document}
    try:
        return jsonschema_rs.Draft202012Validator({**roots, **schema}).is_valid
    except Exception:  # what it cannot compile, jsonschema judges alone
        return None


def _is_understood(document: Document, schema: Any, seen: set[int]) -> bool:
    """Return whether every keyword means the same here and to jsonschema, and none turns a no into a yes."""
    if isinstance(schema, bool):
        return True
    if not isinstance(schema, Mapping) or id(schema) in seen:
        return isinstance(schema, Mapping)
    seen.add(id(schema))
    if any(key not in _UNDERSTOOD and key != "pattern" and not key.startswith("x-") for key in schema):
        return False
    if not all(_is_small(schema[key]) for key in _BOUNDS if key in schema):
        return False
    if not _is_simple([*schema.get("enum", []), schema.get("const")]):
        return False
    if "pattern" in schema and not _is_safe(schema["pattern"]):
        return False
    parts = [schema[key] for key in _SUBSCHEMAS if key in schema]
    parts += [part for key in _LISTS for part in schema.get(key, [])]
    parts += schema.get("properties", {}).values()
    if "$ref" in schema:
        parts.append(resolve(document, {"$ref": schema["$ref"]}))
    return all(_is_understood(document, part, seen) for part in parts)


def _is_small(number: Any) -> bool:
    return isinstance(number, int | float) and abs(number) <= _LARGEST_NUMBER


def _is_simple(values: Sequence[Any]) -> bool:
    return all(
        value is None or isinstance(value, str | bool) or (isinstance(value, int) and _is_small(value))
        for value in values
    )


def _is_safe(pattern: Any) -> bool:
    if not isinstance(pattern, str):
        return False
    return _SAFE_PATTERN.fullmatch(pattern.removesuffix(_END_OF_TEXT).removesuffix("$")) is not None
