"""POL-01 to 04: how the client waits for the end of a training."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from contract_tests.client.case import ClientCase, one
from contract_tests.client.causes import Cause
from contract_tests.client.checks._check import check
from contract_tests.client.checks.polls import DONE, counted_polls, must_poll, status_of, wait, waits
from contract_tests.client.checks.replicas import poll
from contract_tests.client.context import ClientContext
from contract_tests.client.observation import ClientObservation, Step
from contract_tests.failures import CheckFailed, NotApplicable
from contract_tests.requirements import Authority, Level, Requirement

_MISHAP = "The training video runs at fewer than 25 frames per second: mishap 4711"


def _must_be_done(step: Step, polls: int, documented: str, *, cause: str = "", place: str = "") -> None:
    """Assert that a wait ended as completed, and not before a number of polls."""
    if not step.requests and step.outcome.is_error:
        raise NotApplicable(f"the client refused the call without sending a request: {step.outcome.message[:200]}")
    if not step.outcome.is_ok or status_of(step.outcome) not in ("completed", "ready", "None"):
        raise CheckFailed(f"{step.outcome}, after {counted_polls(step)}", documented, cause=cause, place=place)
    if len(step.requests) < polls:
        received = f"{step.outcome}, after {counted_polls(step)}"
        raise CheckFailed(received, f"{documented}, which the poll number {polls} tells", cause=cause, place=place)


def _completed(context: ClientContext) -> Iterator[ClientCase | None]:
    yield wait(context, DONE)
    yield wait(context, poll("started", "10/100"), poll("started", "90/100"))
    several = wait(context, *(poll("started"),) * 3)  # three polls or four, as it happens
    if several is not None:
        yield one(replace(several.calls[0], scripts=(), is_real=True))


@check(
    Requirement(
        "POL-01",
        Level.MUST,
        "ends the wait when the training has completed",
        Authority.VENDOR,
        "GET /v2/replicas/{id}, the vendor's reference page",
        "The program waits for ever for a replica that is ready.",
    ),
    waits(_completed),
)
def _ends_on_completed(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that the status `completed` ends the wait as a success."""
    must_poll(observation.last)
    step = observation.last
    if step.call.is_real:
        _must_be_done(step, 3, "a success with the status 'completed'")
        return
    expected = 1 if step.call.scripts[0] == DONE else 3
    _must_be_done(step, expected, "a success with the status 'completed'")
    if len(step.requests) > expected:
        raise CheckFailed(counted_polls(step), f"{expected}, none after the one that says completed")


def _failed(context: ClientContext) -> Iterator[ClientCase | None]:
    for text in (_MISHAP, "Ungültig: 動画 😀 4711"):
        yield wait(context, poll("error", "0/100", error_message=text))
    yield wait(context, poll("started"), poll("error", "40/100", error_message=_MISHAP))


@check(
    Requirement(
        "POL-02",
        Level.MUST,
        "ends the wait when the training has failed, with its message",
        Authority.VENDOR,
        "GET /v2/replicas/{id}, the vendor's reference page",
        "The program waits for ever for a replica that has failed, or does not say why it has.",
    ),
    waits(_failed),
)
def _ends_on_error(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that the status `error` ends the wait, and that the client reports the error's message."""
    must_poll(observation.last)
    step = observation.last
    answers = [script.answer.json() for script in step.call.scripts if script.answer is not None]
    text = next(answer["error_message"] for answer in answers if answer["status"] == "error")
    documented = f"a failure that says {text!r}"
    if status_of(step.outcome) != "error":
        raise CheckFailed(f"{step.outcome}, after {counted_polls(step)}", documented, place="status")
    told = f"{step.outcome.message} {step.outcome.answer.get('error_message')}"
    if text not in told and ascii(text)[1:-1] not in told:
        raise CheckFailed(f"the message {told[:200]!r}", documented, place="message", cause=Cause.HIDES_TEXT)


def _progresses(context: ClientContext) -> Iterator[ClientCase | None]:
    for progress in ("100/100", "99/100"):
        yield wait(context, poll("started", progress))
    yield wait(context, poll("completed", "20/100"))
    yield wait(context, poll("completed", "0/100"))
    yield wait(context, poll("started", "100/100", updated_at=None), poll("started", "0/100"))


def _drawn_progresses(context: ClientContext) -> SearchStrategy[ClientCase | None]:
    def build(first: int, is_done: bool) -> ClientCase | None:
        return wait(context, poll("completed" if is_done else "started", f"{first}/100"), interval=0.02)

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
    waits(_progresses, _drawn_progresses),
)
def _goes_by_status(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that `completed` is done at any progress, and `started` at none."""
    must_poll(observation.last)
    step = observation.last
    answers = [script.answer.json() for script in step.call.scripts if script.answer is not None]
    polls = 1 + [answer["status"] for answer in answers].index("completed")
    documented = "a success when the status is 'completed', whatever the progress is"
    _must_be_done(step, polls, documented, cause=Cause.POLLS_BY_PROGRESS)
    if len(step.requests) > polls:
        received = f"{counted_polls(step)}, the last of them after completed"
        raise CheckFailed(received, documented, cause=Cause.POLLS_BY_PROGRESS)


_WORDS = ("training", "queued", "processing", "pending", "", "STARTED", "verifying")


def _words(context: ClientContext) -> Iterator[ClientCase | None]:
    for word in _WORDS:
        yield wait(context, poll(word))


@check(
    Requirement(
        "POL-04",
        Level.MUST,
        'takes a status that it does not know for "not yet"',
        Authority.HOUSE,
        "the vendor adds statuses",
        "A status such as 'queued' is told as done, or ends the wait while the training runs.",
    ),
    waits(_words),
)
def _unknown_is_not_yet(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that the wait goes on. `ready`, the callback's word, is not asked for: many clients take it for done."""
    must_poll(observation.last)
    answer = observation.last.call.scripts[0].answer
    word = "" if answer is None else answer.json()["status"]
    documented = f"another poll after {word!r}, and then a success"
    _must_be_done(observation.last, 2, documented)
