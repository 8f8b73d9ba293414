"""One run as data, from which every report is made."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field

from contract_tests.catalogue import Entry
from contract_tests.client.case import Episode, Json
from contract_tests.engine.run import Result
from contract_tests.http.messages import plain, visible

VERDICTS = ("pass", "fail", "warn", "skip", "error")


@dataclass(frozen=True, slots=True)
class Finding:
    """One check's result, with what proves it.

    Args:
        result: What the runner says.
        is_known: Whether the baseline has it.
        replay: The command that plays the counterexample again; empty without one.
    """

    result: Result
    is_known: bool = False
    replay: str = ""

    @property
    def entry(self) -> Entry:
        """Return the check's row in the catalogue."""
        return self.result.entry

    @property
    def episode(self) -> Episode | None:
        """Return the counterexample, as it was played."""
        return self.result.counterexample

    @property
    def received_and_documented(self) -> tuple[str, str]:
        """Return the two halves of what a check says; the second is empty if its message is of another kind."""
        received, _, documented = plain(self.result.message).partition(" / Documented: ")
        return received.removeprefix("Received: "), documented

    @property
    def raw_requests(self) -> list[bytes]:
        """Return every request of the counterexample, byte by byte."""
        if self.episode is None:
            return []
        return [one.raw_request for played in self.episode.played for one in played.exchanges if one.raw_request]

    @property
    def calls(self) -> list[Json]:
        """Return the calls of the counterexample, without what happens to their exchanges."""
        if self.episode is None:
            return []
        return [
            {name: value for name, value in played.call.to_json().items() if name != "scripts"}
            for played in self.episode.played
        ]

    @property
    def scripts(self) -> list[list[Json]]:
        """Return, for each call of the counterexample, what happens to its exchanges."""
        return [] if self.episode is None else [list(call.scripts) for call in self.episode.situation.calls]

    def to_json(self) -> Json:
        """Return the finding as the report format has it."""
        entry, result = self.entry, self.result
        shown: Json = {
            "id": entry.check_id,
            "level": entry.level,
            "title": entry.title,
            "authority": entry.authority,
            "verdict": result.verdict,
            "examples": result.examples,
            "message": result.message,
        }
        if result.not_judged:
            shown["not_judged"] = True
        if self.episode is not None:
            scripts = [script for scripts in self.scripts for script in scripts]
            shown["counterexample"] = {
                "calls": self.calls,
                "script": scripts[0] if len(scripts) == 1 else {"scripts": self.scripts} if scripts else {},
                "request_bytes": "".join(raw.decode("latin-1") for raw in self.raw_requests),
                "outcome": self.episode.last.outcome.to_json(),
            }
            shown["replay"] = self.replay
        return shown


@dataclass(frozen=True, slots=True)
class Report:
    """One run.

    Args:
        client: What was judged.
        emulator: Against what.
        seed: What Hypothesis drew from.
        seconds: How long it took.
        findings: One for each check, in the order of the catalogue.
        stale: Known failures that are no longer there.
        strict: Whether warnings count.
        interrupted: Whether the run was ended before all checks were run.
    """

    client: str
    emulator: str
    seed: int
    seconds: float
    findings: Sequence[Finding] = field(default=())
    stale: Sequence[str] = ()
    strict: bool = False
    interrupted: bool = False

    @property
    def not_judged(self) -> int:
        """Return how many checks were skipped because nothing reached the emulator that they could judge."""
        return sum(finding.result.not_judged for finding in self.findings)

    @property
    def unjudged_reason(self) -> str:
        """Return why the run says nothing of the client; empty if enough was judged.

        That is so if no check judged anything, or if more than a third of the must checks were not judged whose
        capability the client has.
        """
        if self.findings and all(one.result.verdict == "skip" for one in self.findings):
            first = self.findings[0]
            return f"nothing was judged; {first.entry.check_id}, for one: {first.result.message}"
        must = [one.result for one in self.findings if one.entry.level == "must"]
        declared = [one for one in must if one.verdict != "skip" or one.not_judged]
        unjudged = [one for one in declared if one.not_judged]
        if 3 * len(unjudged) <= len(declared):
            return ""
        return (
            f"{len(unjudged)} of {len(declared)} must checks were not judged, {unjudged[0].entry.check_id} for one: "
            f"{unjudged[0].message}"
        )

    @property
    def summary(self) -> dict[str, int]:
        """Return how many checks ended in each verdict."""
        counts = dict.fromkeys(VERDICTS, 0)
        for finding in self.findings:
            counts[finding.result.verdict] += 1
        return counts

    def counts(self, finding: Finding) -> bool:
        """Return whether a finding makes the run fail."""
        verdicts = ("fail", "warn") if self.strict else ("fail",)
        return finding.result.verdict in verdicts and not finding.is_known

    @property
    def exit_code(self) -> int:
        """Return 130 if the run was interrupted, 1 if the client fell short, 2 if too little was judged, and else 0."""
        if self.interrupted:
            return 130
        if self.stale or any(map(self.counts, self.findings)):
            return 1
        return 2 if self.summary["error"] or self.unjudged_reason else 0


def client_options(
    client: str | None, client_cmd: str | None, emulator: str | None, basic_body: str | None = None
) -> list[str]:
    """Return the options that name a client, and the emulator and the basic body if they were named."""
    named = ["--client", client] if client else ["--client-cmd", str(client_cmd)]
    if emulator:
        named += ["--emulator", emulator]
    return [*named, "--basic-body", basic_body] if basic_body else named


def replay_command(naming: Sequence[str], check_id: str, episode: Episode) -> str:
    """Return one line that plays a counterexample again.

    Args:
        naming: What names the client, and the emulator if one was named.
        check_id: What judges it.
        episode: The counterexample.
    """
    situation = json.dumps(episode.situation.to_json(), separators=(",", ":"))
    return shlex.join(["mock-tavus-contract", "client", *naming, "--only", check_id, "--replay", situation])


def readable(raw: bytes, limit: int = 4000) -> str:
    """Return bytes as text in which nothing is lost: what is not plain is escaped, and lines stay lines."""
    text = raw[:limit].decode("utf-8", "backslashreplace")
    shown = "".join(visible(char) for char in text.replace("\r\n", "\n"))
    return shown if len(raw) <= limit else f"{shown}… ({len(raw)} bytes)"
