"""POL-05 to 11: what the client does when the wait is long, or a poll fails."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from contract_tests.client.case import Call, ClientCase, one
from contract_tests.client.causes import Cause
from contract_tests.client.checks._check import check
from contract_tests.client.checks.assertions import deadline_of, must_be_error, must_end_within
from contract_tests.client.checks.polls import (
    DONE,
    INTERVAL,
    WAIT,
    counted_polls,
    must_poll,
    status_of,
    too_slow,
    wait,
    waits,
)
from contract_tests.client.checks.replicas import GONE, ID, poll
from contract_tests.client.context import ClientContext
from contract_tests.client.observation import ClientObservation, Step
from contract_tests.failures import CheckFailed, NotApplicable
from contract_tests.http.script import Answer, Cut, Script, responds
from contract_tests.requirements import Authority, Level, Requirement

_LEAST_PAUSE = 0.2


def _never_ending(context: ClientContext) -> Iterator[ClientCase | None]:
    yield one(
        Call(
            {"replica_id": ID, "interval": INTERVAL},
            operation=WAIT,
            timeout=0.6,
            scripts=(poll("started"), Script(handle=False, answer=poll("started").answer, times=500)),
        )
    )


@check(
    Requirement(
        "POL-05",
        Level.MUST,
        "gives up in its own time",
        Authority.HOUSE,
        "a caller has given a timeout",
        "The program waits for ever for a training that does not end.",
        witness="report",
    ),
    waits(_never_ending),
)
def _gives_up(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that a wait whose training does not end is an error within its timeout."""
    must_poll(observation.last)
    step = observation.last
    own = context.capabilities.own_interval
    if own is not None and own > context.longest_wait:
        raise NotApplicable(too_slow(context))
    deadline = deadline_of(step, context)
    must_end_within(step.outcome, deadline + (own or 0.0), f"an error after {deadline:g} s")
    must_be_error(step, f"an error after {deadline:g} s")


def _gone(context: ClientContext) -> Iterator[ClientCase | None]:
    for script in GONE:
        yield wait(context, Script(handle=False, answer=script.answer, times=20))
        yield wait(context, poll("started"), Script(handle=False, answer=script.answer, times=20))


@check(
    Requirement(
        "POL-06",
        Level.MUST,
        "ends the wait as an error when the replica is gone",
        Authority.VENDOR,
        "GET /v2/replicas/{id}, the vendor's reference page",
        "The program waits for a replica that nobody has any more.",
    ),
    waits(_gone),
)
def _ends_when_gone(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that 400 `Invalid replica_id` and 404 end the wait at once."""
    must_poll(observation.last)
    polls = 1 if _first_status(observation.last) != 200 else 2
    _must_end_at_once(observation.last, polls, "an error at once: the replica is gone")


def _first_status(step: Step) -> int:
    answer = step.call.scripts[0].answer
    return 200 if answer is None else answer.status


def _must_end_at_once(step: Step, polls: int, documented: str) -> None:
    if not step.outcome.is_error:
        raise CheckFailed(f"{step.outcome}, after {counted_polls(step)}", documented, cause=Cause.TRUSTS_STATUS)
    if len(step.requests) > polls:
        raise CheckFailed(f"{step.outcome}, after {counted_polls(step)}", f"{documented}, after {polls}")
    if step.outcome.seconds > 0.75 * (step.call.timeout or 0.0):
        raise CheckFailed(f"{step.outcome} after {step.outcome.seconds:.1f} s", documented)


def _retry_after(status: int, seconds: str) -> Script:
    headers = (("Content-Type", "application/json"), ("Retry-After", seconds))
    return Script(handle=False, answer=Answer(status, headers, '{"message": "Too many requests"}'))


_FAULTS = (
    Script(cut=0, end="rst", answer=DONE.answer, handle=False),
    Script(cut=Cut.IN_BODY, end="fin", answer=DONE.answer, handle=False),
    Script(cut=Cut.IN_BODY, framing="close", answer=DONE.answer, handle=False),
    responds({"message": "Oops"}, 500),
    responds("<html><body>completed</body></html>", 502, "text/html"),
    responds("", 503),
    _retry_after(429, "0"),
    responds("<html><body>completed</body></html>", content_type="text/html"),
    responds(""),
    responds({"replica_id": ID, "replica_name": "completed"}),
    responds({"replica_id": ID, "status": None}),
)
"""What may become of one poll. None of them says that the training has ended."""


_REFUSALS = (403, 410, 422)
"""Statuses that may end the wait as an error; none of them says that the training has ended."""


def _between(context: ClientContext) -> Iterator[ClientCase | None]:
    for fault in _FAULTS:
        yield wait(context, fault)
        yield wait(context, poll("started"), fault)
    for status in _REFUSALS:
        yield wait(context, responds({"message": "no"}, status))


def _drawn_between(context: ClientContext) -> SearchStrategy[ClientCase | None]:
    polls = st.sampled_from([*_FAULTS, poll("started")])
    return st.lists(polls, min_size=1, max_size=3).map(lambda drawn: wait(context, *drawn, interval=0.02))


_AFTER_FAULTS = waits(_between, _drawn_between)


@check(
    Requirement(
        "POL-07",
        Level.MUST,
        "never takes a failed poll for the end of the training",
        Authority.HOUSE,
        "a failed poll says nothing of the training",
        "A replica that is not there yet is used, and everything after that fails.",
    ),
    _AFTER_FAULTS,
)
def _fault_is_no_end(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that a success comes from a poll that says `completed`."""
    must_poll(observation.last)
    step = observation.last
    if step.outcome.is_ok and status_of(step.outcome) != "error" and len(step.requests) < len(step.call.scripts):
        received = f"{step.outcome}, after {counted_polls(step)}, none of which said completed"
        raise CheckFailed(received, "a success only when a poll says 'completed'", cause=Cause.TRUSTS_STATUS)
    if step.outcome.outcome == "crash":
        raise CheckFailed(str(step.outcome), "a success, or an error")


@check(
    Requirement(
        "POL-08",
        Level.SHOULD,
        "goes on after a failed poll",
        Authority.HOUSE,
        "a failed poll says nothing of the training",
        "One lost packet in six hours, and the program gives up a training that was paid for.",
    ),
    _AFTER_FAULTS,
)
def _goes_on(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that failed polls do not end the wait."""
    must_poll(observation.last)
    step = observation.last
    if _first_status(step) in _REFUSALS:
        raise NotApplicable("to end the wait is right, too")
    if step.requests and step.outcome.is_error:
        raise CheckFailed(
            f"{step.outcome}, after {counted_polls(step)}",
            "another poll, and then a success",
            cause=Cause.GIVES_UP_EARLY,
        )


def _told_to_wait(context: ClientContext) -> Iterator[ClientCase | None]:
    for status in (429, 503):
        yield wait(context, _retry_after(status, "1"))
    late = Script(handle=False, answer=_retry_after(429, "86400").answer, times=200)
    yield wait(context, late, timeout=0.8)


@check(
    Requirement(
        "POL-09",
        Level.SHOULD,
        "waits as long as Retry-After says, within its own time",
        Authority.RFC,
        "RFC 9110, section 10.2.3",
        "The client is locked out for longer, or hangs for a day.",
    ),
    waits(_told_to_wait),
)
def _honours_retry_after(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that no poll comes before Retry-After allows it, and that the wait ends in time."""
    must_poll(observation.last)
    step = observation.last
    answer = step.call.scripts[0].answer
    seconds = float(answer.header("retry-after")) if answer is not None else 0.0
    began = _began(step)
    if len(began) > 1 and began[1] - began[0] < 950 * seconds:
        received = f"another poll after {began[1] - began[0]:.0f} ms"
        raise CheckFailed(received, f"none before Retry-After: {seconds:g}", cause=Cause.POLLS_HARD)
    deadline = deadline_of(step, context)
    must_end_within(step.outcome, deadline, f"an end within {deadline:g} s")


def _began(step: Step) -> list[float]:
    return [exchange.began_ms for exchange in step.exchanges if exchange.request is not None]


def _slow(context: ClientContext) -> Iterator[ClientCase | None]:
    started = poll("started")
    yield wait(context, started, started, started, interval=0.3)
    yield wait(context, started, started, interval=None)
    yield wait(context, responds("", 500), started, interval=0.3)


@check(
    Requirement(
        "POL-10",
        Level.SHOULD,
        "leaves its interval between two polls, or 0.2 s",
        Authority.HOUSE,
        "many clients poll at once",
        "The client is locked out, and the API is slow for everybody.",
    ),
    waits(_slow),
)
def _leaves_pauses(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that two polls are at least the interval apart."""
    must_poll(observation.last)
    step = observation.last
    is_given = context.capabilities.own_interval is None and "interval" in step.call.body
    wanted = float(step.call.body["interval"]) if is_given else _LEAST_PAUSE
    for first, second in itertools.pairwise(_began(step)):
        if second - first < 950 * wanted:
            received = f"{second - first:.0f} ms between two polls"
            raise CheckFailed(received, f"at least {wanted:g} s", cause=Cause.POLLS_HARD)


def _locked_out(context: ClientContext) -> Iterator[ClientCase | None]:
    refused = responds({"message": "Invalid access token"}, 401, times=20)
    yield wait(context, refused)
    yield wait(context, poll("started"), refused)


@check(
    Requirement(
        "POL-11",
        Level.MUST,
        "tells a 401 at once",
        Authority.VENDOR,
        "GET /v2/replicas/{id}, the vendor's reference page",
        "With a key that was withdrawn, the program polls for hours before it says so.",
    ),
    waits(_locked_out),
)
def _tells_401(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that a key which is not accepted ends the wait at once."""
    must_poll(observation.last)
    polls = 1 if _first_status(observation.last) != 200 else 2
    _must_end_at_once(observation.last, polls, "an error at once: the key is not accepted")
