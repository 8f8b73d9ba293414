"""One run as data, from which every report is made."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field

from contract_tests.catalogue import Entry
from contract_tests.exchange import Episode, Json
from contract_tests.runner import Result

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
            {name: value for name, value in call.to_json().items() if name != "scripts"}
            for call in self.episode.situation.calls
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
    """

    client: str
    emulator: str
    seed: int
    seconds: float
    findings: Sequence[Finding] = field(default=())
    stale: Sequence[str] = ()
    strict: bool = False

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
        """Return 1 if the client fell short, 2 if the kit did, and else 0."""
        if self.stale or any(map(self.counts, self.findings)):
            return 1
        return 2 if self.summary["error"] else 0


def client_options(client: str | None, client_cmd: str | None, emulator: str | None) -> list[str]:
    """Return the options that name a client, and the emulator if one was named."""
    named = ["--client", client] if client else ["--client-cmd", str(client_cmd)]
    return [*named, "--emulator", emulator] if emulator else named


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
    shown = "".join(_visible(char) for char in text.replace("\r\n", "\n"))
    return shown if len(raw) <= limit else f"{shown}… ({len(raw)} bytes)"


def plain(text: str) -> str:
    """Return a text with everything escaped that would move a cursor or cannot be written."""
    return "".join(map(_visible, text))


def _visible(char: str) -> str:
    return char if char.isprintable() or char == "\n" else char.encode("unicode_escape").decode()
