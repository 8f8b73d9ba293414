"""Drive Python callables, in a process of their own that can be ended."""

from __future__ import annotations

import sys
from collections.abc import Mapping

WORKER = [sys.executable, "-P", "-m", "contract_tests.callable_worker"]
"""How such a command begins. With `-P`, or a user's folder called `contract_tests` would be taken for this one."""


def callable_command(name: str, operations: Mapping[str, str] | None = None) -> list[str]:
    """Return the command that drives Python callables in a process of their own.

    Args:
        name: `package.module:callable`, or `package.module` or `package.module:object` with operations as attributes.
        operations: From an operation to the callable that does it, `package.module:callable`.
    """
    more = [f"{operation}={one}" for operation, one in (operations or {}).items()]
    return [*WORKER, name, *more]
