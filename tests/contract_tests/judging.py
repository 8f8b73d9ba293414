"""How a judge is asked about an observation that was made by hand."""

from __future__ import annotations

from typing import Any

from contract_tests.engine.model import Check


def judge(check: Check[Any, Any, Any], observation: Any, context: Any) -> None:
    """Raise the first thing in which an observation falls short of a check."""
    for failure in check.judge(observation, context) or ():
        raise failure


def by_texts(value: object) -> str:
    """Name a parameter of a test: a check's id and other texts by themselves, anything else not at all."""
    return value if isinstance(value, str) else ""
