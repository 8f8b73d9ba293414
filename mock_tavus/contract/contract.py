"""The contract as a whole: load it, look up its operations, serve it."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mock_tavus.contract.document import bundled_contract, check_document, read_document
from mock_tavus.contract.lines import ContractLines
from mock_tavus.contract.operation import Operation
from mock_tavus.contract.references import Document, resolve
from mock_tavus.contract.router import Router
from mock_tavus.errors import ContractError
from mock_tavus.loading import Lazy

if TYPE_CHECKING:
    from jsonschema_path import SchemaPath

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


class Contract:
    """An OpenAPI 3.1 document, with everything that requests will need.

    What accepts a request is built at once. What finds the reasons of a refusal, openapi-core's own parts, takes longer
    to import than all the rest, and is built by `load_judges` or when it is first needed.

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
        self._spec = Lazy(self._parsed)
        self.operations: Mapping[str, Operation] = self._build_operations()
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
        return cls._compiled(document, path, null_is_absent=null_is_absent, with_judges=True)

    @classmethod
    def _compiled(cls, document: Document, path: Path, *, null_is_absent: bool, with_judges: bool) -> Contract:
        try:
            contract = cls(document, path, null_is_absent=null_is_absent)
            if with_judges:
                contract.load_judges()
        except ContractError as error:
            raise ContractError(f"{path}: {error}") from error
        except Exception as error:  # a library met something that it did not expect of a valid document
            reason = " ".join(f"{type(error).__name__}: {error}".split())[:300]
            raise ContractError(f"{path}: cannot be served ({reason})") from error
        return contract

    def load_judges(self) -> None:
        """Build what finds the reasons of a refusal, so that the first refusal need not wait for it."""
        for operation in self.operations.values():
            operation.load()

    def served(self, base_url: str) -> Document:
        """Return the document with the emulator's own address as its only server.

        Args:
            base_url: The emulator's address.
        """
        document = copy.copy(self._document)
        url = base_url.rstrip("/") + _base_path(document)
        document["servers"] = [{"url": url, "description": "This emulator."}]
        return document

    def _parsed(self) -> SchemaPath:
        """Return the document as openapi-core reads it."""
        from jsonschema_path import SchemaPath

        return SchemaPath.from_dict(self._document)

    def _build_operations(self) -> dict[str, Operation]:
        operations: dict[str, Operation] = {}
        base_path = _base_path(self._document)
        for path, item in self._document.get("paths", {}).items():
            if "$ref" in item:
                self._document["paths"][path] = item = resolve(self._document, item)
            for method in (name for name in item if name in _METHODS):
                operation_id = item[method].get("operationId")
                if operation_id is None:
                    raise ContractError(f"{method.upper()} {path} has no operationId; give it one")
                if (other := operations.get(str(operation_id))) is not None:
                    raise ContractError(
                        f"{method.upper()} {path} has the operationId {operation_id!r}, which {other.method} "
                        f"{other.path} has too; give each its own"
                    )
                try:
                    operation = Operation.build(
                        self._document,
                        path,
                        method,
                        self._spec.get,
                        base_path=base_path,
                        null_is_absent=self._null_is_absent,
                    )
                except ContractError as error:
                    raise ContractError(f"{operation_id}: {error}") from error
                operations[operation.operation_id] = operation
        return operations


@cache
def _load_ours(path: Path, null_is_absent: bool) -> Contract:
    """Return a contract that comes with the package: it does not change while the program runs, so one is enough."""
    return Contract._compiled(read_document(path), path, null_is_absent=null_is_absent, with_judges=False)


def _base_path(document: Document) -> str:
    """Return the path below which the document's first server has the API, empty if it has it at the root.

    Raises:
        ContractError: The first server's `url` is not a valid URL.
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
