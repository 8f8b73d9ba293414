"""Find the operations: each module of a family names the `operationId` that it handles."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from types import ModuleType

from mock_tavus.families.context import OperationContext
from mock_tavus.messages import OperationCall, OperationResult

OperationHandler = Callable[[OperationCall, OperationContext], OperationResult]

FAMILIES = ("mock_tavus.families.replicas",)
"""The packages whose modules handle operations."""


def load_handlers(families: tuple[str, ...] = FAMILIES) -> Mapping[str, OperationHandler]:
    """Return the handler of each operation, by `operationId`.

    Args:
        families: Packages; each of their modules that has an `OPERATION_ID` has a function `handle`, too.

    Raises:
        LookupError: Two modules handle the same operation.
    """
    handlers: dict[str, OperationHandler] = {}
    for module in _modules(families):
        operation_id = getattr(module, "OPERATION_ID", None)
        if operation_id in handlers:
            raise LookupError(f"two modules handle {operation_id!r}; the second is {module.__name__}")
        if operation_id is not None:
            handlers[operation_id] = module.handle
    return handlers


def module_file(operation_id: str) -> str:
    """Return the file of the module that handles `operation_id`, for messages."""
    module = next(one for one in _modules(FAMILIES) if getattr(one, "OPERATION_ID", None) == operation_id)
    return f"{module.__name__.replace('.', '/')}.py"


def _modules(families: tuple[str, ...]) -> Iterator[ModuleType]:
    for family in families:
        for found in pkgutil.iter_modules(import_module(family).__path__, f"{family}."):
            yield import_module(found.name)
