"""Request bodies: accepted by a compiled schema, and refused by openapi-core's own parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mock_tavus.contract.json_body import decode_json
from mock_tavus.contract.judge import SchemaJudge
from mock_tavus.contract.references import Document, at_place, resolve, walk
from mock_tavus.contract.violations import WHOLE_BODY, body_violations
from mock_tavus.errors import Violation
from mock_tavus.loading import LOADING, Lazy

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError
    from jsonschema_path import SchemaPath

_MAX_CONTENT_TYPES = 64
_MAX_MESSAGE = 500  # a message repeats the value, which may be a megabyte
_MAX_DEPTH = 8


class RequestBody:
    """What an operation takes as its body, ready to judge bytes.

    Args:
        document: The whole contract.
        definition: The operation's `requestBody`, references followed.
        place: The keys that lead to it.
        spec: Gives the contract as openapi-core reads it.
        null_is_absent: Whether null stands for a field that was left out.
    """

    def __init__(
        self,
        document: Document,
        definition: Mapping[str, Any],
        place: tuple[str, ...],
        spec: Callable[[], SchemaPath],
        *,
        null_is_absent: bool = False,
    ) -> None:
        self._document = document
        self._place = place
        self._spec = spec
        self._null_is_absent = null_is_absent
        self._content: Mapping[str, Any] = definition["content"]
        self._required = bool(definition.get("required", False))
        self._media_types = {name: self._built(name, {}) for name in self._content if "*" not in name}

    def load(self) -> None:
        """Build what judges a value, before the first request needs it."""
        for media_type in self._media_types.values():
            media_type.load()

    def read(self, raw: bytes, content_type: str) -> tuple[Any, list[Violation]]:
        """Return the decoded body, None if there is none, and all that is wrong with it, in the contract's order.

        Args:
            raw: The bytes as they came.
            content_type: The header's value; empty if there was none.
        """
        if not raw:
            return None, [self._missing()] if self._required else []
        media_type = self._media_types.get(content_type) or self._find(content_type)
        if media_type is None:
            return None, [self._wrong_content_type(content_type)]
        return media_type.read(raw)

    def _missing(self) -> Violation:
        fix = f"send a body, with content-type: {self._expected_types()}"
        return Violation(WHOLE_BODY, "is missing", expected="a body", fix=fix, contract_path=(*self._place, "required"))

    def _wrong_content_type(self, content_type: str) -> Violation:
        expected, received = self._expected_types(), content_type or "none"
        return Violation(
            WHOLE_BODY,
            f"expected content type {expected}, received {received}",
            location="header",
            expected=f"content-type: {expected}",
            received=f"content-type: {received}",
            fix=f"send content-type: {expected}",
            contract_path=(*self._place, "content"),
        )

    def _expected_types(self) -> str:
        return " or ".join(self._content)

    def _find(self, content_type: str) -> _MediaType | None:
        """Return the media type that openapi-core finds for a header's value; None if it finds none."""
        with LOADING:
            from openapi_core.templating.media_types.exceptions import MediaTypeNotFound
            from openapi_core.templating.media_types.finders import MediaTypeFinder

        try:
            found = MediaTypeFinder(walk(self._spec(), (*self._place, "content"))).find(content_type)
        except (MediaTypeNotFound, ValueError):
            return None
        built = self._built(found.mime_type, dict(found.parameters))
        if len(self._media_types) < _MAX_CONTENT_TYPES:  # clients may write any parameters they like
            self._media_types[content_type] = built
        return built

    def _built(self, name: str, parameters: dict[str, str]) -> _MediaType:
        place = (*self._place, "content", name)
        return _MediaType(self._document, name, parameters, place, self._spec, null_is_absent=self._null_is_absent)


class _MediaType:
    """One media type of a body: how to decode it, and what it must be."""

    def __init__(
        self,
        document: Document,
        name: str,
        parameters: dict[str, str],
        place: tuple[str, ...],
        spec: Callable[[], SchemaPath],
        *,
        null_is_absent: bool,
    ) -> None:
        self._document = document
        self._name = name
        self._parameters = parameters
        self._place = place
        self._path = (*place, "schema")
        self._spec = spec
        self._null_is_absent = null_is_absent
        self._is_json = _is_json(name)
        self._schema = at_place(document, place).get("schema")
        self._judge = None if self._schema is None else SchemaJudge(document, self._path, self._faults)
        self._validator = Lazy(self._built_validator)
        self._deserializer = Lazy(self._built_deserializer)

    @cached_property
    def _order(self) -> dict[str, int]:
        """The place of each property in the contract, nested ones with dots."""
        return {} if self._schema is None else _property_order(self._document, self._schema)

    def _built_validator(self) -> Any:
        """Return what finds what is wrong with a value: openapi-core's, which is jsonschema with OpenAPI's dialect."""
        from openapi_core.validation.schemas import oas31_schema_validators_factory

        return oas31_schema_validators_factory.create(self._spec(), walk(self._spec(), self._path))

    def _built_deserializer(self) -> Any:
        """Return what decodes what is no JSON, as openapi-core does."""
        from mock_tavus.contract.decoding import deserializer

        media_type = walk(self._spec(), self._place)
        validator = None if self._schema is None else self._validator.get()
        return deserializer(self._spec(), self._name, media_type, validator, self._parameters)

    def load(self) -> None:
        if self._schema is not None:
            self._validator.get()

    def read(self, raw: bytes) -> tuple[Any, list[Violation]]:
        try:
            value = decode_json(raw) if self._is_json else self._deserializer.get().deserialize(raw)
        except (ValueError, RecursionError) as error:
            return None, [self._undecodable(raw, str(error))]
        except Exception as error:  # openapi-core's decoders of other media types let out whatever they meet
            return None, [self._undecodable(raw, f"cannot be decoded ({type(error).__name__}: {error})")]
        if self._null_is_absent:
            value = _without_nulls(value)
        if self._judge is None or self._judge.accepts(value) or not (faults := self._judge.faults(value)):
            return value, []
        violations = [violation for fault in faults for violation in body_violations(fault, self._path)]
        return value, sorted(violations, key=self._position)

    def _faults(self, value: Any) -> list[ValidationError]:
        return list(self._validator.get().validator.iter_errors(value))

    def _undecodable(self, raw: bytes, reason: str) -> Violation:
        fix = "send one JSON value, in UTF-8" if self._is_json else f"send what {self._name} says"
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


def _property_order(document: Document, schema: Any, prefix: str = "", depth: int = 0) -> dict[str, int]:
    """Return each property, nested ones with dots, with its place in the contract."""
    order: dict[str, int] = {}
    schema = resolve(document, schema)
    if depth < _MAX_DEPTH and isinstance(schema, Mapping):  # a schema may contain itself
        for name, part in schema.get("properties", {}).items():
            order[prefix + name] = len(order)
            for nested in _property_order(document, part, f"{prefix}{name}.", depth + 1):
                order[nested] = len(order)
    return order
