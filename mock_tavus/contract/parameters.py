"""The parameters of an operation: taken as they are where that is all, else read by openapi-core's own parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Any

from mock_tavus.contract.references import Document, at_place, resolve, walk
from mock_tavus.errors import ContractError, Violation
from mock_tavus.loading import Lazy
from mock_tavus.messages import ApiRequest

if TYPE_CHECKING:
    from jsonschema_path import SchemaPath

    from mock_tavus.contract.parameter_readers import Parameter

Values = dict[str, dict[str, Any]]

_PLAIN_KEYS = {"type", "description", "title", "examples", "example"}


class Parameters:
    """All parameters of one operation.

    Args:
        document: The whole contract.
        places: For each parameter, the operation's before its path's, the keys that lead to it; the first of a name
            and location holds.
        spec: Gives the contract as openapi-core reads it.

    Raises:
        ContractError: One has `content` in place of a `schema`, which the emulator does not serve.
    """

    def __init__(self, document: Document, places: list[tuple[str, ...]], spec: Callable[[], SchemaPath]) -> None:
        self._spec = spec
        self._places: dict[tuple[str, str], tuple[str, ...]] = {}
        self._defaults: dict[str, Any] = {}
        self._is_plain = True
        for place in places:
            definition = at_place(document, place)
            name, location = definition["name"], definition["in"]
            if "schema" not in definition:
                raise ContractError(f"parameter {name!r}: expected a schema; content in a parameter is not supported")
            if (name, location) in self._places:
                continue
            self._places[name, location] = place
            schema = resolve(document, definition["schema"])
            if location == "path":
                self._is_plain &= isinstance(schema, dict) and _is_any_text(schema) and "style" not in definition
            elif location == "query" and not definition.get("required", False):
                if isinstance(schema, dict) and "default" in schema:
                    self._defaults[name] = schema["default"]
            else:
                self._is_plain = False
        self._locations = {location for _, location in self._places}
        self._parameters = Lazy(self._built)

    def _built(self) -> tuple[ModuleType, tuple[Parameter, ...]]:
        """Return what reads parameters, and the parameters, ready to judge values.

        The module is kept beside what was made with it: a test tool may have it imported anew.
        """
        from mock_tavus.contract import parameter_readers as readers

        build = readers.Parameter.build
        return readers, tuple(build(self._spec(), walk(self._spec(), place), place) for place in self._places.values())

    def names(self, location: str) -> list[str]:
        """Return the names of the parameters in `location`: `path`, `query`, `header` or `cookie`."""
        return [name for name, place in self._places if place == location]

    def load(self) -> None:
        """Build what judges a value, before the first request needs it."""
        self._parameters.get()

    def read(self, request: ApiRequest, path_parameters: Mapping[str, str]) -> tuple[Values, list[Violation]]:
        """Return the typed values by location and name, and everything that is wrong with them.

        Args:
            request: The request.
            path_parameters: What its path gives for the operation's template.
        """
        values: Values = {"path": {}, "query": {}, "header": {}, "cookie": {}}
        if self._is_plain and not request.query:
            values["path"], values["query"] = dict(path_parameters), dict(self._defaults)
            return values, []
        return self._judged(request, path_parameters, values)

    def _judged(
        self, request: ApiRequest, path_parameters: Mapping[str, str], values: Values
    ) -> tuple[Values, list[Violation]]:
        readers, parameters = self._parameters.get()
        violations = []
        sent = {location: readers.read_location(request, path_parameters, location) for location in self._locations}
        for parameter in parameters:
            value, violation = parameter.read(sent[parameter.location])
            if violation is not None:
                violations.append(violation)
            elif value is not readers.MISSING:
                values[parameter.location][parameter.name] = value
        return values, violations


def _is_any_text(schema: Mapping[str, Any]) -> bool:
    """Return whether a schema takes every text as it is."""
    return schema.get("type") == "string" and all(key in _PLAIN_KEYS or key.startswith("x-") for key in schema)
