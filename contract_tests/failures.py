"""Why something falls short."""

from __future__ import annotations


class KitError(Exception):
    """The kit, or what it was given, does not work: never a verdict on a subject."""


class CannotStart(KitError):
    """The subject cannot be started, or sends nothing, so that no check could say anything about it."""


class CheckFailed(AssertionError):
    """A check does not hold.

    Args:
        received: What was seen.
        documented: What the authority asks for.
        is_warning: Whether it is at most a warning: there are common stacks on which no client can help it.
        place: What tells this failure from another one of the same check, such as a field or a status.
        cause: What the subject does wrong, if that is known: findings with one cause are shown together.
    """

    def __init__(
        self, received: str, documented: str, *, is_warning: bool = False, place: str = "", cause: str = ""
    ) -> None:
        super().__init__(f"Received: {received} / Documented: {documented}")
        self.received = received
        self.documented = documented
        self.is_warning = is_warning
        self.place = place
        self.cause = cause


class NotApplicable(Exception):
    """A check does not apply to what was seen. The message says why."""


class NotJudged(NotApplicable):
    """A check would apply, but nothing was seen that could be judged. The message says why."""
