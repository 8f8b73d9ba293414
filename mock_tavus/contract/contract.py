"""The contract as a whole: load it, look up its operations, serve it."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jsonschema_path import SchemaPath

from mock_tavus.contract.document import Document, bundled_contract, check_document, read_document
from mock_tavus.contract.lines import ContractLines
from mock_tavus.contract.operation import Operation
from mock_tavus.contract.router import Router
from mock_tavus.errors import ContractError

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


class Contract:
    """An OpenAPI 3.1 document, with everything built that requests will need.

    Args:
        document: The document; it must be valid.
        path: Where it was read from, for messages.
        null_is_absent: Whether null in a body stands for a field that was left out.

    Raises:
        ContractError: It uses something that the emulator does not serve.
    """

    def __init__(self, document: Document, path: Path, *, null_is_absent: bool = False) -> None:
        self.path = path
        self.lines = ContractLines(path)
        self._null_is_absent = null_is_absent
        self._document = document
        spec = SchemaPath.from_dict(document)
        self.operations: Mapping[str, Operation] = self._build_operations(spec)
        self.router = Router(self.operations.values())

    @classmethod
    def load(cls, path: Path | None = None, *, null_is_absent: bool = False, is_ours: bool = False) -> Contract:
        """Read and compile a contract.

        Args:
            path: A YAML or JSON file; None for the one that comes with the package.
            null_is_absent: Whether optional fields of a body may be null.
            is_ours: Whether the file comes with the package: then our tests have checked it.

        Raises:
            ContractError: The document cannot be read, is not valid, or uses something that is not supported.
        """
        if path is None or is_ours:
            return _load_ours(path or bundled_contract(), null_is_absent)
        document = read_document(path)
        check_document(document, path)
        return cls._compiled(document, path, null_is_absent=null_is_absent)

    @classmethod
    def _compiled(cls, document: Document, path: Path, *, null_is_absent: bool) -> Contract:
        try:
            return cls(document, path, null_is_absent=null_is_absent)
        except ContractError as error:
            raise ContractError(f"{path}: {error}") from error
        except Exception as error:  # a library met something that it did not expect of a valid document
            reason = " ".join(f"{type(error).__name__}: {error}".split())[:300]
            raise ContractError(f"{path}: cannot be served ({reason})") from error

    def route(self, method: str, path: str) -> tuple[str | None, Mapping[str, str]]:
        """Return the id of the operation for a method and a path, None if there is none, and the path's parameters.

        Args:
            method: In capitals.
            path: Decoded, with its leading slash.
        """
        found = self.router.match(path)
        operation = None if found is None else found.operation(method)
        if found is None or operation is None:
            return None, {}
        return operation.operation_id, found.parameters

    def operations_at(self, path: str) -> tuple[Operation, ...]:
        """Return the operations that the contract has for a path, whatever their method."""
        found = self.router.match(path)
        return () if found is None else tuple(found.operations.values())

    def example(self, operation_id: str, status: int) -> Any:
        """Return what an operation's contract shows as the answer with a status; None if it shows nothing."""
        response = self._resolved(self._definition(operation_id).get("responses", {}).get(str(status), {}), "responses")
        media_type = response.get("content", {}).get("application/json", {})
        shown = [example.get("value") for example in media_type.get("examples", {}).values()]
        return media_type.get("example", shown[0] if shown else None)

    def body_schema(self, operation_id: str) -> Document:
        """Return what an operation's JSON body may be, references followed; empty if it has none."""
        content = self._definition(operation_id).get("requestBody", {}).get("content", {})
        return self._resolved(content.get("application/json", {}).get("schema", {}), "schemas")

    def _definition(self, operation_id: str) -> Document:
        """Return what the document says of an operation; empty if it has none of this id."""
        for item in self._document["paths"].values():
            for operation in item.values():
                if isinstance(operation, dict) and operation.get("operationId") == operation_id:
                    return operation
        return {}

    def _resolved(self, part: Document, kind: str) -> Document:
        """Return a part of the document, or the component that it refers to."""
        name = str(part.get("$ref", "")).removeprefix(f"#/components/{kind}/")
        return self._document.get("components", {}).get(kind, {}).get(name, part) if name else part

    def served(self, base_url: str) -> Document:
        """Return the document with the emulator's own address as its only server."""
        document = copy.copy(self._document)
        url = base_url.rstrip("/") + _base_path(document)
        document["servers"] = [{"url": url, "description": "This emulator."}]
        return document

    def _build_operations(self, spec: SchemaPath) -> dict[str, Operation]:
        operations: dict[str, Operation] = {}
        base_path = _base_path(self._document)
        for path in self._document.get("paths", {}):
            item = spec / "paths" / path
            for method in (name for name in item.str_keys() if name in _METHODS):
                definition = item / method
                if "operationId" not in definition:
                    raise ContractError(f"{method.upper()} {path} has no operationId; give it one")
                operation_id = (definition / "operationId").read_str()
                try:
                    operation = Operation.build(
                        spec, path, method, base_path=base_path, null_is_absent=self._null_is_absent
                    )
                except ContractError as error:
                    raise ContractError(f"{operation_id}: {error}") from error
                operations[operation_id] = operation
        return operations


@cache
def _load_ours(path: Path, null_is_absent: bool) -> Contract:
    """Return a contract that comes with the package: it does not change while the program runs, so one is enough."""
    return Contract._compiled(read_document(path), path, null_is_absent=null_is_absent)


def _base_path(document: Document) -> str:
    """Return the path below which the document's first server has the API, empty if it has it at the root.

    Raises:
        ContractError: The server's URL is none.
    """
    server = (document.get("servers") or [{"url": "/"}])[0]
    url = str(server["url"])
    for name, variable in server.get("variables", {}).items():
        url = url.replace(f"{{{name}}}", str(variable.get("default", "")))
    try:
        path = urlsplit(url).path.rstrip("/")
    except ValueError as error:
        raise ContractError(f"the first server's url {url!r} is not a URL ({error})") from error
    if path and not path.startswith("/"):
        raise ContractError(f"the first server's url {url!r} is not a URL: expected https://HOST/… or a path from /")
    return path
