"""What the contract says of an answer or a callback, read independently of any server."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

_DOCUMENT_URI = "urn:contract"


def bundled_contract() -> Path:
    """Return the contract that comes with the kit, or the checkout's where the kit is installed editable."""
    package = Path(__file__).parent
    in_wheel = package / "openapi" / "tavus.yaml"
    return in_wheel if in_wheel.exists() else package.parent / "openapi" / "tavus.yaml"


class Oracle:
    """Say in what an answer or a callback departs from the contract.

    Args:
        document: An OpenAPI 3.1 document, as it was read.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        resource = Resource.from_contents(document, default_specification=DRAFT202012)
        self._registry: Registry[Any] = Registry().with_resource(_DOCUMENT_URI, resource)

    @classmethod
    def load(cls, path: Path | None = None) -> Oracle:
        """Read a contract, by default the one that comes with the kit."""
        return cls(yaml.safe_load((path or bundled_contract()).read_text("utf-8")))

    def body_schema(self, operation_id: str) -> Mapping[str, Any]:
        """Return the schema of an operation's request body, with every reference replaced by what it leads to."""
        content = self._operation(operation_id)["requestBody"]["content"]["application/json"]
        return dict(self._expand(content["schema"]))

    def schema(self, name: str) -> Mapping[str, Any]:
        """Return a schema of the contract, with every reference replaced by what it leads to.

        Args:
            name: What the contract calls it.
        """
        return dict(self._expand(self._document["components"]["schemas"][name]))

    def answer_faults(self, operation_id: str, status: int, content_type: str | None, body: bytes) -> list[str]:
        """Return every way in which an answer departs from what its operation documents.

        Args:
            operation_id: Which operation was called.
            status: The answer's HTTP status.
            content_type: The header's value; None if it was not sent.
            body: The bytes of the answer.
        """
        responses = self._operation(operation_id)["responses"]
        response = responses.get(str(status), responses.get(f"{status // 100}XX"))
        if response is None:
            documented = ", ".join(sorted(responses))
            return [f"Received: status {status}. Documented: {documented}."]
        content = self._resolve(response).get("content", {})
        return self._content_faults(content, content_type, body)

    def callback_faults(self, content_type: str | None, body: bytes) -> list[str]:
        """Return every way in which a callback departs from what the contract documents.

        Args:
            content_type: The header's value; None if it was not sent.
            body: The bytes of the callback.
        """
        callbacks = self._operation("createReplica")["callbacks"]["trainingEnded"]
        (item,) = callbacks.values()
        return self._content_faults(item["post"]["requestBody"]["content"], content_type, body)

    def _content_faults(self, content: Mapping[str, Any], content_type: str | None, body: bytes) -> list[str]:
        if content_type is None or content_type not in content:
            return [f"Received: content type {content_type}. Documented: {', '.join(content)}."]
        try:
            value = json.loads(body.decode("utf-8"))
        except ValueError as error:
            return [f"Received: a body that is not JSON ({error}). Documented: {content_type}."]
        schema = {"$id": f"{_DOCUMENT_URI}:part", **self._absolute(content[content_type]["schema"])}
        validator = Draft202012Validator(schema, registry=self._registry)
        return [
            f"Received: {json.dumps(error.instance)[:200]} at /{'/'.join(map(str, error.absolute_path))}. "
            f"Documented: {error.validator} {json.dumps(error.validator_value)[:200]}."
            for error in validator.iter_errors(value)
        ]

    def _operation(self, operation_id: str) -> Mapping[str, Any]:
        for item in self._document["paths"].values():
            for operation in item.values():
                if isinstance(operation, dict) and operation.get("operationId") == operation_id:
                    return operation
        raise KeyError(f"the contract has no operation {operation_id!r}")

    def _resolve(self, value: Any) -> Any:
        if "$ref" not in value:
            return value
        return self._registry.resolver(_DOCUMENT_URI).lookup(value["$ref"]).contents

    def _expand(self, schema: Any) -> Any:
        if isinstance(schema, dict):
            return {key: self._expand(value) for key, value in self._resolve(schema).items()}
        return [self._expand(item) for item in schema] if isinstance(schema, list) else schema

    def _absolute(self, schema: Any) -> Any:
        """Return a schema whose references lead into the whole document, wherever it is looked at from."""
        if isinstance(schema, dict):
            return {
                key: f"{_DOCUMENT_URI}{value}" if key == "$ref" and value.startswith("#") else self._absolute(value)
                for key, value in schema.items()
            }
        return [self._absolute(item) for item in schema] if isinstance(schema, list) else schema
