"""What to answer where the contract is all there is: its examples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mock_tavus.contract.references import Document, resolve

_JSON = "application/json"
_EMPTY: dict[str, Any] = {"string": "", "integer": 0, "number": 0, "boolean": False, "array": [], "null": None}
_MAX_DEPTH = 8


@dataclass(frozen=True, slots=True)
class SuccessExample:
    """A successful response, as the contract shows it.

    Args:
        status: The first 2xx status that is documented, 200 if none is.
        content_type: The body's media type.
        body: An example of it: the media type's, or made from those of its properties.
    """

    status: int
    content_type: str
    body: Any


def success_example(document: Document, operation: Mapping[str, Any]) -> SuccessExample:
    """Return the first 2xx response that an operation documents; an empty object where it documents no body.

    Args:
        document: The whole contract.
        operation: The operation's definition.
    """
    responses = operation.get("responses", {})
    statuses = sorted(str(status) for status in responses if str(status).upper().startswith("2"))
    if not statuses:
        return SuccessExample(200, _JSON, {})
    status = 200 if statuses[0].upper() == "2XX" else int(statuses[0])
    response = resolve(document, responses.get(statuses[0], responses.get(status)))
    for content_type, media_type in response.get("content", {}).items():
        return SuccessExample(status, content_type, media_example(document, media_type, {}))
    return SuccessExample(status, _JSON, {})


def media_example(document: Document, media_type: Mapping[str, Any], default: Any = None) -> Any:
    """Return the example of a media type, or one made from its schema; `default` if it shows nothing.

    Args:
        document: The whole contract.
        media_type: What stands below `content`.
        default: What to return if there is neither an example nor a schema.
    """
    if "example" in media_type:
        return media_type["example"]
    for example in media_type.get("examples", {}).values():
        return resolve(document, example).get("value", {})
    return schema_example(document, media_type["schema"]) if "schema" in media_type else default


def schema_example(document: Document, schema: Any, depth: int = 0) -> Any:
    """Return a value that shows what `schema` asks for: its own example, or one made from its parts.

    Args:
        document: The whole contract.
        schema: The schema, or a reference to it.
        depth: How deep it stands in another one; a schema may contain itself.
    """
    schema = resolve(document, schema)
    if not isinstance(schema, Mapping):
        return {}
    for own in _own_examples(schema):
        return own
    if depth >= _MAX_DEPTH:
        return _EMPTY.get(_kind(schema), {})
    if parts := schema.get("allOf"):
        return _merged(document, schema, parts, depth)
    for key in ("oneOf", "anyOf"):
        if schema.get(key):
            return schema_example(document, schema[key][0], depth + 1)
    if _kind(schema) == "object":
        properties = schema.get("properties", {})
        return {name: schema_example(document, part, depth + 1) for name, part in properties.items()}
    return _EMPTY.get(_kind(schema), {})


def _own_examples(schema: Mapping[str, Any]) -> Iterator[Any]:
    """Yield what a schema itself shows, the clearest first."""
    for key in ("example", "default", "const"):
        if key in schema:
            yield schema[key]
    for key in ("examples", "enum"):
        yield from schema.get(key) or ()


def _merged(document: Document, schema: Mapping[str, Any], parts: list[Any], depth: int) -> Any:
    """Return the example of a schema whose `allOf` must all hold: objects are put together."""
    own = {key: value for key, value in schema.items() if key != "allOf"}
    shown = [schema_example(document, part, depth + 1) for part in [*parts, own] if part]
    objects = [example for example in shown if isinstance(example, dict)]
    if len(objects) < len(shown) and not any(objects):
        return next(example for example in shown if not isinstance(example, dict))
    return {name: value for example in objects for name, value in example.items()}


def _kind(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type", "object" if "properties" in schema else "null")
    return str(kind if isinstance(kind, str) else kind[0])
