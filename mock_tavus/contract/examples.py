"""What to answer where the contract is all there is: its examples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jsonschema_path import SchemaPath

_JSON = "application/json"
_EMPTY: dict[str, Any] = {"string": "", "integer": 0, "number": 0, "boolean": False, "array": [], "null": None}


@dataclass(frozen=True, slots=True)
class SuccessExample:
    """A successful answer, as the contract shows it.

    Args:
        status: The first 2xx status that is documented, 200 if none is.
        content_type: The body's media type.
        body: An example of it: the media type's, or made from those of its properties.
    """

    status: int
    content_type: str
    body: Any


def success_example(operation: SchemaPath) -> SuccessExample:
    """Return the first 2xx answer that an operation documents; an empty object where it documents no body."""
    responses = operation / "responses"
    statuses = sorted(status for status in responses.str_keys() if status.upper().startswith("2"))
    if not statuses:
        return SuccessExample(200, _JSON, {})
    status = 200 if statuses[0].upper() == "2XX" else int(statuses[0])
    response = responses / statuses[0]
    for content_type, media_type in (response / "content").str_items() if "content" in response else ():
        return SuccessExample(status, content_type, _body_example(media_type))
    return SuccessExample(status, _JSON, {})


def _body_example(media_type: SchemaPath) -> Any:
    if "example" in media_type:
        return (media_type / "example").read_value()
    for _, example in (media_type / "examples").str_items() if "examples" in media_type else ():
        return (example / "value").read_value() if "value" in example else {}
    return _schema_example(media_type / "schema", depth=0) if "schema" in media_type else {}


def _schema_example(schema: SchemaPath, depth: int) -> Any:
    for key in ("example", "default", "const"):
        if key in schema:
            return (schema / key).read_value()
    for key in ("examples", "enum"):
        if key in schema and (values := (schema / key).read_value()):
            return values[0]
    kind = (schema / "type").read_str_or_list("object" if "properties" in schema else "null")
    kind = kind if isinstance(kind, str) else kind[0]
    if kind == "object" and depth < 8 and "properties" in schema:
        properties = (schema / "properties").str_items()
        return {name: _schema_example(subschema, depth + 1) for name, subschema in properties}
    return _EMPTY.get(kind, {})
