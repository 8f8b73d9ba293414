"""What a receiver is confronted with: events, as data."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Self

from contract_tests.http.script import JsonObject

WATCH_SECONDS = 0.5


class EventKind(StrEnum):
    """What happens."""

    CALLBACK = "callback"
    CREATED = "created"
    RESTART = "restart"
    FAIL_NEXT = "fail_next"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happens to a receiver.

    Args:
        kind: What.
        replica: Which replica it is about: `A`, `B`; each play gives them ids of their own.
        body: The fields of a callback; `{A}` in a text stands for a replica's id.
        text: The exact body of a callback, in place of one made from `body`; `{A}` as above.
        method: The HTTP method.
        content_type: The header's value.
        is_forged: Whether a callback comes without the query of the receiver's URL, which may be a secret.
        times: How many times a callback is sent at once.
        padding: How many spaces stand behind the body.
        stalls: How long the body of a callback stalls half way, in seconds.
    """

    kind: EventKind = EventKind.CALLBACK
    replica: str = "A"
    body: JsonObject = field(default_factory=dict)
    text: str | None = None
    method: str = "POST"
    content_type: str = "application/json"
    is_forged: bool = False
    times: int = 1
    padding: int = 0
    stalls: float = 0.0

    def to_json(self) -> JsonObject:
        """Return the event with what is not as usual."""
        shown: JsonObject = {"event": str(self.kind)}
        if self.replica != "A":
            shown["replica"] = self.replica
        if self.kind is EventKind.CALLBACK:
            shown |= {"body": self.body} if self.text is None else {"text": self.text}
        for name, usual in _USUAL.items():
            value = getattr(self, name)
            if value != usual:
                shown[name] = value
        return shown

    @classmethod
    def from_json(cls, value: JsonObject) -> Self:
        """Read what `to_json` has written.

        Args:
            value: The JSON object.
        """
        read: dict[str, Any] = {name: one for name, one in value.items() if name != "event"}
        for name, one in read.items():
            if not isinstance(one, _TYPES.get(name, object)) or (isinstance(one, (int, float)) and one < 0):
                raise ValueError(f"{name}: {one!r} cannot be")
        return cls(EventKind(value["event"]), **{**read, "times": max(1, read.get("times", 1))})

    @property
    def status(self) -> str | None:
        """Return the status that a callback tells, if it is one that is documented and well formed."""
        status = self.body.get("status")
        is_whole = self.kind is EventKind.CALLBACK and self.text is None and self.method == "POST"
        return str(status) if is_whole and status in ("ready", "error") else None

    def smaller(self) -> Iterator[Self]:
        """Return events with less out of the usual."""
        for name in self.body:
            if name not in ("replica_id", "status", "error_message"):
                yield replace(self, body={other: one for other, one in self.body.items() if other != name})
        if self.content_type != "application/json":
            yield replace(self, content_type="application/json")


_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "replica": str,
    "body": dict,
    "text": str,
    "method": str,
    "content_type": str,
    "is_forged": bool,
    "times": int,
    "padding": int,
    "stalls": (int, float),
}

_USUAL = {
    "method": "POST",
    "content_type": "application/json",
    "is_forged": False,
    "times": 1,
    "padding": 0,
    "stalls": 0.0,
}


@dataclass(frozen=True, slots=True)
class ReceiverCase:
    """A story: events, one after the other.

    Args:
        events: What happens.
        digits: How many hexadecimal digits the ids of replicas have, behind an `r`.
        watch_seconds: How long the states are watched at the end, for what should not come.
    """

    events: Sequence[Event]
    digits: int = 9
    watch_seconds: float = WATCH_SECONDS

    @property
    def key(self) -> str:
        """Return what tells cases apart."""
        return json.dumps(self.to_json(), sort_keys=True)

    @property
    def cost(self) -> float:
        """Return about how many seconds it takes to play."""
        return self.watch_seconds + sum(
            0.02 + event.stalls + (1.0 if event.kind is EventKind.RESTART else 0.0) for event in self.events
        )

    def to_json(self) -> JsonObject:
        """Return the case as `from_json` takes it."""
        shown: JsonObject = {"events": [event.to_json() for event in self.events]}
        if self.digits != 9:
            shown["digits"] = self.digits
        if self.watch_seconds != WATCH_SECONDS:
            shown["watch"] = self.watch_seconds
        return shown

    @classmethod
    def from_json(cls, value: JsonObject) -> Self:
        """Read what `to_json` has written.

        Args:
            value: The JSON object.
        """
        events = tuple(Event.from_json(event) for event in value["events"])
        if not events:
            raise ValueError("a story has at least one event")
        digits, watch_seconds = value.get("digits", 9), value.get("watch", WATCH_SECONDS)
        if digits not in (9, 11) or not isinstance(watch_seconds, (int, float)) or not 0 <= watch_seconds <= 60:
            raise ValueError(f"expected 9 or 11 digits and some seconds, received {digits!r} and {watch_seconds!r}")
        return cls(events, digits, watch_seconds)

    def smaller(self) -> Iterator[Self]:
        """Return shorter stories, and such with plainer events."""
        events = self.events
        if len(events) > 1:
            for number in range(len(events)):
                yield replace(self, events=(*events[:number], *events[number + 1 :]))
        for number, event in enumerate(events):
            for one in event.smaller():
                yield replace(self, events=(*events[:number], one, *events[number + 1 :]))

    def parts(self) -> Iterator[Self]:
        """Return nothing: a story is judged as a whole."""
        return iter(())

    def after(self, earlier: Self) -> Self | None:
        """Return None: stories of other replicas do not explain a failure of this one."""
        return None


def created(replica: str = "A") -> Event:
    """Return the event that the create of a `replica` was answered."""
    return Event(EventKind.CREATED, replica)


def ready(replica: str = "A", **changed: Any) -> Event:
    """Return a callback that tells the end of a training, well.

    Args:
        replica: Which replica.
        changed: Other fields of the event.
    """
    return Event(replica=replica, **{"body": {"replica_id": f"{{{replica}}}", "status": "ready"}, **changed})


MISHAP = "The training video runs at fewer than 25 frames per second: mishap 4711"


def failed(replica: str = "A", message: str = MISHAP, **changed: Any) -> Event:
    """Return a callback that tells that a training has failed.

    Args:
        replica: Which replica.
        message: Why.
        changed: Other fields of the event.
    """
    body = {"replica_id": f"{{{replica}}}", "status": "error", "error_message": message}
    return Event(replica=replica, **{"body": body, **changed})


def restart() -> Event:
    """Return the event that the receiver is ended and started anew."""
    return Event(EventKind.RESTART)


def fail_next(replica: str = "A") -> Event:
    """Return the event that the receiver is to fail at the next callback of a `replica`."""
    return Event(EventKind.FAIL_NEXT, replica)


def story(*events: Event, digits: int = 9) -> ReceiverCase:
    """Return a case.

    Args:
        events: What happens, in order.
        digits: How many hexadecimal digits ids have.
    """
    return ReceiverCase(events, digits)
