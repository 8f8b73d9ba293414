"""What a receiver should believe: a table from state and event to the next state and its effects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from contract_tests.receiver.case import Event, EventKind


class Belief(StrEnum):
    """What a receiver should believe of one replica."""

    UNKNOWN = "unknown"
    EARLY_READY = "a ready that came before the create's response"
    EARLY_ERROR = "an error that came before the create's response"
    EARLY_BOTH = "both ends, before the create's response"
    PENDING = "pending"
    DONE = "ready"
    FAILED = "error"
    SETTLED = "one of both ends"


class Told(StrEnum):
    """What an event tells of a replica."""

    CREATED = "created"
    READY = "ready"
    ERROR = "error"


TRANSITIONS: Mapping[tuple[Belief, Told], tuple[Belief, int]] = {
    (Belief.UNKNOWN, Told.CREATED): (Belief.PENDING, 0),
    (Belief.UNKNOWN, Told.READY): (Belief.EARLY_READY, 0),
    (Belief.UNKNOWN, Told.ERROR): (Belief.EARLY_ERROR, 0),
    (Belief.EARLY_READY, Told.CREATED): (Belief.DONE, 1),
    (Belief.EARLY_READY, Told.READY): (Belief.EARLY_READY, 0),  # a duplicate
    (Belief.EARLY_READY, Told.ERROR): (Belief.EARLY_BOTH, 0),
    (Belief.EARLY_ERROR, Told.CREATED): (Belief.FAILED, 1),
    (Belief.EARLY_ERROR, Told.ERROR): (Belief.EARLY_ERROR, 0),
    (Belief.EARLY_ERROR, Told.READY): (Belief.EARLY_BOTH, 0),
    (Belief.EARLY_BOTH, Told.CREATED): (Belief.SETTLED, 1),
    (Belief.EARLY_BOTH, Told.READY): (Belief.EARLY_BOTH, 0),
    (Belief.EARLY_BOTH, Told.ERROR): (Belief.EARLY_BOTH, 0),
    (Belief.PENDING, Told.CREATED): (Belief.PENDING, 0),
    (Belief.PENDING, Told.READY): (Belief.DONE, 1),
    (Belief.PENDING, Told.ERROR): (Belief.FAILED, 1),
    (Belief.DONE, Told.CREATED): (Belief.DONE, 0),
    (Belief.DONE, Told.READY): (Belief.DONE, 0),  # a duplicate, once
    (Belief.DONE, Told.ERROR): (Belief.SETTLED, 0),  # which end wins is the application's choice
    (Belief.FAILED, Told.CREATED): (Belief.FAILED, 0),
    (Belief.FAILED, Told.ERROR): (Belief.FAILED, 0),
    (Belief.FAILED, Told.READY): (Belief.SETTLED, 0),
    (Belief.SETTLED, Told.CREATED): (Belief.SETTLED, 0),
    (Belief.SETTLED, Told.READY): (Belief.SETTLED, 0),
    (Belief.SETTLED, Told.ERROR): (Belief.SETTLED, 0),
}


@dataclass(frozen=True, slots=True)
class Expected:
    """What a receiver should believe of one replica, and how often it should have acted.

    Args:
        belief: What it should believe.
        effects: How often it should have acted on the end of the training.
    """

    belief: Belief = Belief.UNKNOWN
    effects: int = 0

    def after(self, event: Event) -> Expected:
        """Return what it should believe after an event that was taken.

        Args:
            event: What has happened; what tells nothing of the end of a training changes nothing.
        """
        told = _told(event)
        if told is None:
            return self
        belief, effects = TRANSITIONS[self.belief, told]
        return Expected(belief, self.effects + effects)

    @property
    def words(self) -> frozenset[str]:
        """Return what the state may be called: `unknown`, `pending`, `ready`, `error`, or `other` for any word else."""
        return _WORDS[self.belief]

    @property
    def documented(self) -> str:
        """Return what is expected, in words."""
        effects = f"{self.effects} effect{'' if self.effects == 1 else 's'}"
        if self.belief in (Belief.EARLY_READY, Belief.EARLY_ERROR, Belief.EARLY_BOTH, Belief.UNKNOWN):
            return f"nothing told as done, {effects}"
        if self.belief is Belief.SETTLED:
            return f"'ready' or 'error', {effects}"
        return f"{str(self.belief)!r}, {effects}"


_NOT_DONE = frozenset({"unknown", "pending", "error", "other"})
_WORDS: Mapping[Belief, frozenset[str]] = {
    Belief.UNKNOWN: frozenset({"unknown", "pending", "other"}),
    Belief.EARLY_READY: _NOT_DONE,
    Belief.EARLY_ERROR: _NOT_DONE,
    Belief.EARLY_BOTH: _NOT_DONE,
    Belief.PENDING: frozenset({"unknown", "pending", "other"}),
    Belief.DONE: frozenset({"ready"}),
    Belief.FAILED: frozenset({"error"}),
    Belief.SETTLED: frozenset({"ready", "error"}),
}


def _told(event: Event) -> Told | None:
    if event.kind is EventKind.CREATED:
        return Told.CREATED
    if event.is_forged or event.status is None:
        return None
    return Told.READY if event.status == "ready" else Told.ERROR
