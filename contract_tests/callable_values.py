"""From what a Python callable returns to values that JSON can say. Like the worker, it imports nothing of the kit."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import date
from enum import Enum
from typing import Any


def plain_value(value: Any) -> Any:
    """Return a value as JSON can say it: an object by its fields."""
    if isinstance(value, Enum):
        return plain_value(value.value)
    if isinstance(value, Mapping):
        return {str(name): plain_value(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)) and not hasattr(value, "_asdict"):
        return [plain_value(one) for one in value]
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    if isinstance(value, date):
        return value.isoformat()
    return _fields(value)


_NAMES = (
    *("replica_id", "replica_name", "thumbnail_video_url", "training_progress", "status", "created_at"),
    *("updated_at", "error_message", "replica_type"),
)
"""The documented fields of a replica."""


def _fields(value: Any) -> Any:
    """Return an object by its fields, whatever it keeps them in; a text if it has none."""
    if callable(dump := getattr(value, "model_dump", None)):
        return plain_value(dump())
    if callable(as_dict := getattr(value, "_asdict", None)):
        return plain_value(as_dict())
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return plain_value(dataclasses.asdict(value))
    slots = [name for one in type(value).__mro__ for name in getattr(one, "__slots__", ())]
    names = [name for name in (*getattr(value, "__dict__", {}), *slots) if not name.startswith("_")]
    if "replica_id" not in names:
        names += [name for name in _NAMES if name not in names and hasattr(value, name)]
    found = {name: plain_value(getattr(value, name)) for name in names if hasattr(value, name)}
    return found or str(value)
