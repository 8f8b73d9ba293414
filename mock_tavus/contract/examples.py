"""What to answer where the contract is all there is: its examples."""

from __future__ import annotations

from typing import Any

from jsonschema_path import SchemaPath

from mock_tavus.models import Json

_EMPTY: dict[str, Any] = {"string": "", "integer": 0, "number": 0, "boolean": False, "array": [], "null": None}


def success_example(operation: SchemaPath) -> tuple[int, Json]:
    """Return the first 2xx status that an operation documents, and an example of its body.

    The example is the media type's, or made from those of the properties; an empty object where there is no schema.
    """
    responses = operation / "responses"
    statuses = sorted(status for status in responses.str_keys() if status.upper().startswith("2"))
    if not statuses:
        return 200, {}
    status = statuses[0]
    return 200 if status.upper() == "2XX" else int(status), _body_example(responses / status)


def _body_example(response: SchemaPath) -> Json:
    if "content" not in response:
        return {}
    for _, media_type in (response / "content").str_items():
        if "example" in media_type:
            return dict((media_type / "example").read_value())
        for _, example in (media_type / "examples").str_items() if "examples" in media_type else ():
            return dict((example / "value").read_value()) if "value" in example else {}
        if "schema" in media_type:
            made = _schema_example(media_type / "schema", depth=0)
            return made if isinstance(made, dict) else {}
    return {}


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
