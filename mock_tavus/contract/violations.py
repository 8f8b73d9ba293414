"""From a fault of jsonschema's to what a person needs: where, what was expected, what came, and how to mend it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema.exceptions import ValidationError

from mock_tavus.errors import Violation

WHOLE_BODY = "request body"
_MAX_SHOWN = 200

_BOUNDS = {
    "minimum": "a number of at least {}",
    "maximum": "a number of at most {}",
    "exclusiveMinimum": "a number above {}",
    "exclusiveMaximum": "a number below {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "minProperties": "at least {} properties",
    "maxProperties": "at most {} properties",
    "multipleOf": "a multiple of {}",
    "format": "the format {}",
    "const": "exactly {}",
}


def body_violations(error: ValidationError, schema_path: tuple[str, ...]) -> Iterator[Violation]:
    """Yield what a fault of the schema says of the body, one for each field that an object lacks or has too many of.

    Args:
        error: The fault.
        schema_path: Where the body's schema stands in the contract.
    """
    path = [str(part) for part in error.absolute_path]
    schema: Any = error.schema
    contract_path = (*schema_path, *(str(part) for part in error.absolute_schema_path))
    if isinstance(error.instance, dict) and error.validator == "required":
        # jsonschema tells of each missing property in an error of its own, and names it in the message alone
        for name in schema["required"]:
            if error.message.startswith(f"{name!r} "):
                expected = _of_property(schema.get("properties", {}).get(name, {}))
                fix = f"add {json.dumps(name)} to the body" + (f", {expected}" if expected else "")
                yield _violation([*path, name], error.message, expected, "", fix, contract_path)
    elif isinstance(error.instance, dict) and error.validator == "additionalProperties":
        for name in error.instance:
            if name not in schema.get("properties", {}):
                fix = f"leave {json.dumps(name)} out"
                yield _violation([*path, name], error.message, "no such field", "", fix, contract_path)
    else:
        yield describe(error, path, contract_path)


def describe(error: ValidationError, path: list[str], contract_path: tuple[str, ...]) -> Violation:
    """Return one violation for a value that the schema refuses.

    Args:
        error: What was raised.
        path: The path, decoded.
        contract_path: Where the contract asks for it, as keys from its root.
    """
    expected = expectation(error)
    received = shown(error.instance)
    message = f"expected {expected}, received {received}" if error.validator == "pattern" else error.message
    return _violation(path, message, expected, received, f"send {expected}", contract_path)


def expectation(error: ValidationError) -> str:
    """Return what a schema wanted, in words.

    Args:
        error: What was raised.
    """
    schema: Any = error.schema
    value: Any = error.validator_value
    if error.validator == "type":
        return _type_name(value)
    if error.validator == "pattern":
        return str(schema.get("x-mock-tavus-expected") or f"text that matches {value}")
    if error.validator == "enum":
        return f"one of {', '.join(map(shown, value))}"
    if error.validator in _BOUNDS:
        return _BOUNDS[str(error.validator)].format(shown(value) if error.validator == "const" else value)
    return f"what {error.validator} says"


def shown(value: Any) -> str:
    """Return a value as JSON, cut off where it gets long.

    Args:
        value: The value.
    """
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        text = repr(value)
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…"


def _violation(
    path: list[str], message: str, expected: str, received: str, fix: str, contract_path: tuple[str, ...]
) -> Violation:
    pointer = "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in path)
    return Violation(
        field=".".join(path) or WHOLE_BODY,
        message=message,
        pointer=pointer,
        expected=expected,
        received=received,
        fix=fix,
        contract_path=contract_path,
    )


def _of_property(schema: Mapping[str, Any]) -> str:
    if expected := schema.get("x-mock-tavus-expected"):
        return str(expected)
    return _type_name(schema["type"]) if "type" in schema else ""


def _type_name(kind: Any) -> str:
    names = [kind] if isinstance(kind, str) else list(kind)
    return " or ".join(name if name == "null" else f"an {name}" if name[0] in "aeio" else f"a {name}" for name in names)
