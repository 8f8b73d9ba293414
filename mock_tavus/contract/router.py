"""From a path to what the contract has there: the only place that turns a template into a pattern."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from mock_tavus.contract.operation import Operation
from mock_tavus.contract.security import Security
from mock_tavus.errors import MethodNotAllowed, NotFound


@dataclass(frozen=True, slots=True)
class PathMatch:
    """The contract's path that a request's path matches.

    Args:
        operations: The path's operations by method, in capitals, in the order in which the contract has them.
        parameters: The values of the template's parameters, by name.
    """

    operations: Mapping[str, Operation]
    parameters: Mapping[str, str] = field(default_factory=dict)

    def security(self, method: str) -> Security:
        """Return who may call `method` on this path; for a method that the path has not, who may call its first."""
        return (self._find(method) or next(iter(self.operations.values()))).security

    def operation(self, method: str) -> Operation:
        """Return the operation for `method`; HEAD is answered as GET (RFC 9110, section 9.3.2).

        Raises:
            MethodNotAllowed: The path has no such method; the error names those that it has.
        """
        found = self._find(method)
        if found is None:
            raise MethodNotAllowed(tuple(self.operations))
        return found

    def _find(self, method: str) -> Operation | None:
        found = self.operations.get(method)
        return self.operations.get("GET") if found is None and method == "HEAD" else found


class Router:
    """Find operations by path: concrete paths before templated ones (OpenAPI 3.1, Paths Object).

    Args:
        operations: Every operation of the contract.
    """

    def __init__(self, operations: Iterable[Operation]) -> None:
        by_path: dict[str, dict[str, Operation]] = {}
        for operation in operations:
            by_path.setdefault(operation.path, {})[operation.method] = operation
        self._concrete = {path: PathMatch(methods) for path, methods in by_path.items() if "{" not in path}
        self._templated = [
            (*_compiled(path), methods) for path, methods in by_path.items() if path not in self._concrete
        ]

    def match(self, path: str) -> PathMatch:
        """Return what the contract has at `path`.

        Args:
            path: Decoded, with its leading slash.

        Raises:
            NotFound: The contract has nothing there.
        """
        concrete = self._concrete.get(path)
        if concrete is not None:
            return concrete
        for pattern, names, methods in self._templated:
            if (found := pattern.fullmatch(path)) is not None:
                return PathMatch(methods, dict(zip(names, found.groups(), strict=True)))
        raise NotFound

    def has(self, path: str) -> bool:
        """Return whether the contract has anything at `path`."""
        try:
            self.match(path)
        except NotFound:
            return False
        return True


def _compiled(template: str) -> tuple[re.Pattern[str], Sequence[str]]:
    """Return a template's pattern with a group for each parameter, and the names of the parameters."""
    parts = re.split(r"\{([^}]+)\}", template)
    literals, names = parts[::2], parts[1::2]
    return re.compile("([^/]+)".join(map(re.escape, literals)), re.DOTALL), names
