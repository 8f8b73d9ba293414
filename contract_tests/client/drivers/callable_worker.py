"""Call a Python callable for each request line, in a process of its own that can be ended."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import io
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from functools import cache
from typing import Any

_STATUS_NAMES = ("status_code", "http_status", "status", "code")


def load(name: str) -> Callable[..., Any]:
    """Return the callable that `package.module:callable` names.

    Raises:
        ValueError: The name has another form, or leads to nothing that can be called.
    """
    module_name, colon, path = name.partition(":")
    if not colon or not module_name or not path:
        raise ValueError(f"expected package.module:callable, received {name!r}")
    found: Any = importlib.import_module(module_name)
    for part in path.split("."):
        found = getattr(found, part)
    if not callable(found):
        raise ValueError(f"{name} is not callable")
    return found  # type: ignore[no-any-return]


def answer(client: Callable[..., Any], request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answer line for a request line."""
    given = {}
    if (parameter := _timeout_of(client)) is not None:
        if request["timeout"] is not None:
            given["timeout"] = request["timeout"]
        elif parameter.kind is not parameter.VAR_KEYWORD and parameter.default is parameter.empty:
            return {"id": request["id"], "outcome": "unsupported", "message": "its timeout cannot be left out"}
    try:
        result = client(request["base_url"], request["api_key"], request["body"], **given)
        if inspect.isawaitable(result):
            result = _loop().run(_wait_for(result))
    except Exception as error:
        said = {"outcome": "error", "http_status": _status_of(error), "message": _message_of(error)}
        if isinstance(kind := getattr(error, "kind", None), str):
            said["kind"] = kind
    else:
        said = {"outcome": "ok", "replica_id": _field(result, "replica_id"), "status": _field(result, "status")}
    return {"id": request["id"], **said}


@cache
def _loop() -> asyncio.Runner:
    """Return one loop for all calls: a client may keep its connections from call to call."""
    return asyncio.Runner()


async def _wait_for(result: Any) -> Any:
    return await result


def _timeout_of(client: Callable[..., Any]) -> inspect.Parameter | None:
    """Return the parameter that takes a timeout; None if there is none."""
    try:
        parameters = inspect.signature(client).parameters
    except (TypeError, ValueError):
        return None
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
        client = load(sys.argv[1])
    except Exception as error:
        print(f"{sys.argv[1]} cannot be loaded: {type(error).__name__}: {error}", file=sys.stderr)
        raise SystemExit(3) from None
    # Said before any call: of one that hangs, nothing more is heard.
    answers.write(json.dumps({"knows_timeout": _timeout_of(client) is not None}).encode() + b"\n")
    for line in sys.stdin.buffer:
        request = json.loads(line)
        said = answer(client, request)
        answers.write(json.dumps(said).encode() + b"\n")


if __name__ == "__main__":
    main()
