"""What a client says, or shows, that it can do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import inf
from typing import Any

from contract_tests.client.case import CREATE

OPERATIONS = (
    CREATE,
    "get_replica",
    "list_replicas",
    "rename_replica",
    "delete_replica",
    "wait_for_replica",
)
"""The operations of the driver protocol."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a client can do.

    Args:
        takes_timeout: Whether it takes the timeout that it is given.
        own_timeout: Its own timeout in seconds, if it takes none; None if that is not known.
        own_interval: Its own time between two polls in seconds, if that cannot be set; infinite if it does not say how
            long that is; None if it takes the interval.
        operations: Which operations it has.
        basic_body: The smallest body that it sends; None if it did not say.
    """

    takes_timeout: bool = True
    own_timeout: float | None = None
    own_interval: float | None = None
    operations: tuple[str, ...] = (CREATE,)
    basic_body: Mapping[str, Any] | None = None

    @classmethod
    def read(cls, answer: Mapping[str, Any]) -> Capabilities:
        """Return what a client has answered to `describe`; what has another type than documented is left out.

        Args:
            answer: The answer line.
        """
        known = cls()
        if answer.get("takes_timeout") is False:
            known = replace(known, takes_timeout=False)
        named = answer.get("operations")
        if isinstance(named, list):
            known = replace(known, operations=tuple(name for name in OPERATIONS if name in named))
        body = answer.get("basic_body")
        if isinstance(body, dict) and isinstance(body.get("train_video_url"), str):
            known = replace(known, basic_body=body)
        interval = _seconds(answer.get("own_interval"))
        if interval is None and answer.get("takes_interval") is False:
            interval = inf
        return replace(known, own_timeout=_seconds(answer.get("own_timeout")), own_interval=interval)


def _seconds(value: Any) -> float | None:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if is_number and 0 <= value < 1e9 else None
