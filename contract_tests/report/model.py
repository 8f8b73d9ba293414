"""One run as data, from which every report is made."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from contract_tests.client.causes import remedy
from contract_tests.engine.model import CheckResult, Failure, JsonObject, Observation, Options
from contract_tests.http.messages import plain, visible
from contract_tests.requirements import Level, Requirement

VERDICTS = ("pass", "fail", "warn", "skip", "error")
WITNESSES: Mapping[str, str] = {
    "wire": "the wire, byte by byte",
    "ledger": "the emulator's ledger of trainings",
    "report": "what it reports, against the wire",
    "state": "its HTTP responses and its state",
    "answer": "its HTTP responses",
}
"""Who is heard, by a requirement's witness."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One check's result, with what proves it.

    Args:
        result: What the engine says.
        is_known: Whether the baseline has it.
        naming: The command, and the options that name the subject, for replays.
        also: The ids of other checks that fail by the same cause; they are shown with this one.
        head: The id of the check that this one is shown with; empty if it heads its group.
    """

    result: CheckResult[Any, Any]
    is_known: bool = False
    naming: Sequence[str] = ()
    also: Sequence[str] = ()
    head: str = ""

    @property
    def requirement(self) -> Requirement:
        """Return what the check asks for."""
        return self.result.requirement

    @property
    def failure(self) -> Failure[Any, Any] | None:
        """Return the main failure."""
        return self.result.failure

    @property
    def observation(self) -> Observation | None:
        """Return the counterexample, as it was played."""
        return None if self.failure is None else self.failure.observation

    @property
    def received(self) -> str:
        """Return what was seen, or why there is no verdict."""
        return plain(self.result.message if self.failure is None else self._unstable + self.failure.received)

    @property
    def documented(self) -> str:
        """Return what the authority asks for; empty if nothing was found."""
        return "" if self.failure is None else plain(self.failure.documented)

    @property
    def _unstable(self) -> str:
        begin, is_unstable, _ = self.result.message.partition(": Received: ")
        return f"{begin}: " if is_unstable else ""

    @property
    def witness(self) -> str:
        """Return who is heard."""
        return WITNESSES[self.requirement.witness]

    @property
    def remedy(self) -> str:
        """Return how to mend it in the stack at hand, where that is known."""
        if self.failure is None or not self.failure.cause:
            return ""
        return remedy(self.failure.cause, self.failure.observation.user_agent)

    @property
    def replay(self) -> str:
        """Return one line that plays the counterexample again; empty without one."""
        return "" if self.failure is None else self.replay_of(self.failure)

    def replay_of(self, failure: Failure[Any, Any]) -> str:
        """Return one line that plays a counterexample again.

        Args:
            failure: The failure that it shows.
        """
        case = json.dumps(failure.case.to_json(), separators=(",", ":"))
        return shlex.join([*self.naming, "--only", self.requirement.check_id, "--replay", case])

    def to_json(self) -> JsonObject:
        """Return the finding as the report format has it."""
        requirement, result = self.requirement, self.result
        shown: JsonObject = {
            "id": requirement.check_id,
            "level": str(requirement.level),
            "title": requirement.title,
            "authority": str(requirement.authority),
            "clause": requirement.clause,
            "verdict": result.verdict,
            "examples": result.examples,
            "message": result.message,
        }
        if result.not_judged:
            shown["not_judged"] = True
        if self.is_known:
            shown["known"] = True
        if result.traceback:
            shown["traceback"] = result.traceback
        shown |= self._proof()
        if self.also:
            shown["also_fails"] = list(self.also)
        if self.head:
            shown["shown_with"] = self.head
        if result.samples:
            shown["trace"] = [sample.to_json() for sample in result.samples]
        return shown

    def _proof(self) -> JsonObject:
        """Return what proves a failure; nothing without one."""
        if self.failure is None:
            return {}
        shown: JsonObject = {
            "counterexample": self.failure.observation.to_json(),
            "replay": self.replay,
            "witness": self.requirement.witness,
        }
        if self.failure.cause:
            shown |= {"cause": self.failure.cause, "remedy": self.remedy}
        if len(self.result.failures) > 1:
            shown["more"] = [
                {
                    "message": str(failure),
                    "place": failure.place,
                    "counterexample": failure.observation.to_json(),
                    "replay": self.replay_of(failure),
                }
                for failure in self.result.failures[1:]
            ]
        return shown


@dataclass(frozen=True, slots=True)
class Report:
    """One run.

    Args:
        subject: What was judged, by name.
        emulator: Against what.
        options: How much was tried, and from which seed.
        seconds: How long it took.
        findings: One for each check, in the order of the catalogue.
        stale: Known failures that are no longer there.
        strict: Whether warnings count.
        interrupted: Whether the run was ended before all checks were run.
        kind: What kind of subject it is: `client` or `receiver`.
        jobs: How many checks ran at once.
        notice: What the user should know of this run.
        tls: The PEM texts of the authority and of the certificate with its key that were used; None if there were none.
    """

    subject: str
    emulator: str
    options: Options = Options()
    seconds: float = 0.0
    findings: Sequence[Finding] = field(default=())
    stale: Sequence[str] = ()
    strict: bool = False
    interrupted: bool = False
    kind: str = "client"
    jobs: int = 1
    notice: str = ""
    tls: tuple[str, str] | None = None

    @property
    def seed(self) -> int:
        """Return what Hypothesis drew from."""
        return self.options.seed

    @property
    def not_judged(self) -> int:
        """Return how many checks were skipped because nothing was seen that they could judge."""
        return sum(finding.result.not_judged for finding in self.findings)

    @property
    def unjudged_reason(self) -> str:
        """Return why the run says nothing of the subject; empty if enough was judged."""
        judged = [(one.requirement.level is Level.MUST, _judged(one)) for one in self.findings]
        reason = unjudged_reason(judged)
        if not reason:
            return ""
        first = next((one for one in self.findings if one.result.verdict == "skip"), None)
        if first is None:
            return reason
        return f"{reason}; {first.requirement.check_id}, for one: {first.result.message}"

    @property
    def summary(self) -> dict[str, int]:
        """Return how many checks ended in each verdict."""
        counts = dict.fromkeys(VERDICTS, 0)
        for finding in self.findings:
            counts[finding.result.verdict] += 1
        return counts

    @property
    def known(self) -> int:
        """Return how many of those that fall short are in the baseline."""
        verdicts = self._counting
        return sum(finding.is_known and finding.result.verdict in verdicts for finding in self.findings)

    @property
    def _counting(self) -> tuple[str, ...]:
        return ("fail", "warn") if self.strict else ("fail",)

    def counts(self, finding: Finding) -> bool:
        """Return whether a `finding` makes the run fail."""
        return finding.result.verdict in self._counting and not finding.is_known

    @property
    def exit_code(self) -> int:
        """Return 130 if it was interrupted, 1 if the subject fell short, 2 if too little was judged, and else 0."""
        if self.interrupted:
            return 130
        if self.stale or any(map(self.counts, self.findings)):
            return 1
        return 2 if self.summary["error"] or self.unjudged_reason else 0


def _judged(finding: Finding) -> str:
    if finding.result.not_judged:
        return "not judged"
    return "skip" if finding.result.verdict == "skip" else "judged"


def unjudged_reason(judged: Sequence[tuple[bool, str]]) -> str:
    """Return why a run says nothing of its subject; empty if enough was judged.

    That is so if no check judged anything, if no must check did although some were to, or if more than a third of the
    must checks were not judged whose capability the subject has.

    Args:
        judged: For each check whether it is a must check, and `judged`, `not judged` or `skip`.
    """
    if judged and not any(told == "judged" for _, told in judged):
        return "nothing was judged: every check was skipped"
    every_must = [told for is_must, told in judged if is_must]
    if every_must and "judged" not in every_must:
        return "no must check was judged"
    must = [told for told in every_must if told != "skip"]
    unjudged = must.count("not judged")
    if 3 * unjudged > len(must):
        return f"{unjudged} of {len(must)} must checks were not judged"
    return ""


def readable(raw: bytes, limit: int = 4000) -> str:
    """Return bytes as text in which nothing is lost: what is not plain is escaped, and lines stay lines.

    Args:
        raw: The bytes.
        limit: How many of them are shown.
    """
    text = raw[:limit].decode("utf-8", "backslashreplace")
    shown = "".join(visible(char) for char in text.replace("\r\n", "\n"))
    return shown if len(raw) <= limit else f"{shown}… ({len(raw)} bytes)"
