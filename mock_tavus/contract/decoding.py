"""Decode bodies that are no JSON, with openapi-core's own parts; loaded when the first of them comes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jsonschema_path import SchemaPath
from openapi_core.casting.schemas import oas31_schema_casters_factory
from openapi_core.deserializing.media_types import MediaTypeDeserializersFactory, media_type_deserializers
from openapi_core.deserializing.media_types.deserializers import MediaTypeDeserializer
from openapi_core.deserializing.styles import style_deserializers
from openapi_core.deserializing.styles.factories import StyleDeserializersFactory
from openapi_core.validation.schemas.validators import SchemaValidator

from mock_tavus.contract.json_body import decode_json

JSON_DESERIALIZERS: dict[str, Callable[[bytes], Any]] = {"application/json": decode_json}
"""What openapi-core is told to decode JSON with, so that nothing passes that the strict decoder refuses."""

_deserializers = MediaTypeDeserializersFactory(
    StyleDeserializersFactory(oas31_schema_casters_factory, style_deserializers=style_deserializers),
    media_type_deserializers=media_type_deserializers,
)


def deserializer(
    spec: SchemaPath,
    name: str,
    media_type: SchemaPath,
    validator: SchemaValidator | None,
    parameters: dict[str, str],
) -> MediaTypeDeserializer:
    """Return what decodes a body of one media type.

    Args:
        spec: The whole contract.
        name: The media type.
        media_type: Its definition.
        validator: Of its schema; None if it has none.
        parameters: Of the header `content-type`, `charset` for one.
    """
    return _deserializers.create(
        spec,
        name,
        schema=media_type / "schema" if "schema" in media_type else None,
        schema_validator=validator,
        parameters=parameters,
        encoding=media_type / "encoding" if "encoding" in media_type else None,
        extra_media_type_deserializers=JSON_DESERIALIZERS,
    )
