"""What cases of clients are made from, and what judges know beside what they see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from contract_tests.client.capabilities import Capabilities
from contract_tests.client.habits import Habits
from contract_tests.client.strategies import BodyStrategies


@dataclass(frozen=True, slots=True)
class ClientContext:
    """What cases are made from, and what judges know.

    Args:
        bodies: Bodies that the contract allows.
        replica: The schema of a replica, every reference replaced by what it leads to.
        endpoints: The names of the endpoints that there are.
        capabilities: What the client can do.
        habits: What is usual for the client.
        longest_wait: How long a client is waited for at most that takes no timeout or interval, in seconds.
    """

    bodies: BodyStrategies
    replica: Mapping[str, Any] = field(default_factory=dict)
    endpoints: frozenset[str] = frozenset()
    capabilities: Capabilities = Capabilities()
    habits: Habits = Habits()
    longest_wait: float = 0.0

    @property
    def options(self) -> Mapping[str, Any]:
        """Return the documented options of a create, by name."""
        found: Mapping[str, Any] = self.bodies.schema["properties"]
        return found

    def documented_default(self, path: str) -> Any:
        """Return the documented default of the option at a `path`; None if it does not exist.

        Args:
            path: Such as `/model_name`.
        """
        schema: Any = self.bodies.schema
        for name in path.split("/")[1:]:
            schema = schema.get("properties", {}).get(name, {})
        return schema.get("default")
