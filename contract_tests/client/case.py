"""What a client was asked to do, what it did on the wire, and what it reported."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from contract_tests.http.messages import HttpRequest, read_request

Json = dict[str, Any]
SIMPLEST_BODY: Json = {"train_video_url": "https://example.com/me.mp4"}
DEFAULT_TIMEOUT = 2.0


def quoted(value: Any, limit: int = 200) -> str:
    """Return a value as a person can read it in one line."""
    text = json.dumps(value, ensure_ascii=True)
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text)} characters)"


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the client.

    Args:
        body: The options of the create.
        api_key: The key to use; None for a fresh one, which all such calls of a situation share.
        door: Where the base URL leads: a door of the wire, `prefix` for one with a path, `refused` for a closed port.
        timeout: What the client is given, in seconds; None for nothing, so that it has its own.
        patience: How much longer than usual the client is waited for, in seconds.
        scripts: What happens to the exchanges that follow from it, in turn; none: all are answered normally.
    """

    body: Json = field(default_factory=lambda: dict(SIMPLEST_BODY))
    api_key: str | None = None
    door: str = "wire"
    timeout: float | None = DEFAULT_TIMEOUT
    patience: float = 0.0
    scripts: Sequence[Json] = ()

    def to_json(self) -> Json:
        """Return the call with what is not as usual."""
        shown: Json = {"body": self.body}
        if self.api_key is not None:
            shown["api_key"] = self.api_key
        if self.door != "wire":
            shown["door"] = self.door
        if self.timeout != DEFAULT_TIMEOUT:
            shown["timeout"] = self.timeout
        if self.patience:
            shown["patience"] = self.patience
        if self.scripts:
            shown["scripts"] = list(self.scripts)
        return shown


@dataclass(frozen=True, slots=True)
class Situation:
    """What is drawn, shrunk and replayed: one to five calls, each with its scripts.

    Args:
        calls: One after the other.
        quiet: How long to watch the wire after the last call, in seconds, for what should not come.
        ends: Whether the client is then let end, so that all it prints is seen.
    """

    calls: Sequence[Call] = (Call(),)
    quiet: float = 0.0
    ends: bool = False

    def to_json(self) -> Json:
        """Return the situation as `from_json` takes it."""
        shown: Json = {"calls": [call.to_json() for call in self.calls]}
        if self.quiet:
            shown["quiet"] = self.quiet
        if self.ends:
            shown["ends"] = self.ends
        return shown

    @classmethod
    def from_json(cls, value: Json) -> Situation:
        """Read what `to_json` has written."""
        calls = (Call(**{**call, "scripts": tuple(call.get("scripts", ()))}) for call in value["calls"])
        return cls(tuple(calls), value.get("quiet", 0.0), value.get("ends", False))

    @property
    def key(self) -> str:
        """Return what tells situations apart."""
        return json.dumps(self.to_json(), sort_keys=True)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the client reported.

    Args:
        outcome: `ok`, `error`, `unsupported` or `crash`.
        replica_id: With `ok`.
        status: With `ok`; None if it does not tell.
        http_status: With `error`; None where no answer was understood.
        kind: With `error`, if it tells.
        message: The text that a user sees; with `crash`, what happened.
        printed: What came on its standard error meanwhile, and other lines of its standard output.
        seconds: How long it took.
        knows_timeout: Whether it was given the timeout.
        has_hung: With `crash`, whether it was ended because no answer came.
    """

    outcome: str
    replica_id: Any = None
    status: Any = None
    http_status: int | None = None
    kind: str | None = None
    message: str = ""
    printed: str = ""
    seconds: float = 0.0
    knows_timeout: bool = True
    has_hung: bool = False

    @property
    def is_ok(self) -> bool:
        """Return whether the client told a success."""
        return self.outcome == "ok"

    def to_json(self) -> Json:
        """Return the outcome with what it has."""
        names = ("outcome", "replica_id", "status", "http_status", "kind", "message")
        return {name: value for name in names if (value := getattr(self, name)) not in (None, "")}

    def __str__(self) -> str:
        if self.is_ok:
            return f"a success with the id {self.replica_id!r}"
        if self.outcome == "crash":
            return self.message[:120]
        told = [str(part) for part in (self.http_status, self.kind) if part]
        return f"{self.outcome} ({', '.join([*told, self.message[:120]])})"


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer on the wire, or a connection without a request.

    Args:
        door: Where it came.
        connection: The number of its connection.
        raw_request: What the client sent.
        raw_answer: What it was sent.
        is_complete: Whether the request came whole.
        status: What the emulator answered, whatever the client was told; None if it was not asked.
        withheld: How many bytes of the answer it was not sent.
        ended: What became of the connection.
        error: Why the request could not be read.
        answer_length: How many bytes were written, recorded or not.
        began_ms: When it began, in milliseconds of the emulator's time.
    """

    door: str
    connection: int
    raw_request: bytes
    raw_answer: bytes
    is_complete: bool
    status: int | None
    withheld: int
    ended: str | None
    error: str | None
    answer_length: int = 0
    began_ms: float = 0.0

    @property
    def request(self) -> HttpRequest | None:
        """Return the request, if there is one."""
        return read_request(self.raw_request)

    @property
    def has_created(self) -> bool:
        """Return whether the emulator has started a training for it."""
        request = self.request
        return self.status == 200 and request is not None and request.method == "POST"


@dataclass(frozen=True, slots=True)
class Played:
    """One call that was played.

    Args:
        call: What was asked.
        api_key: The key that was given.
        base_url: The URL that was given.
        outcome: What the client reported.
        exchanges: What was seen on the wire.
    """

    call: Call
    api_key: str
    base_url: str
    outcome: Outcome
    exchanges: Sequence[Exchange]

    @property
    def requests(self) -> list[HttpRequest]:
        """Return the requests, in the order in which they came."""
        return [request for exchange in self.exchanges if (request := exchange.request) is not None]

    @property
    def has_reached(self) -> bool:
        """Return whether anything of the call came to the emulator, be it a connection without a request."""
        return bool(self.exchanges)

    @property
    def created(self) -> int:
        """Return how many trainings it has bought, by the emulator's own account."""
        return sum(exchange.has_created for exchange in self.exchanges)


@dataclass(frozen=True, slots=True)
class Episode:
    """A situation that was played.

    Args:
        situation: What was asked.
        played: What came of each call.
    """

    situation: Situation
    played: Sequence[Played]

    @property
    def crash(self) -> Outcome | None:
        """Return the first outcome that is a crash; None if there is none."""
        return next((one.outcome for one in self.played if one.outcome.outcome == "crash"), None)

    @property
    def last(self) -> Played:
        """Return the last call."""
        return self.played[-1]
