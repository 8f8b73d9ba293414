"""What several checks ask of an episode."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from contract_tests.client.case import Call, Episode, Exchange, Json, Outcome, Played, Situation
from contract_tests.failures import CheckFailed, NotApplicable
from contract_tests.http.messages import HttpRequest

CREATE_PATH = "/v2/replicas"
CANARY = "rc0ffee123"
"""An id that no emulator gives: where it is returned, the client has read it from the answer."""

NO_TIMEOUT = "its interface takes no timeout"
SHORT = 0.3
"""The timeout of calls that hang, in seconds."""

HANGS: Json = {"cut": 0, "end": "hang", "times": 5}
_SLACK = 1.5
"""So much later than its timeout may a client end, in seconds: its program may be slow to start."""


def one(call: Call, quiet: float = 0.0) -> Situation:
    """Return a situation of one call."""
    return Situation((call,), quiet)


def json_answer(body: Any, status: int = 200, **script: Any) -> Json:
    """Return a script that answers this, as JSON, while the emulator is not asked."""
    headers = [["Content-Type", "application/json"]]
    text = body if isinstance(body, str) else json.dumps(body)
    return {"handle": False, "answer": {"status": status, "headers": headers, "body": text}, **script}


def created(replica_id: str = CANARY, status: str = "started") -> Json:
    """Return the body of a success."""
    return {"replica_id": replica_id, "status": status}


def sent(played: Played) -> HttpRequest:
    """Return the first request of a call.

    Raises:
        NotApplicable: The client has refused the call by itself, and so has sent nothing.
        CheckFailed: It has sent nothing, and says that all went well, or has crashed.
    """
    if played.requests:
        return played.requests[0]
    if played.outcome.outcome == "error":
        raise NotApplicable(f"it refuses this by itself: {played.outcome.message[:200]}")
    raise CheckFailed(f"no request, and {played.outcome}", "a request")


def sent_body(played: Played) -> Json:
    """Return the options that were sent.

    Raises:
        NotApplicable: Nothing was sent, or nothing that can be read: other checks tell of that.
    """
    request = sent(played)
    try:
        body = request.json()
    except (ValueError, RecursionError) as error:
        raise NotApplicable(f"the body cannot be read ({error}); see REQ-03") from error
    if not isinstance(body, dict):
        raise NotApplicable("the body is no object; see REQ-03")
    return body


def pairs(given: Any, received: Any, where: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Return each value that was given beside what was received for it; those that are missing are left out."""
    if isinstance(given, dict) and isinstance(received, dict):
        for name, value in given.items():
            if name in received:
                yield from pairs(value, received[name], f"{where}/{name}")
    elif isinstance(given, list) and isinstance(received, list) and len(given) == len(received):
        for number, value in enumerate(given):
            yield from pairs(value, received[number], f"{where}/{number}")
    else:
        yield where, given, received


def missing(given: Any, received: Any, where: str = "") -> Iterator[tuple[str, Any]]:
    """Return each value that was given and not received."""
    if isinstance(given, dict) and isinstance(received, dict):
        for name, value in given.items():
            if name not in received:
                yield f"{where}/{name}", value
            else:
                yield from missing(value, received[name], f"{where}/{name}")


def must_end_within(outcome: Outcome, seconds: float, documented: str) -> None:
    """Have a call end in time, give or take what a program may need to notice.

    Raises:
        CheckFailed: It has not, or the client has crashed.
    """
    if outcome.outcome == "crash":
        raise CheckFailed(str(outcome), documented)
    if outcome.seconds > seconds + _SLACK:
        raise CheckFailed(f"{outcome} after {outcome.seconds:.1f} s", documented)


def must_be_error(played: Played, documented: str) -> None:
    """Have a call be told as an error.

    Raises:
        CheckFailed: It tells a success, or has crashed.
    """
    outcome = played.outcome
    if outcome.outcome != "error":
        raise CheckFailed(str(outcome), documented)


def must_be_created(played: Played, replica_id: str, documented: str, *, is_warning: bool = False) -> None:
    """Have a call return an id.

    Raises:
        CheckFailed: It tells something else.
    """
    outcome = played.outcome
    if not outcome.is_ok or outcome.replica_id != replica_id:
        raise CheckFailed(str(outcome), documented, is_warning=is_warning)


def reached(episode: Episode, door: str) -> Sequence[Exchange]:
    """Return the exchanges of all calls at a door that have a request."""
    return [
        exchange
        for played in episode.played
        for exchange in played.exchanges
        if exchange.door == door and exchange.request is not None
    ]
