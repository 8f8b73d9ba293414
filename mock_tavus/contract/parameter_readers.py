"""Read and judge single parameters with openapi-core's own parts; loaded when the first is needed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import parse_qsl

from jsonschema.exceptions import ValidationError
from jsonschema_path import SchemaPath
from openapi_core.casting.schemas import oas31_schema_casters_factory
from openapi_core.casting.schemas.exceptions import CastError
from openapi_core.deserializing.exceptions import DeserializeError
from openapi_core.deserializing.styles import style_deserializers
from openapi_core.deserializing.styles.deserializers import StyleDeserializer
from openapi_core.deserializing.styles.factories import StyleDeserializersFactory
from openapi_core.schema.parameters import get_style_and_explode
from openapi_core.validation.schemas import oas31_schema_validators_factory
from openapi_core.validation.schemas.exceptions import InvalidSchemaValue
from openapi_core.validation.schemas.validators import SchemaValidator
from werkzeug.datastructures import Headers, ImmutableMultiDict

from mock_tavus.contract.violations import expectation, shown
from mock_tavus.errors import Violation
from mock_tavus.messages import ApiRequest

_deserializers = StyleDeserializersFactory(oas31_schema_casters_factory, style_deserializers=style_deserializers)
MISSING = object()
"""What stands for the value of a parameter that was not sent and has no default."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of an operation, ready to judge values.

    Args:
        name: As it is sent.
        location: `query`, `path`, `header` or `cookie`.
        required: Whether a request without it is refused.
        default: What stands for a value that was not sent.
        deserializer: Takes the value from the request and gives it its type.
        validator: Judges the typed value.
        path: Where its definition stands in the document.
    """

    name: str
    location: str
    required: bool
    default: Any
    deserializer: StyleDeserializer
    validator: SchemaValidator
    path: tuple[str, ...] = ()

    @classmethod
    def build(cls, document: SchemaPath, parameter: SchemaPath, path: tuple[str, ...] = ()) -> Parameter:
        """Make everything that a request will need from a parameter's definition.

        Args:
            document: The whole contract.
            parameter: The definition.
            path: Where it stands in the document.
        """
        name = (parameter / "name").read_str()
        schema = parameter / "schema"
        style, explode = get_style_and_explode(parameter)
        return cls(
            name=name,
            location=(parameter / "in").read_str(),
            required=(parameter / "required").read_bool(default=False),
            default=(schema / "default").read_value() if "default" in schema else MISSING,
            deserializer=_deserializers.create(document, schema, style, explode, name=name),
            validator=oas31_schema_validators_factory.create(document, schema),
            path=path,
        )

    def read(self, location: Mapping[str, Any]) -> tuple[Any, Violation | None]:
        """Return the typed value of a request, or what is wrong with it.

        Args:
            location: All that the request sent in this parameter's location.
        """
        try:
            value = self.deserializer.deserialize(location)
        except KeyError:
            value = self.default
            if value is MISSING:
                return value, self._violation("is missing", "") if self.required else None
        except (DeserializeError, CastError) as error:
            return None, self._violation(str(error), location[self.name])
        if isinstance(value, float) and not math.isfinite(value):
            return None, self._violation("is not a finite number", value)
        if self.location == "query" and value == "":
            return None, self._violation("is empty", value)
        try:
            self.validator.validate(value)
        except InvalidSchemaValue as error:
            fault = cast("ValidationError", next(iter(error.schema_errors)))
            return None, self._violation(fault.message, value, expectation(fault))
        return value, None

    def _violation(self, message: str, received: Any, expected: str = "") -> Violation:
        expected = expected or str(self.validator.schema.read_value().get("type", "a value"))
        return Violation(
            self.name,
            message,
            location=self.location,
            expected=expected,
            received="" if received == "" else shown(received),
            fix=f"send as {self.name} {expected}",
            contract_path=(*self.path, "schema"),
        )


def read_location(request: ApiRequest, path_parameters: Mapping[str, str], location: str) -> Mapping[str, Any]:
    """Return what a request sent in one of OpenAPI's four locations.

    Args:
        request: The request.
        path_parameters: What its path gives for the operation's template.
        location: `path`, `query`, `header` or `cookie`.
    """
    if location == "path":
        return path_parameters
    if location == "query":
        return ImmutableMultiDict(parse_qsl(request.query, keep_blank_values=True))
    if location == "header":
        return Headers(request.headers.items())  # type: ignore[return-value]
    pairs = (pair.split("=", 1) for pair in request.headers.get("cookie", "").split(";") if "=" in pair)
    return {name.strip(): value.strip() for name, value in pairs}
