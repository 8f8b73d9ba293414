"""Call a Python callable for each request line, in a process of its own that can be ended.

It imports nothing of the kit, whose modules would slow the client's start.
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
import io
import json
import os
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from enum import Enum
from functools import cache
from typing import Any

from contract_tests.callable_values import plain_value

OPERATIONS = (
    "create_replica",
    "get_replica",
    "list_replicas",
    "rename_replica",
    "delete_replica",
    "wait_for_replica",
)
_KEYWORDS = (
    *("replica_id", "verbose", "limit", "page", "replica_type", "replica_ids", "all"),
    *("replica_name", "hard", "interval"),
)
_STATUS_NAMES = ("status_code", "http_status", "status", "code")


def load(name: str) -> Any:
    """Return what `package.module` or `package.module:object` names.

    Args:
        name: The name.

    Raises:
        ValueError: The name has another form.
    """
    module_name, colon, path = name.partition(":")
    if not module_name or bool(colon) is not bool(path):
        raise ValueError(f"expected package.module:callable, received {name!r}")
    found: Any = importlib.import_module(module_name)
    for part in filter(None, path.split(".")):
        found = getattr(found, part)
    return found


def operations_of(name: str, more: Mapping[str, str] | None = None) -> dict[str, Callable[..., Any]]:
    """Return the callables that a name leads to, by the operation that each does.

    Args:
        name: `package.module:callable` for a create; `package.module` or `package.module:object` for an object whose
            attributes have the names of operations.
        more: From an operation to `package.module:callable`.

    Raises:
        ValueError: Nothing that can be called is found.
    """
    found = load(name)
    operations = {one: getattr(found, one) for one in OPERATIONS if callable(getattr(found, one, None))}
    is_class_of_others = isinstance(found, type) and bool(operations)
    if callable(found) and "create_replica" not in operations and not is_class_of_others:
        operations["create_replica"] = found
    if not operations:
        if ":" not in name:
            raise ValueError(f"expected package.module:callable, or a module with operations, received {name!r}")
        raise ValueError(f"{name} is not callable, and has none of {', '.join(OPERATIONS)}")
    for operation, one in (more or {}).items():
        if operation not in OPERATIONS:
            raise ValueError(f"expected one of {', '.join(OPERATIONS)}, received {operation!r}")
        operations[operation] = load(one)
    for operation, one in operations.items():
        if not callable(one):
            raise ValueError(f"{operation}: {one!r} is not callable")
    return operations


class Callables:
    """Answer request lines by calling what does each operation.

    Args:
        operations: From an operation's name to the callable that does it.
    """

    def __init__(self, operations: Mapping[str, Callable[..., Any]]) -> None:
        self._operations = operations

    def describe(self) -> dict[str, Any]:
        """Return the answer to `describe`: what the callables themselves say, without a call."""
        takes = all(_timeout_of(one) is not None for one in self._operations.values())
        told: dict[str, Any] = {"outcome": "ok", "takes_timeout": takes, "operations": list(self._operations)}
        waits = self._operations.get("wait_for_replica")
        if waits is not None and not _takes(waits, "interval"):
            told["takes_interval"] = False
        return told

    def answer(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer line for a request line.

        Args:
            request: The request line.
        """
        operation = request.get("operation", "create_replica")
        if operation == "describe":
            return {"id": request["id"], **self.describe()}
        client = self._operations.get(operation)
        if client is None:
            return {"id": request["id"], "outcome": "unsupported", "message": f"there is no {operation}"}
        given = _arguments(client, request)
        if given is None:
            return {"id": request["id"], "outcome": "unsupported", "message": "its timeout cannot be left out"}
        try:
            positional = [request["base_url"], request["api_key"]]
            if operation == "create_replica":
                positional.append(request["body"])
            result = client(*positional, **given)
            if inspect.isawaitable(result):
                result = _loop().run(_wait_for(result))
            if inspect.isasyncgen(result):
                result = _loop().run(_collect(result))
            said = _told(operation, result)
        except Exception as error:
            said = _error(error)
        return {"id": request["id"], **said}


def _arguments(client: Callable[..., Any], request: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the keywords of a call; None if a timeout would have to be left out that cannot be."""
    given = {name: request[name] for name in _KEYWORDS if name in request}
    if "interval" in given and not _takes(client, "interval"):
        del given["interval"]  # it may be ignored
    parameter = _timeout_of(client)
    if parameter is not None:
        if request["timeout"] is not None:
            given["timeout"] = request["timeout"]
        elif parameter.kind is not parameter.VAR_KEYWORD and parameter.default is parameter.empty:
            return None
    return given


def _told(operation: str, result: Any) -> dict[str, Any]:
    """Return what an answer line says of a result."""
    if operation == "create_replica":
        return {"outcome": "ok", "replica_id": _field(result, "replica_id"), "status": _field(result, "status")}
    if operation == "get_replica":
        return {"outcome": "ok", "replica": plain_value(result)}
    if operation == "list_replicas":
        return {"outcome": "ok", **_listed(result)}
    if operation == "wait_for_replica":
        if isinstance(result, (str, Enum)):
            return {"outcome": "ok", "status": plain_value(result)}
        message = _field(result, "error_message")
        told = {"outcome": "ok", "status": _field(result, "status")}
        return told if message is None else {**told, "error_message": message}
    return {"outcome": "ok"}


def _listed(result: Any) -> dict[str, Any]:
    for name in ("replicas", "data", "items"):
        found = result.get(name) if isinstance(result, Mapping) else getattr(result, name, None)
        if isinstance(found, (list, tuple)):
            total = _field(result, "total_count")
            listed = {"replicas": [plain_value(one) for one in found]}
            return listed if not isinstance(total, int) else {**listed, "total_count": total}
    return {"replicas": [plain_value(one) for one in result]}


def _error(error: Exception) -> dict[str, Any]:
    said = {
        "outcome": "error",
        "http_status": _status_of(error),
        "message": _message_of(error),
        "error_type": type(error).__name__,
    }
    if isinstance(kind := getattr(error, "kind", None), str):
        said["kind"] = kind
    return said


@cache
def _loop() -> asyncio.Runner:
    """Return one loop for all calls: a client may keep its connections from call to call."""
    return asyncio.Runner()


async def _collect(result: AsyncIterator[Any]) -> list[Any]:
    return [one async for one in result]


async def _wait_for(result: Any) -> Any:
    return await result


def _takes(client: Callable[..., Any], name: str) -> bool:
    """Return whether a callable takes a keyword."""
    parameters = _parameters(client)
    return name in parameters or any(one.kind is one.VAR_KEYWORD for one in parameters.values())


def _parameters(client: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    try:
        return inspect.signature(client).parameters
    except (TypeError, ValueError):
        return {}


def _timeout_of(client: Callable[..., Any]) -> inspect.Parameter | None:
    """Return the parameter that takes a timeout; None if it does not exist."""
    parameters = _parameters(client)
    named = parameters.get("timeout")
    if named is not None and named.kind is not named.POSITIONAL_ONLY:
        return named
    return next((one for one in parameters.values() if one.kind is one.VAR_KEYWORD), None)


def _field(result: Any, name: str) -> Any:
    value = result.get(name) if isinstance(result, Mapping) else getattr(result, name, None)
    value = value.value if isinstance(value, Enum) else value
    try:
        json.dumps(value)
    except (TypeError, ValueError):
        return str(value) if name == "replica_id" else None
    return value


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__


def _status_of(error: BaseException) -> int | None:
    for cause in _chain(error):
        for owner in (cause, getattr(cause, "response", None)):
            for name in _STATUS_NAMES:
                value = getattr(owner, name, None)
                if isinstance(value, int) and not isinstance(value, bool) and 100 <= value <= 599:
                    return int(value)
    return None


def _message_of(error: BaseException) -> str:
    return " · ".join(str(cause) for cause in _chain(error))


def main() -> None:
    """Answer one request line after the other, until there are no more."""
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # what the client prints is evidence, and no answer
    sys.stdout = io.TextIOWrapper(os.fdopen(1, "wb", buffering=0), encoding="utf-8", write_through=True)
    sys.path.insert(0, os.getcwd())
    try:
        more = dict(one.partition("=")[::2] for one in sys.argv[2:])
        callables = Callables(operations_of(sys.argv[1], more))
    except Exception as error:
        print(f"{sys.argv[1]} cannot be loaded: {type(error).__name__}: {error}", file=sys.stderr)
        raise SystemExit(3) from None
    for line in sys.stdin.buffer:
        said = callables.answer(json.loads(line))
        answers.write(json.dumps(said).encode() + b"\n")


if __name__ == "__main__":
    main()
