"""Validators for request bodies, built once from openapi-core's own parts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jsonschema_path import SchemaPath
from openapi_core.casting.schemas import oas31_schema_casters_factory
from openapi_core.deserializing.exceptions import DeserializeError
from openapi_core.deserializing.media_types import MediaTypeDeserializersFactory, media_type_deserializers
from openapi_core.deserializing.media_types.deserializers import MediaTypeDeserializer
from openapi_core.deserializing.styles import style_deserializers
from openapi_core.deserializing.styles.factories import StyleDeserializersFactory
from openapi_core.templating.media_types.exceptions import MediaTypeNotFound
from openapi_core.templating.media_types.finders import MediaTypeFinder
from openapi_core.validation.schemas import oas31_schema_validators_factory

from mock_tavus.contract.json_body import decode_json
from mock_tavus.contract.violations import WHOLE_BODY, body_violations
from mock_tavus.errors import Violation

JSON_DESERIALIZERS: dict[str, Callable[[bytes], Any]] = {"application/json": decode_json}
"""What openapi-core is told to decode JSON with, so that nothing passes that the strict decoder refuses."""

_MAX_CONTENT_TYPES = 64
_MAX_MESSAGE = 500  # a message repeats the value, which may be a megabyte

_deserializers = MediaTypeDeserializersFactory(
    StyleDeserializersFactory(oas31_schema_casters_factory, style_deserializers=style_deserializers),
    media_type_deserializers=media_type_deserializers,
)


class RequestBody:
    """What an operation takes as its body, ready to judge bytes.

    Args:
        document: The whole contract.
        definition: The operation's `requestBody`.
        path: Where that stands in the document.
        null_is_absent: Whether null stands for a field that was left out.
    """

    def __init__(
        self,
        document: SchemaPath,
        definition: SchemaPath,
        path: tuple[str, ...] = (),
        *,
        null_is_absent: bool = False,
    ) -> None:
        self._document = document
        self._path = path
        self._null_is_absent = null_is_absent
        self._content = definition / "content"
        self._required = (definition / "required").read_bool(default=False)
        self._media_types: dict[str, _MediaType] = {}
        for name in self._content.str_keys():
            if "*" not in name:
                self._media_type(name)

    def read(self, raw: bytes, content_type: str) -> tuple[Any, list[Violation]]:
        """Return the decoded body, None if there is none, and all that is wrong with it, in the contract's order.

        Args:
            raw: The bytes as they came.
            content_type: The header's value; empty if there was none.
        """
        if not raw:
            return None, [self._missing()] if self._required else []
        try:
            media_type = self._media_type(content_type)
        except (MediaTypeNotFound, ValueError):
            return None, [self._wrong_content_type(content_type)]
        return media_type.read(raw)

    def _missing(self) -> Violation:
        fix = f"send a body, with content-type: {self._expected_types()}"
        return Violation(WHOLE_BODY, "is missing", expected="a body", fix=fix, contract_path=(*self._path, "required"))

    def _wrong_content_type(self, content_type: str) -> Violation:
        expected, received = self._expected_types(), content_type or "none"
        return Violation(
            WHOLE_BODY,
            f"expected content type {expected}, received {received}",
            location="header",
            expected=f"content-type: {expected}",
            received=f"content-type: {received}",
            fix=f"send content-type: {expected}",
            contract_path=(*self._path, "content"),
        )

    def _expected_types(self) -> str:
        return " or ".join(self._content.str_keys())

    def _media_type(self, content_type: str) -> _MediaType:
        if (known := self._media_types.get(content_type)) is not None:
            return known
        name, parameters, definition = MediaTypeFinder(self._content).find(content_type)
        path = (*self._path, "content", name, "schema")
        built = _MediaType(
            self._document, name, dict(parameters), definition, path, null_is_absent=self._null_is_absent
        )
        if len(self._media_types) < _MAX_CONTENT_TYPES:  # clients may write any parameters they like
            self._media_types[content_type] = built
        return built


class _MediaType:
    """One media type of a body: how to decode it, and what it must be."""

    def __init__(
        self,
        document: SchemaPath,
        name: str,
        parameters: dict[str, str],
        definition: SchemaPath,
        path: tuple[str, ...],
        *,
        null_is_absent: bool,
    ) -> None:
        self._path = path
        self._name = name
        self._null_is_absent = null_is_absent
        schema = definition / "schema" if "schema" in definition else None
        validator = None if schema is None else oas31_schema_validators_factory.create(document, schema)
        self._deserializer: MediaTypeDeserializer = _deserializers.create(
            document,
            name,
            schema=schema,
            schema_validator=validator,
            parameters=parameters,
            encoding=definition / "encoding" if "encoding" in definition else None,
            extra_media_type_deserializers=JSON_DESERIALIZERS | ({name: decode_json} if _is_json(name) else {}),
        )
        self._validator = None if validator is None else validator.validator
        self._order = {} if schema is None else _property_order(schema)

    def read(self, raw: bytes) -> tuple[Any, list[Violation]]:
        try:
            value = self._deserializer.deserialize(raw)
        except DeserializeError as error:
            return None, [self._undecodable(raw, str(error.__context__ or error))]
        except Exception as error:  # openapi-core's decoders of other media types let out whatever they meet
            return None, [self._undecodable(raw, f"cannot be decoded ({type(error).__name__}: {error})")]
        if self._null_is_absent:
            value = _without_nulls(value)
        if self._validator is None:
            return value, []
        errors = list(self._validator.iter_errors(value))
        if not errors:
            return value, []
        found = [violation for error in errors for violation in body_violations(error, self._path)]
        return value, sorted(found, key=self._position)

    def _undecodable(self, raw: bytes, reason: str) -> Violation:
        fix = "send one JSON value, in UTF-8" if _is_json(self._name) else f"send what {self._name} says"
        received = raw[:200].decode("utf-8", "backslashreplace")
        return Violation(
            WHOLE_BODY,
            reason[:_MAX_MESSAGE],
            expected=self._name,
            received=received,
            fix=fix,
            contract_path=self._path,
        )

    def _position(self, violation: Violation) -> int:
        field = violation.field
        while field:
            if field in self._order:
                return self._order[field]
            field = field.rpartition(".")[0]
        return -1 if violation.field == WHOLE_BODY else len(self._order)


def _is_json(media_type: str) -> bool:
    subtype = media_type.lower().partition(";")[0].partition("/")[2].strip()
    return subtype == "json" or subtype.endswith("+json")


def _without_nulls(value: Any) -> Any:
    """Return a decoded body without the fields that are null; items of arrays keep their places."""
    if isinstance(value, dict):
        return {name: _without_nulls(item) for name, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def _property_order(schema: SchemaPath, prefix: str = "", depth: int = 0) -> dict[str, int]:
    """Return each property, nested ones with dots, with its place in the contract."""
    order: dict[str, int] = {}
    if depth < 8 and "properties" in schema:  # a schema may contain itself
        for name, subschema in (schema / "properties").str_items():
            order[prefix + name] = len(order)
            for nested in _property_order(subschema, f"{prefix}{name}.", depth + 1):
                order[nested] = len(order)
    return order
