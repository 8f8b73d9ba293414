"""Is the kit itself in order? A broken set-up must never become a verdict on somebody's client."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contract_tests.client.bench import Lab
from contract_tests.client.case import SIMPLEST_BODY, Call, Json, Outcome, Situation
from contract_tests.client.drivers import CommandDriver, Pace, callable_command
from contract_tests.emulator import Emulator
from contract_tests.failures import KitError
from contract_tests.http.messages import plain
from contract_tests.oracle import Oracle

_STARTS_WITHIN = 30.0
_CANNOT_START = ("exit 126", "exit 127")
_LAST_LINES = 12
_WORKER_CANNOT_LOAD = "cannot be loaded: "


class ReferenceClientError(Exception):
    """What the reference client raises for an answer that is no success."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status_code = status


def reference_client(base_url: str, api_key: str, body: dict[str, Any], timeout: float = 10.0) -> dict[str, Any]:
    """Create a replica, by the standard library alone: the client that the kit tests itself with."""
    request = urllib.request.Request(  # noqa: S310 - the kit's own URL
        f"{base_url}/v2/replicas",
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json", "x-api-key": api_key},
        method="POST",
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=timeout) as response:
            return dict(json.load(response))
    except urllib.error.HTTPError as error:
        raise ReferenceClientError(error.code, error.read().decode("utf-8", "replace")) from None


@dataclass(frozen=True, slots=True)
class Acquaintance:
    """What plain creates have shown of a client, before anything is judged.

    Args:
        pace: How long normal calls take.
        basic_body: The smallest body that it sends.
    """

    pace: Pace
    basic_body: Json


def smoke_test(
    emulator: Emulator,
    command: Sequence[str],
    environment: Mapping[str, str],
    folder: Path | None = None,
    basic_body: Json | None = None,
) -> Acquaintance:
    """Play plain creates: one with a client that is known to be right, then some with the one that is to be judged.

    Args:
        emulator: A running one.
        command: What drives the client.
        environment: What to add to its environment.
        folder: Where it runs; None for here.
        basic_body: The smallest body that it sends; None to find that out.

    Raises:
        KitError: The kit does not work here; or the client cannot be started, crashes, or sends nothing to the
            emulator, so that no check could say anything about it.
    """
    _must_work(emulator)
    told: list[str] = []
    outcome = Outcome("error")
    for body in [basic_body] if basic_body is not None else _bodies():
        lab = Lab(emulator, CommandDriver(command, environment, folder), body)
        try:
            played = lab.play(Situation((Call(patience=_STARTS_WITHIN),))).last
            outcome = played.outcome
            if played.requests and outcome.outcome != "crash":
                return Acquaintance(_pace(outcome, lab.play(Situation()).last.outcome), body)
        except OSError as error:
            raise KitError(f"the client cannot be started: {error}") from error
        finally:
            lab.close()
        told.append(f"  with {', '.join(body)}: {plain(str(outcome))}")
        if outcome.has_hung or _could_not_start(outcome.message, outcome.printed):
            break
    lines = [line for line in outcome.printed.strip().splitlines() if line.strip()][-_LAST_LINES:]
    hint = [] if basic_body is not None else ["If it wants another body, say so with --basic-body JSON."]
    raise KitError("\n".join([_why(outcome), *told, *map(plain, lines), *hint]))


def _why(outcome: Outcome) -> str:
    """Return in a line why a client cannot be judged whose plain creates have all come to nothing."""
    if outcome.has_hung:
        return "nothing was judged: a plain create does not end"
    if _could_not_start(outcome.message, outcome.printed):
        return "nothing was judged: the client cannot be started"
    if outcome.outcome == "crash":
        return "nothing was judged: the client crashes on a plain create"
    if outcome.outcome == "unsupported":
        return "nothing was judged: the client does not offer create_replica"
    return "nothing was judged: no request reached the emulator: none was sent, or it went elsewhere"


def _pace(first: Outcome, second: Outcome) -> Pace:
    """Return how long calls take; a second call that crashes tells nothing of that, and is for the checks to find."""
    usual = first.seconds if second.outcome == "crash" else second.seconds
    return Pace(max(0.0, first.seconds - usual), usual)


def _must_work(emulator: Emulator) -> None:
    """Play a create with the kit's own client, once for each emulator."""
    if emulator.is_proven:
        return
    ours = Path(__file__).parents[2]
    lab = Lab(
        emulator, CommandDriver(callable_command("contract_tests.client.acquaintance:reference_client"), folder=ours)
    )
    try:
        played = lab.play(Situation()).last
        if not played.outcome.is_ok or played.created != 1:
            raise KitError(f"the kit does not work here: its own client reports {played.outcome}")
    finally:
        lab.close()
    emulator.is_proven = True


def _bodies() -> list[Json]:
    """Return the bodies of plain creates, the smallest first: some interfaces require more than the API does."""
    named = {**SIMPLEST_BODY, "replica_name": "Rio"}
    schema = Oracle.load().body_schema("createReplica")["properties"]
    examples = {name: one["examples"][0] for name, one in schema.items() if one.get("examples")}
    everything = {**examples, **named, "callback_url": "http://127.0.0.1:9/kit"}
    without_callback = {name: value for name, value in everything.items() if name != "callback_url"}
    return [dict(SIMPLEST_BODY), named, without_callback, everything]


def _could_not_start(message: str, printed: str) -> bool:
    return any(code in message for code in _CANNOT_START) or _WORKER_CANNOT_LOAD in printed
