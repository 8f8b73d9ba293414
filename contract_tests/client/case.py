"""What a client is asked to do, and what is done to it meanwhile."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

from contract_tests.http.script import JsonObject, Script

SIMPLEST_BODY: JsonObject = {"train_video_url": "https://example.com/me.mp4"}
DEFAULT_TIMEOUT = 2.0
CREATE = "create_replica"
MAX_CALLS = 5
_CALL_SECONDS = 0.006
_EXIT_SECONDS = 0.3


def quoted(value: Any, limit: int = 200) -> str:
    """Return a value as a person can read it in one line.

    Args:
        value: Anything that JSON can say.
        limit: How many characters are shown.
    """
    text = json.dumps(value, ensure_ascii=True)
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text)} characters)"


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the client.

    Args:
        body: The options of a create; of another operation, its arguments, and None for none.
        api_key: The key to use; None for a fresh one, which all such calls of a case share.
        endpoint: Where the base URL leads: a door of the wire, `prefix` for one with a path, `refused` for a closed
            port.
        timeout: What the client is given, in seconds; None for nothing, so that it has its own.
        extra_wait_seconds: How much longer than usual the client is waited for.
        scripts: What happens to the exchanges that follow from it, in turn; none: all are answered normally.
        operation: What the client is asked for, by its name in the driver protocol.
        is_real: Whether the call is about a replica that the emulator trains, and whose training ends, by a jump of
            the emulator's clock, once the client has polled twice.
    """

    body: JsonObject = field(default_factory=lambda: dict(SIMPLEST_BODY))
    api_key: str | None = None
    endpoint: str = "wire"
    timeout: float | None = DEFAULT_TIMEOUT
    extra_wait_seconds: float = 0.0
    scripts: Sequence[Script] = ()
    operation: str = CREATE
    is_real: bool = False

    def to_json(self) -> JsonObject:
        """Return the call with what is not as usual."""
        shown: JsonObject = {"body": self.body}
        if self.operation != CREATE:
            shown = {"operation": self.operation, "arguments": self.body}
        if self.api_key is not None:
            shown["api_key"] = self.api_key
        if self.endpoint != "wire":
            shown["door"] = self.endpoint
        if self.timeout != DEFAULT_TIMEOUT:
            shown["timeout"] = self.timeout
        if self.extra_wait_seconds:
            shown["patience"] = self.extra_wait_seconds
        if self.is_real:
            shown["real"] = True
        if self.scripts:
            shown["scripts"] = [script.to_json() for script in self.scripts]
        return shown

    @classmethod
    def from_json(cls, value: JsonObject) -> Self:
        """Read what `to_json` has written, in this version or an earlier one.

        Args:
            value: The JSON object.
        """
        operation = value.get("operation", CREATE)
        if not isinstance(value.get("api_key"), str | None):
            raise ValueError(f"api_key: expected a text, received {value['api_key']!r}")
        return cls(
            dict(value["body"] if operation == CREATE else value["arguments"]),
            value.get("api_key"),
            value.get("door", "wire"),
            value.get("timeout", DEFAULT_TIMEOUT),
            value.get("patience", 0.0),
            tuple(Script.from_json(script) for script in value.get("scripts", ())),
            operation,
            value.get("real", False),
        )

    @property
    def cost(self) -> float:
        """Return about how many seconds it takes to play."""
        waits = sum(script.delay + 100 * script.pause for script in self.scripts)
        if any(script.end == "hang" for script in self.scripts):
            waits += (self.timeout or 0.0) + (self.extra_wait_seconds if self.timeout is None else 0.0)
        return _CALL_SECONDS + waits

    def smaller(self) -> Iterator[Self]:
        """Return calls with fewer options, or with a plainer URL; what the server does is what they are about."""
        if self.operation == CREATE:
            for body in _smaller_bodies(self.body):
                yield replace(self, body=body)
            video = SIMPLEST_BODY["train_video_url"]
            if self.body.get("train_video_url", video) != video:
                yield replace(self, body={**self.body, "train_video_url": video})


@dataclass(frozen=True, slots=True)
class ClientCase:
    """What is drawn, shrunk and replayed: calls, each with its scripts.

    Args:
        calls: One after the other. The last is the probe, which is never left out.
        watch_seconds: How long to watch the wire after the last call for what should not come.
        then_exit: Whether the client is then let end, so that all it prints is seen.
        is_batch: Whether the calls are played together to save time alone: each can be judged alone.
    """

    calls: Sequence[Call] = (Call(),)
    watch_seconds: float = 0.0
    then_exit: bool = False
    is_batch: bool = False

    def to_json(self) -> JsonObject:
        """Return the case as `from_json` takes it."""
        shown: JsonObject = {"calls": [call.to_json() for call in self.calls]}
        if self.watch_seconds:
            shown["quiet"] = self.watch_seconds
        if self.then_exit:
            shown["ends"] = self.then_exit
        if self.is_batch:
            shown["batch"] = self.is_batch
        return shown

    @classmethod
    def from_json(cls, value: JsonObject) -> Self:
        """Read what `to_json` has written, in this version or an earlier one.

        Args:
            value: The JSON object.
        """
        calls = tuple(Call.from_json(call) for call in value["calls"])
        if not calls:
            raise ValueError("a case has at least one call")
        return cls(calls, value.get("quiet", 0.0), value.get("ends", False), value.get("batch", False))

    @property
    def key(self) -> str:
        """Return what tells cases apart."""
        return json.dumps(self.to_json(), sort_keys=True)

    @property
    def cost(self) -> float:
        """Return about how many seconds it takes to play."""
        return self.watch_seconds + _EXIT_SECONDS * self.then_exit + sum(call.cost for call in self.calls)

    def smaller(self) -> Iterator[Self]:
        """Return cases with fewer calls, or with less in one of them; the probe stays."""
        calls, removable = self.calls, len(self.calls) if self.is_batch else len(self.calls) - 1
        if len(calls) > 2:
            for call in calls if self.is_batch else calls[-1:]:
                yield replace(self, calls=(call,))
        if len(calls) > 1:
            for number in range(removable):
                yield replace(self, calls=(*calls[:number], *calls[number + 1 :]))
        for number, call in enumerate(calls):
            for one in call.smaller():
                yield replace(self, calls=(*calls[:number], one, *calls[number + 1 :]))

    def parts(self) -> Iterator[Self]:
        """Return cases with one call each, or with one option each beyond the simplest body."""
        if self.is_batch and len(self.calls) > 1:
            yield from (replace(self, calls=(call,)) for call in self.calls)
        if len(self.calls) != 1 or self.calls[0].operation != CREATE:
            return
        (call,) = self.calls
        options = {name: value for name, value in call.body.items() if SIMPLEST_BODY.get(name) != value}
        if len(options) > 1:
            for name, value in options.items():
                yield replace(self, calls=(replace(call, body={**SIMPLEST_BODY, name: value}),))

    def after(self, earlier: Self) -> Self | None:
        """Return this case behind an `earlier` one; None if that would be too long."""
        calls = (*earlier.calls, *self.calls)
        return replace(self, calls=calls) if len(calls) <= MAX_CALLS else None


def one(call: Call, watch_seconds: float = 0.0) -> ClientCase:
    """Return a case of one call.

    Args:
        call: The call.
        watch_seconds: How long to watch the wire after it.
    """
    return ClientCase((call,), watch_seconds)


def _smaller_bodies(body: JsonObject, is_nested: bool = False) -> Iterator[JsonObject]:
    optional = [name for name in body if is_nested or name not in SIMPLEST_BODY]
    if len(optional) > 2:  # half of them at once, before each alone
        for half in (optional[: len(optional) // 2], optional[len(optional) // 2 :]):
            yield {name: value for name, value in body.items() if name not in half}
    for name in optional:
        yield {other: value for other, value in body.items() if other != name}
    for name, value in body.items():
        if isinstance(value, dict):
            for nested in _smaller_bodies(value, is_nested=True):
                yield {**body, name: nested}
