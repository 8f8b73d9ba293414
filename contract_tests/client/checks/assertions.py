"""What several checks ask of an observation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from contract_tests.client.causes import Cause
from contract_tests.client.context import ClientContext
from contract_tests.client.observation import ClientObservation, Outcome, Step
from contract_tests.failures import CheckFailed, NotApplicable, NotJudged
from contract_tests.http.exchange import Exchange
from contract_tests.http.messages import HttpRequest
from contract_tests.http.script import JsonObject

CREATE_PATH = "/v2/replicas"
CANARY = "rc0ffee123"
"""An id that no emulator gives: where it is returned, the client has read it from the response."""

SHORT = 0.3
"""The timeout of calls that hang, in seconds."""

_SLACK = 1.5
"""How much later than its timeout a client may end, in seconds: its program may be slow to notice."""


def created(replica_id: str = CANARY, status: str = "started") -> JsonObject:
    """Return the body of a success.

    Args:
        replica_id: The id.
        status: The status.
    """
    return {"replica_id": replica_id, "status": status}


def sent(step: Step) -> HttpRequest:
    """Return the first request of a call.

    Args:
        step: The call.

    Raises:
        NotApplicable: The client refused the call without sending a request.
        CheckFailed: It sent nothing, and reports a success, or it crashed.
    """
    if step.requests:
        return step.requests[0]
    if step.outcome.is_error:
        raise NotApplicable(f"the client refused the call without sending a request: {step.outcome.message[:200]}")
    raise CheckFailed(f"no request, and {step.outcome}", "a request")


def sent_body(step: Step) -> JsonObject:
    """Return the options that were sent.

    Args:
        step: The call.

    Raises:
        NotApplicable: Nothing was sent, or nothing that can be read: other checks tell of that.
    """
    request = sent(step)
    try:
        body = request.json()
    except (ValueError, RecursionError) as error:
        raise NotApplicable(f"the body cannot be read ({error}); see REQ-03") from error
    if not isinstance(body, dict):
        raise NotApplicable("the body is no object; see REQ-03")
    return body


def pairs(given: Any, received: Any, where: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Return the path of each value that was given, with it and what was received; those missing are left out.

    Args:
        given: What was asked for.
        received: What was sent.
        where: The path of both.
    """
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
    """Return the path of each value that was given and not received, with the value.

    Args:
        given: What was asked for.
        received: What was sent.
        where: The path of both.
    """
    if isinstance(given, dict) and isinstance(received, dict):
        for name, value in given.items():
            if name not in received:
                yield f"{where}/{name}", value
            else:
                yield from missing(value, received[name], f"{where}/{name}")


def deadline_of(step: Step, context: ClientContext) -> float:
    """Return within how many seconds a call has to end.

    Args:
        step: The call.
        context: What is known of the client.

    Raises:
        NotApplicable: The client takes no timeout, and its own is not known, or longer than anybody waits for here.
    """
    if step.outcome.deadline is not None:
        return step.outcome.deadline
    own = context.capabilities.own_timeout
    if own is None:
        raise NotApplicable("the client takes no timeout, and does not say how long its own is")
    raise NotApplicable(
        f"the client takes no timeout, and its own of {own:g} s is longer than --longest-wait {context.longest_wait:g}"
    )


def must_end_within(outcome: Outcome, seconds: float, documented: str, *, place: str = "") -> None:
    """Assert that a call ended in time, give or take what a program may need to notice.

    Args:
        outcome: What the client reported.
        seconds: How long the call may take.
        documented: What is asked for, in words.
        place: What tells this failure from others of the check.

    Raises:
        CheckFailed: It did not, or the client crashed.
    """
    if outcome.outcome == "crash":
        raise CheckFailed(str(outcome), documented, place=place, cause=Cause.NO_DEADLINE if outcome.has_hung else "")
    if outcome.seconds > seconds + _SLACK:
        received = f"{outcome} after {outcome.seconds:.1f} s"
        raise CheckFailed(received, documented, place=place, cause=Cause.NO_DEADLINE)


def must_be_error(step: Step, documented: str, *, place: str = "", cause: str = "") -> None:
    """Assert that the client reported an error.

    Args:
        step: The call.
        documented: What is asked for, in words.
        place: What tells this failure from others of the check.
        cause: What the client does wrong.

    Raises:
        CheckFailed: It reported a success, or crashed.
    """
    if not step.outcome.is_error:
        raise CheckFailed(str(step.outcome), documented, place=place, cause=cause)


def must_be_created(step: Step, replica_id: str, documented: str, *, is_warning: bool = False, place: str = "") -> None:
    """Assert that a create returned an id.

    Args:
        step: The call.
        replica_id: The id.
        documented: What is asked for, in words.
        is_warning: Whether anything else is at most a warning.
        place: What tells this failure from others of the check.

    Raises:
        CheckFailed: The client reported something else.
    """
    if not step.outcome.is_ok or step.outcome.replica_id != replica_id:
        raise CheckFailed(str(step.outcome), documented, is_warning=is_warning, place=place)


def must_tell_status(step: Step, status: int, context: ClientContext, *, place: str = "") -> None:
    """Assert that an error tells which status it came from, by its number or by a kind of its own.

    Args:
        step: The call.
        status: The status of the response.
        context: What is known of the client.
        place: What tells this failure from others of the check.

    Raises:
        CheckFailed: It does not, or the client reported no error.
    """
    must_be_error(step, f"an error with the status {status}", place=place, cause=Cause.TRUSTS_STATUS)
    if not context.habits.tells(step.outcome, status):
        received = f"{step.outcome}, without the status"
        raise CheckFailed(received, f"an error with the status {status}", place=place, cause=Cause.HIDES_STATUS)


def must_have_sent_last(observation: ClientObservation) -> None:
    """Let a sequence be judged only if its last call was sent: that is the one it is about.

    Args:
        observation: What was played.

    Raises:
        NotJudged: It was not.
    """
    if not observation.last.requests and observation.last.outcome.is_error:
        raise NotJudged(f"the last call sent no request; the client reported {observation.last.outcome}")


def must_all_have_sent(observation: ClientObservation) -> None:
    """Let calls be judged together only if each sent something.

    Args:
        observation: What was played.

    Raises:
        NotJudged: The client refused one without sending a request, as after too many failures; then each is played
            alone.
    """
    silent = [step for step in observation.steps if not step.requests]
    if silent:
        raise NotJudged(f"{len(silent)} of {len(observation.steps)} calls sent no request: {silent[0].outcome}")


def must_have_compared(count: int) -> None:
    """Let no judge be content with a body in which there was nothing for it to look at.

    Args:
        count: How many values it has looked at.

    Raises:
        NotJudged: There was nothing.
    """
    if not count:
        raise NotJudged("nothing that this check looks at was sent")


def reached(observation: ClientObservation, endpoint: str) -> Sequence[Exchange]:
    """Return the exchanges of all calls at an endpoint that have a request.

    Args:
        observation: What was played.
        endpoint: The name of the endpoint.
    """
    return [
        exchange
        for step in observation.steps
        for exchange in step.exchanges
        if exchange.endpoint == endpoint and exchange.request is not None
    ]
