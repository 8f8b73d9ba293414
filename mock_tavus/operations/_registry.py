"""Find the operations: a module `create_replica` answers the operationId `createReplica`."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Mapping
from importlib import import_module

from mock_tavus.models import OperationCall, OperationResult
from mock_tavus.operations._context import OperationContext

OperationHandler = Callable[[OperationCall, OperationContext], OperationResult]


def load_handlers(package: str = "mock_tavus.operations") -> Mapping[str, OperationHandler]:
    """Return what answers each operation, by operationId.

    Args:
        package: Where the modules are; those that begin with an underscore are not operations.
    """
    modules = [module.name for module in pkgutil.iter_modules(import_module(package).__path__)]
    return {
        _operation_id(name): import_module(f"{package}.{name}").handle for name in modules if not name.startswith("_")
    }


def module_file(operation_id: str) -> str:
    """Return where the module of an operation belongs, for messages."""
    name = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in operation_id)
    return f"mock_tavus/operations/{name}.py"


def _operation_id(module_name: str) -> str:
    first, *others = module_name.split("_")
    return first + "".join(word.capitalize() for word in others)
