"""Why something falls short."""

from __future__ import annotations


class KitError(Exception):
    """The kit, or what it was given, does not work: never a verdict on a client."""


class CheckFailed(AssertionError):
    """A check does not hold.

    Args:
        received: What was seen.
        documented: What the authority asks for.
        is_warning: Whether it is at most a warning: there are common stacks on which no client can help it.
    """

    def __init__(self, received: str, documented: str, *, is_warning: bool = False) -> None:
        self.is_warning = is_warning
        super().__init__(f"Received: {received} / Documented: {documented}")
        self.received = received
        self.documented = documented


class NotApplicable(Exception):
    """A check does not apply to what was seen. The message says why."""


class NotJudged(NotApplicable):
    """A check would apply, but nothing was seen that could be judged. The message says why."""
