"""Get to know a client before anything is judged. A broken set-up must never become a verdict on somebody's client."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from contract_tests.client.bench import ClientBench
from contract_tests.client.capabilities import Capabilities
from contract_tests.client.case import CREATE, SIMPLEST_BODY, Call, one
from contract_tests.client.drivers import DirectDriver, Pace
from contract_tests.client.drivers.driver import Driver
from contract_tests.client.habits import Habits, leaves, tells_number
from contract_tests.client.observation import Outcome, Step
from contract_tests.client.reference import reference_client
from contract_tests.emulator import Emulator, Line
from contract_tests.failures import CannotStart, KitError
from contract_tests.http.messages import plain
from contract_tests.http.script import JsonObject, responds
from contract_tests.oracle import Oracle

_STARTS_WITHIN = 30.0
_CANNOT_START = ("exit 126", "exit 127")
_LAST_LINES = 12
_WORKER_CANNOT_LOAD = "cannot be loaded: "
_ANY_ID = "rc0ffee123"
_STATUSES = (401, 403, 404, 422, 429, 500, 501, 502, 503, 504, 505, 520)
_FIRST_CALLS: Mapping[str, JsonObject] = {
    "get_replica": {"replica_id": _ANY_ID},
    "wait_for_replica": {"replica_id": _ANY_ID, "interval": 0.1},
    "list_replicas": {},
    "rename_replica": {"replica_id": _ANY_ID, "replica_name": "Rio"},
    "delete_replica": {"replica_id": _ANY_ID},
}
"""What a client is asked that does not create, so that it is seen to reach the emulator."""


@dataclass(frozen=True, slots=True)
class Acquaintance:
    """What plain calls have shown of a client.

    Args:
        pace: How long normal calls take.
        basic_body: The smallest body that it sends.
        capabilities: What it can do.
        call: A plain call, which reaches the emulator.
        habits: What is usual for it.
    """

    pace: Pace
    basic_body: JsonObject
    capabilities: Capabilities
    call: Call
    habits: Habits = field(default_factory=Habits)


def prove(emulator: Emulator, line: Line) -> None:
    """Play a create with the kit's own client, once for each emulator.

    Args:
        emulator: A running one.
        line: Where.

    Raises:
        KitError: The kit does not work here.
    """
    if emulator.is_proven:
        return
    driver = DirectDriver({CREATE: reference_client})
    line.arm(())
    outcome = driver.call(Call(), line.endpoints["wire"], "kit-key", lambda: False)
    if not outcome.is_ok or not any(exchange.has_created for exchange in line.exchanges()):
        raise KitError(f"the kit does not work here: its own client reports {outcome}")
    emulator.is_proven = True


def get_acquainted(bench: ClientBench, driver: Driver, basic_body: JsonObject | None = None) -> Acquaintance:
    """Ask a client what it can do, and play plain calls until one reaches the emulator.

    Args:
        bench: Where; its basic body is set to the one that is found.
        driver: What calls the client.
        basic_body: The smallest body that the client sends; None to find that out.

    Raises:
        CannotStart: The client cannot be started, crashes, or sends nothing to the emulator, so that no check could
            say anything about it.
    """
    try:
        capabilities = driver.describe(bench.endpoints["wire"], "kit-key")
    except OSError as error:
        raise CannotStart(f"the client cannot be started: {error}") from error
    told: list[str] = []
    outcome = Outcome("error")
    for call, body in _first_calls(capabilities, basic_body):
        bench.basic_body = body
        try:
            step = bench.play(one(call)).last
            outcome = step.outcome
            if step.requests and outcome.outcome != "crash":
                second = bench.play(one(replace(call, extra_wait_seconds=0.0))).last
                return Acquaintance(
                    _pace(outcome, second.outcome), body, capabilities, call, _habits(bench, call, step, second)
                )
        except OSError as error:
            raise CannotStart(f"the client cannot be started: {error}") from error
        told.append(f"  with {', '.join(body)}: {plain(str(outcome))}")
        bench.restart()
        if _is_hopeless(outcome):
            break
    lines = [line for line in outcome.printed.strip().splitlines() if line.strip()][-_LAST_LINES:]
    may_want_another = basic_body is None and not _is_hopeless(outcome)
    hint = ["If it wants another body, name it with --basic-body JSON."] if may_want_another else []
    raise CannotStart("\n".join([_why(outcome), *told, *map(plain, lines), *hint]))


def _first_calls(capabilities: Capabilities, basic_body: JsonObject | None) -> list[tuple[Call, JsonObject]]:
    """Return plain calls, each with the basic body that it would show to be the smallest."""
    if CREATE not in capabilities.operations:
        operations = [name for name in _FIRST_CALLS if name in capabilities.operations]
        return [
            (
                Call(_FIRST_CALLS[name], operation=name, timeout=2.0, extra_wait_seconds=_STARTS_WITHIN),
                dict(SIMPLEST_BODY),
            )
            for name in operations[:1]
        ]
    described = capabilities.basic_body
    bodies = [basic_body] if basic_body is not None else [dict(described)] if described is not None else _bodies()
    return [(Call(extra_wait_seconds=_STARTS_WITHIN), body) for body in bodies]


def _bodies() -> list[JsonObject]:
    """Return the bodies of plain creates, the smallest first: some interfaces require more than the API does."""
    named = {**SIMPLEST_BODY, "replica_name": "Rio"}
    schema = Oracle.load().body_schema("createReplica")["properties"]
    examples = {name: one["examples"][0] for name, one in schema.items() if one.get("examples")}
    without_callback = {name: value for name, value in {**examples, **named}.items() if name != "callback_url"}
    called_back = {**named, "callback_url": "http://127.0.0.1:9/kit"}
    return [dict(SIMPLEST_BODY), named, called_back, without_callback, {**without_callback, **called_back}]


def _habits(bench: ClientBench, call: Call, *steps: Step) -> Habits:
    """Return what is usual for a client, from plain creates and from plain errors."""
    if call.operation != CREATE or any(step.outcome.outcome == "crash" for step in steps):
        return Habits()
    sent = [_sent(step) for step in steps]
    first, *others = [
        {path: value for path, value in leaves(body).items() if path not in leaves(step.call.body)}
        for body, step in zip(sent, steps, strict=True)
    ]
    own = {path: value for path, value in first.items() if all(other.get(path) == value for other in others)}
    everything = bench.play(one(Call(_everything()))).last
    known = frozenset(leaves(_sent(everything))) if everything.requests else None
    reports = {400: _report(bench, 400)}
    if not tells_number(reports[400], 400):
        reports |= {status: _report(bench, status) for status in _STATUSES}
    return Habits(own, known, reports)


def _report(bench: ClientBench, status: int) -> Outcome:
    """Return what a client reports after a plain response with a status."""
    body = {"message": "mishap"} if status == 401 else {"error": "mishap"}
    return bench.play(one(Call(scripts=(responds(body, status, times=5),)))).last.outcome


def _sent(step: Step) -> JsonObject:
    """Return the body of the first request of a step; empty if it cannot be read."""
    try:
        body = step.requests[0].json() if step.requests else {}
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _everything() -> JsonObject:
    """Return a body that has every documented option, the nested ones too, and nothing empty."""
    schema = Oracle.load().body_schema("createReplica")
    return {**{name: _example(one) for name, one in schema["properties"].items()}, **SIMPLEST_BODY}


def _example(schema: Mapping[str, Any]) -> Any:
    if schema.get("type") == "object":
        return {name: _example(one) for name, one in schema.get("properties", {}).items()}
    if schema.get("type") == "boolean":
        return True
    return next(iter(schema.get("examples", schema.get("enum", ["https://example.com/kit"]))))


def _why(outcome: Outcome) -> str:
    """Return in a line why a client cannot be judged whose plain calls have all come to nothing."""
    if outcome.has_hung:
        return "nothing was judged: a plain call does not end"
    if _could_not_start(outcome):
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


def _is_hopeless(outcome: Outcome) -> bool:
    """Return whether another body would end in the same `outcome`."""
    return outcome.has_hung or _could_not_start(outcome)


def _could_not_start(outcome: Outcome) -> bool:
    return any(code in outcome.message for code in _CANNOT_START) or _WORKER_CANNOT_LOAD in outcome.printed
