"""What a check asks for: its id, its level, who says so, and the harm when it is not so."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How much a requirement weighs."""

    MUST = "must"
    SHOULD = "should"
    INFO = "info"


class Authority(StrEnum):
    """Who asks for it."""

    VENDOR = "vendor-doc"
    RFC = "rfc"
    HOUSE = "house"


class Evidence(StrEnum):
    """What a case must have shown to be judged."""

    REQUEST = "request"
    """A request reached the emulator."""

    CONNECTION = "connection"
    """A connection reached the emulator, be it without a request."""

    REPORT = "report"
    """What the subject reports is enough: a refusal without a request is a right answer, too."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One row of the catalogue.

    Args:
        check_id: Stable: rows are added, never renumbered.
        level: How much it weighs.
        title: What the subject does if it passes, in words that follow "a client …" or "a receiver …".
        authority: Who asks for it.
        clause: Where that stands.
        harm: What happens to the user of a subject that does not, in plain words.
        evidence: What a case must have shown to be judged.
        witness: Who is heard: `wire`, `ledger` (the emulator's own), `report` (the subject's, against the wire), or of
            a receiver `answer` and `state`.
    """

    check_id: str
    level: Level
    title: str
    authority: Authority
    clause: str
    harm: str
    evidence: Evidence = Evidence.REQUEST
    witness: str = "wire"

    @property
    def group(self) -> str:
        """Return the letters before the number."""
        return self.check_id.partition("-")[0]
