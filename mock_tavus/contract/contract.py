"""The contract as a whole: load it, look up its operations, serve it."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from jsonschema_path import SchemaPath

from mock_tavus.contract.document import Document, accept_null, bundled_contract, check_document, read_document
from mock_tavus.contract.operation import Operation
from mock_tavus.errors import ContractError

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


class Contract:
    """An OpenAPI 3.1 document, with everything built that requests will need.

    Args:
        document: The document; it must be valid.
        path: Where it was read from, for messages.

    Raises:
        ContractError: It uses something that the emulator does not serve.
    """

    def __init__(self, document: Document, path: Path) -> None:
        self.path = path
        self._document = document
        spec = SchemaPath.from_dict(document)
        self.operations: Mapping[str, Operation] = self._build_operations(spec)
        by_path: dict[str, list[Operation]] = {}
        for operation in self.operations.values():
            by_path.setdefault(operation.path, []).append(operation)
        self._paths = [(_path_pattern(path), tuple(operations)) for path, operations in by_path.items()]

    @classmethod
    def load(cls, path: Path | None = None, *, null_is_absent: bool = False) -> Contract:
        """Read and compile a contract.

        Args:
            path: A YAML or JSON file; None for the one that comes with the package.
            null_is_absent: Whether optional fields of a body may be null.

        Raises:
            ContractError: The document cannot be read, is not valid, or uses something that is not supported.
        """
        document = read_document(path or bundled_contract())
        if path is not None:
            check_document(document, path)
        if null_is_absent:
            accept_null(document)
        return cls(document, path or bundled_contract())

    def operations_at(self, path: str) -> tuple[Operation, ...]:
        """Return the operations that the contract has for a path, whatever their method."""
        return next((operations for pattern, operations in self._paths if pattern.fullmatch(path)), ())

    def served(self, base_url: str) -> Document:
        """Return the document with the emulator's own address as its only server."""
        document = copy.copy(self._document)
        url = base_url.rstrip("/") + _base_path(document)
        document["servers"] = [{"url": url, "description": "This emulator."}]
        return document

    def _build_operations(self, spec: SchemaPath) -> dict[str, Operation]:
        operations: dict[str, Operation] = {}
        base_path = _base_path(self._document)
        for path, item in self._document.get("paths", {}).items():
            for method in _METHODS:
                if method not in item:
                    continue
                operation_id = item[method].get("operationId")
                if not operation_id:
                    raise ContractError(f"{self.path}: {method.upper()} {path} has no operationId; give it one")
                try:
                    operations[operation_id] = Operation.build(spec, path, method, base_path)
                except ContractError as error:
                    raise ContractError(f"{self.path}: {operation_id}: {error}") from error
        return operations


def _base_path(document: Document) -> str:
    """Return the path below which the document's first server has the API, empty if it has it at the root."""
    servers = document.get("servers") or [{"url": "/"}]
    return str(urlsplit(servers[0]["url"]).path).rstrip("/")


def _path_pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{[^}]+\}", template)
    return re.compile("[^/]+".join(re.escape(part) for part in parts))
