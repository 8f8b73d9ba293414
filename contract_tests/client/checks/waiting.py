"""POL: how the client waits for the end of a training."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from contract_tests.client.case import Call, ClientCase, one
from contract_tests.client.causes import Cause
from contract_tests.client.checks._check import check, made
from contract_tests.client.checks.assertions import deadline_of, must_be_error, must_end_within
from contract_tests.client.checks.replicas import GONE, ID, poll
from contract_tests.client.context import ClientContext
from contract_tests.client.observation import ClientObservation, Outcome, Step
from contract_tests.failures import CheckFailed, NotApplicable
from contract_tests.http.script import Answer, Cut, JsonObject, Script, responds
from contract_tests.requirements import Authority, Level, Requirement

_WAIT = "wait_for_replica"
_TIMEOUT = 4.0
_INTERVAL = 0.1
_LEAST_PAUSE = 0.2
_DONE = poll("completed", "100/100")
_MISHAP = "The training video runs at fewer than 25 frames per second: mishap 4711"


def _wait(
    context: ClientContext, *scripts: Script, timeout: float = _TIMEOUT, interval: float | None = _INTERVAL
) -> ClientCase:
    """Return a case in which polls are answered by these scripts, and then `completed`.

    Args:
        context: What is known of the client.
        scripts: One for each poll.
        timeout: How long the whole wait may take, in seconds.
        interval: The time between two polls, in seconds; None for none.
    """
    own = context.capabilities.own_interval
    polls = sum(min(script.times, 5) for script in scripts)
    if own is not None:
        if own * polls > context.longest_wait and polls > 1:
            raise NotApplicable(
                f"the client polls every {own:g} s, and {polls} polls take longer than "
                f"--longest-wait {context.longest_wait:g}"
            )
        timeout += own * polls
    arguments: JsonObject = {"replica_id": ID}
    if interval is not None:
        arguments["interval"] = interval
    return one(Call(arguments, operation=_WAIT, timeout=timeout, scripts=(*scripts, _DONE)))


def _status_of(outcome: Outcome) -> str:
    """Return the status with which a wait ended: what it reports, and `error` for an error."""
    return "error" if outcome.is_error else str(outcome.status)


def _polls(step: Step) -> str:
    count = len(step.requests)
    return f"{count} poll{'' if count == 1 else 's'}"


def _must_be_done(step: Step, polls: int, documented: str, *, cause: str = "", place: str = "") -> None:
    """Assert that a wait ended as completed, and not before a number of polls."""
    if not step.requests and step.outcome.is_error:
        raise NotApplicable(f"the client refused the call without sending a request: {step.outcome.message[:200]}")
    if not step.outcome.is_ok or _status_of(step.outcome) not in ("completed", "ready", "None"):
        raise CheckFailed(f"{step.outcome}, after {_polls(step)}", documented, cause=cause, place=place)
    if len(step.requests) < polls:
        received = f"{step.outcome}, after {_polls(step)}"
        raise CheckFailed(received, f"{documented}, which the poll number {polls} tells", cause=cause, place=place)


def _completed(context: ClientContext) -> Iterator[ClientCase]:
    yield _wait(context, _DONE)
    yield _wait(context, poll("started", "10/100"), poll("started", "90/100"))
    real = _wait(context, *(poll("started"),) * 3).calls[0]  # three polls or four, as it happens
    yield one(replace(real, scripts=(), is_real=True))


@check(
    Requirement(
        "POL-01",
        Level.MUST,
        "ends the wait when the training has completed",
        Authority.VENDOR,
        "GET /v2/replicas/{id}, the vendor's reference page",
        "The program waits for ever for a replica that is ready.",
    ),
    made(_completed),
)
def _ends_on_completed(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that the status `completed` ends the wait as a success."""
    step = observation.last
    if step.call.is_real:
        _must_be_done(step, 3, "a success with the status 'completed'")
        return
    expected = 1 if step.call.scripts[0] == _DONE else 3
    _must_be_done(step, expected, "a success with the status 'completed'")
    if len(step.requests) > expected:
        raise CheckFailed(_polls(step), f"{expected}, none after the one that says completed")


def _failed(context: ClientContext) -> Iterator[ClientCase]:
    for text in (_MISHAP, "Ungültig: 動画 😀 4711"):
        yield _wait(context, poll("error", "0/100", error_message=text))
    yield _wait(context, poll("started"), poll("error", "40/100", error_message=_MISHAP))


@check(
    Requirement(
        "POL-02",
        Level.MUST,
        "ends the wait when the training has failed, with its message",
        Authority.VENDOR,
        "GET /v2/replicas/{id}, the vendor's reference page",
        "The program waits for ever for a replica that has failed, or does not say why it has.",
    ),
    made(_failed),
)
def _ends_on_error(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that the status `error` ends the wait, and that the error's message is told."""
    step = observation.last
    answers = [script.answer.json() for script in step.call.scripts if script.answer is not None]
    text = next(answer["error_message"] for answer in answers if answer["status"] == "error")
    documented = f"a failure that says {text!r}"
    if _status_of(step.outcome) != "error":
        raise CheckFailed(f"{step.outcome}, after {_polls(step)}", documented, place="status")
    told = f"{step.outcome.message} {step.outcome.answer.get('error_message')}"
    if text not in told and ascii(text)[1:-1] not in told:
        raise CheckFailed(f"the message {told[:200]!r}", documented, place="message", cause=Cause.HIDES_TEXT)


def _progresses(context: ClientContext) -> Iterator[ClientCase]:
    for progress in ("100/100", "99/100"):
        yield _wait(context, poll("started", progress))
    yield _wait(context, poll("completed", "20/100"))
    yield _wait(context, poll("completed", "0/100"))
    yield _wait(context, poll("started", "100/100", updated_at=None), poll("started", "0/100"))


def _drawn_progresses(context: ClientContext) -> SearchStrategy[ClientCase]:
    def build(first: int, is_done: bool) -> ClientCase:
        return _wait(context, poll("completed" if is_done else "started", f"{first}/100"), interval=0.02)

    return st.builds(build, st.integers(0, 100), st.booleans())


@check(
    Requirement(
        "POL-03",
        Level.MUST,
        "goes by the status, never by the progress",
        Authority.VENDOR,
        "GET /v2/replicas/{id}, the vendor's reference page",
        "A training at 100/100 that then fails is told as done, or one that is done as unfinished.",
    ),
    made(_progresses, _drawn_progresses),
)
def _goes_by_status(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that `completed` is done at any progress, and `started` at none."""
    step = observation.last
    answers = [script.answer.json() for script in step.call.scripts if script.answer is not None]
    polls = 1 + [answer["status"] for answer in answers].index("completed")
    documented = "a success when the status is 'completed', whatever the progress is"
    _must_be_done(step, polls, documented, cause=Cause.POLLS_BY_PROGRESS)
    if len(step.requests) > polls:
        received = f"{_polls(step)}, the last of them after completed"
        raise CheckFailed(received, documented, cause=Cause.POLLS_BY_PROGRESS)


_WORDS = ("training", "queued", "processing", "pending", "", "STARTED", "verifying")


def _words(context: ClientContext) -> Iterator[ClientCase]:
    for word in _WORDS:
        yield _wait(context, poll(word))


@check(
    Requirement(
        "POL-04",
        Level.MUST,
        'takes a status that it does not know for "not yet"',
        Authority.HOUSE,
        "the vendor adds statuses",
        "A status such as 'queued' is told as done, or ends the wait while the training runs.",
    ),
    made(_words),
)
def _unknown_is_not_yet(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that the wait goes on. `ready`, the callback's word, is not asked for: many clients take it for done."""
    answer = observation.last.call.scripts[0].answer
    word = "" if answer is None else answer.json()["status"]
    documented = f"another poll after {word!r}, and then a success"
    _must_be_done(observation.last, 2, documented)


def _never_ending(context: ClientContext) -> Iterator[ClientCase]:
    yield one(
        Call(
            {"replica_id": ID, "interval": _INTERVAL},
            operation=_WAIT,
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
    made(_never_ending),
)
def _gives_up(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that a wait whose training does not end is an error within its timeout."""
    step = observation.last
    own = context.capabilities.own_interval
    if own is not None and own > context.longest_wait:
        raise NotApplicable(f"the client polls every {own:g} s, longer than --longest-wait {context.longest_wait:g}")
    deadline = deadline_of(step, context)
    must_end_within(step.outcome, deadline + (own or 0.0), f"an error after {deadline:g} s")
    must_be_error(step, f"an error after {deadline:g} s")


def _gone(context: ClientContext) -> Iterator[ClientCase]:
    for script in GONE:
        yield _wait(context, Script(handle=False, answer=script.answer, times=20))
        yield _wait(context, poll("started"), Script(handle=False, answer=script.answer, times=20))


@check(
    Requirement(
        "POL-06",
        Level.MUST,
        "ends the wait as an error when the replica is gone",
        Authority.VENDOR,
        "GET /v2/replicas/{id}, the vendor's reference page",
        "The program waits for a replica that nobody has any more.",
    ),
    made(_gone),
)
def _ends_when_gone(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that 400 `Invalid replica_id` and 404 end the wait at once."""
    polls = 1 if _first_status(observation.last) != 200 else 2
    _must_end_at_once(observation.last, polls, "an error at once: the replica is gone")


def _first_status(step: Step) -> int:
    answer = step.call.scripts[0].answer
    return 200 if answer is None else answer.status


def _must_end_at_once(step: Step, polls: int, documented: str) -> None:
    if not step.outcome.is_error:
        raise CheckFailed(f"{step.outcome}, after {_polls(step)}", documented, cause=Cause.TRUSTS_STATUS)
    if len(step.requests) > polls:
        raise CheckFailed(f"{step.outcome}, after {_polls(step)}", f"{documented}, after {polls}")
    if step.outcome.seconds > 0.75 * (step.call.timeout or 0.0):
        raise CheckFailed(f"{step.outcome} after {step.outcome.seconds:.1f} s", documented)


def _retry_after(status: int, seconds: str) -> Script:
    headers = (("Content-Type", "application/json"), ("Retry-After", seconds))
    return Script(handle=False, answer=Answer(status, headers, '{"message": "Too many requests"}'))


_FAULTS = (
    Script(cut=0, end="rst", answer=_DONE.answer, handle=False),
    Script(cut=Cut.IN_BODY, end="fin", answer=_DONE.answer, handle=False),
    Script(cut=Cut.IN_BODY, framing="close", answer=_DONE.answer, handle=False),
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


def _between(context: ClientContext) -> Iterator[ClientCase]:
    for fault in _FAULTS:
        yield _wait(context, fault)
        yield _wait(context, poll("started"), fault)


def _drawn_between(context: ClientContext) -> SearchStrategy[ClientCase]:
    polls = st.sampled_from([*_FAULTS, poll("started")])
    return st.lists(polls, min_size=1, max_size=3).map(lambda drawn: _wait(context, *drawn, interval=0.02))


_AFTER_FAULTS = made(_between, _drawn_between)


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
    step = observation.last
    if step.outcome.is_ok and _status_of(step.outcome) != "error" and len(step.requests) < len(step.call.scripts):
        received = f"{step.outcome}, after {_polls(step)}, none of which said completed"
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
    step = observation.last
    if step.requests and step.outcome.is_error:
        raise CheckFailed(
            f"{step.outcome}, after {_polls(step)}",
            "another poll, and then a success",
            cause=Cause.GIVES_UP_EARLY,
        )


def _told_to_wait(context: ClientContext) -> Iterator[ClientCase]:
    for status in (429, 503):
        yield _wait(context, _retry_after(status, "1"))
    late = Script(handle=False, answer=_retry_after(429, "86400").answer, times=200)
    yield _wait(context, late, timeout=0.8)


@check(
    Requirement(
        "POL-09",
        Level.SHOULD,
        "waits as long as Retry-After says, within its own time",
        Authority.RFC,
        "RFC 9110, section 10.2.3",
        "The client is locked out for longer, or hangs for a day.",
    ),
    made(_told_to_wait),
)
def _honours_retry_after(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that no poll comes before Retry-After allows it, and that the wait ends in time."""
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


def _slow(context: ClientContext) -> Iterator[ClientCase]:
    started = poll("started")
    yield _wait(context, started, started, started, interval=0.3)
    yield _wait(context, started, started, interval=None)
    yield _wait(context, responds("", 500), started, interval=0.3)


@check(
    Requirement(
        "POL-10",
        Level.SHOULD,
        "leaves its interval between two polls, or 0.2 s",
        Authority.HOUSE,
        "many clients poll at once",
        "The client is locked out, and the API is slow for everybody.",
    ),
    made(_slow),
)
def _leaves_pauses(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that two polls are at least the interval apart."""
    step = observation.last
    is_given = context.capabilities.own_interval is None and "interval" in step.call.body
    wanted = float(step.call.body["interval"]) if is_given else _LEAST_PAUSE
    for first, second in itertools.pairwise(_began(step)):
        if second - first < 950 * wanted:
            received = f"{second - first:.0f} ms between two polls"
            raise CheckFailed(received, f"at least {wanted:g} s", cause=Cause.POLLS_HARD)


def _locked_out(context: ClientContext) -> Iterator[ClientCase]:
    refused = responds({"message": "Invalid access token"}, 401, times=20)
    yield _wait(context, refused)
    yield _wait(context, poll("started"), refused)


@check(
    Requirement(
        "POL-11",
        Level.MUST,
        "tells a 401 at once",
        Authority.VENDOR,
        "GET /v2/replicas/{id}, the vendor's reference page",
        "With a key that was withdrawn, the program polls for hours before it says so.",
    ),
    made(_locked_out),
)
def _tells_401(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that a key which is not accepted ends the wait at once."""
    polls = 1 if _first_status(observation.last) != 200 else 2
    _must_end_at_once(observation.last, polls, "an error at once: the key is not accepted")
