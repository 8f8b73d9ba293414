"""Each judge of receivers on stories made by hand: what it takes, what it does not, and what it says then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from contract_tests.failures import CheckFailed, NotApplicable
from contract_tests.receiver.case import Event, EventKind, ReceiverCase, created, fail_next, failed, ready, restart
from contract_tests.receiver.checks import all_checks
from contract_tests.receiver.context import ReceiverContext
from contract_tests.receiver.model import Expected
from contract_tests.receiver.observation import EventStep, ReceiverObservation, Response, State
from tests.contract_tests import judging
from tests.contract_tests.judging import by_texts

CHECKS = {one.check_id: one for one in all_checks()}
CONTEXT = ReceiverContext(has_state=True, has_secret=True)
PENDING = State("pending", "pending", 0)
READY = State("ready", "done", 1)
TWICE = State("ready", "done", 2)
FAILED = State("error", "failed", 1, "The video is too short.")
UNKNOWN = State()
SILENT = Response(None, error="no response within 15 s")
CLOSED = Response(None, error="the connection was closed")
Told = tuple[Event, State | None, Sequence[int | Response]]


def observed(*told: Told, **more: Any) -> ReceiverObservation:
    """Return a story: each event, with the state after it and what its requests were answered."""
    expected: dict[str, Expected] = {}
    steps = []
    for event, state, responses in told:
        expected[event.replica] = expected.get(event.replica, Expected()).after(event)
        seen = tuple(one if isinstance(one, Response) else Response(one) for one in responses)
        steps.append(EventStep(event, f"r{event.replica}", seen, state, expected[event.replica]))
    return ReceiverObservation(ReceiverCase(tuple(event for event, _, _ in told)), tuple(steps), **more)


def judge(check_id: str, observation: ReceiverObservation, context: ReceiverContext = CONTEXT) -> None:
    judging.judge(CHECKS[check_id], observation, context)


CREATED: Told = (created(), PENDING, ())
TOLD: Told = (ready(), READY, (200,))
STALLED = ready(stalls=2.0)
LARGE = ready(padding=1000)
DEEP = next(
    event
    for case in CHECKS["CBK-08"].probe.cases(CONTEXT)
    for event in case.events
    if event.text is not None and len(event.text) > 1000
)


@pytest.mark.parametrize(
    ("check_id", "observation", "why"),
    [
        ("CBK-01", observed(CREATED, (ready(), READY, (500,))), "500 / Documented: a 2xx"),
        ("CBK-01", observed(CREATED, (ready(), PENDING, (200,))), "'pending', 0 effects after create answered"),
        ("CBK-02", observed(CREATED, (failed(), PENDING, (200,))), "after create answered · callback error"),
        ("CBK-02", observed(CREATED, (failed(), replace(FAILED, error_message="?"), (200,))), "the message '?'"),
        ("CBK-03", observed(CREATED, TOLD, (ready(), READY, (500,))), "500 after .* / Documented: a 2xx, or a 409"),
        ("CBK-03", observed(CREATED, (ready(), READY, (409,))), "409 after .* / Documented: a 2xx$"),
        ("CBK-03", observed(CREATED, TOLD, (ready(), TWICE, (200,))), "the state 'done', 2 effects"),
        ("CBK-04", observed((ready(), UNKNOWN, (200,)), (created(), PENDING, ())), "callback ready · create answered"),
        ("CBK-04", observed((ready(), READY, (200,)), (created(), READY, ())), "nothing told as done"),
        ("CBK-05", observed(CREATED, TOLD, (failed(), UNKNOWN, (200,))), "'ready' or 'error', 1 effect"),
        (
            "CBK-05",
            observed(CREATED, TOLD, (failed(), READY, (200,)), (ready(), FAILED, (200,))),
            "the states ready, error / Documented: one state",
        ),
        ("CBK-06", observed((ready(), UNKNOWN, (500,))), "500 / Documented: a 2xx or a 4xx"),
        ("CBK-06", observed((ready(), READY, (200,))), "nothing told as done, 0 effects"),
        ("CBK-07", observed(CREATED, (ready(body={"status": "ready", "a": 1}), PENDING, (422,))), "422 / Documented"),
        ("CBK-07", observed(CREATED, (ready(body={"status": "queued"}), READY, (200,))), "callback queued"),
        ("CBK-08", observed(CREATED, (Event(text="{"), READY, (400,))), "the state 'done'"),
        ("CBK-08", observed(CREATED, (Event(text="{"), PENDING, (200,))), "200 to the body '{' / Documented: a 4xx"),
        ("CBK-08", observed(CREATED, (Event(text="{"), PENDING, (CLOSED,))), "closed to the body"),
        ("CBK-08", observed(CREATED, (ready(method="GET"), PENDING, (500,))), "500 to a GET / Documented: a 4xx$"),
        ("CBK-08", observed(CREATED, (ready(method="PUT"), PENDING, (200,))), "200 to a PUT .* a 4xx, such as 405"),
        ("CBK-08", observed(CREATED, (DEEP, PENDING, (500,))), "nested deeply / Documented: a 2xx or a 4xx"),
        ("CBK-09", observed(CREATED, (LARGE, READY, (200,))), "200 to 16 MiB / Documented: a 413, or an end"),
        ("CBK-09", observed(CREATED, (LARGE, PENDING, (500,))), "500 / Documented: a 413"),
        ("CBK-09", observed(CREATED, (LARGE, PENDING, (SILENT,))), "no response within 15 s / Documented: a 413"),
        ("CBK-09", observed(CREATED, (LARGE, PENDING, (413,)), (ready("B"), None, (503,))), "503 to the callback be"),
        ("CBK-09", observed(CREATED, (STALLED, READY, (Response(200, seconds=2.1),))), "that stalled for 2 s"),
        ("CBK-10", observed(CREATED, (ready(), None, (Response(200, seconds=20.0),))), "200 after 20.0 s"),
        ("CBK-10", observed(CREATED, (ready(), None, (SILENT,))), "no response within 15 s after"),
        ("CBK-11", observed(CREATED, (fail_next(), None, ()), TOLD, TOLD), "200 / Documented: a 5xx, after --fail"),
        (
            "CBK-11",
            observed(CREATED, (fail_next(), None, ()), (ready(), PENDING, (500,)), (ready(), PENDING, (404,))),
            "404 / Documented: a 2xx for the redelivery",
        ),
        (
            "CBK-11",
            observed(CREATED, (fail_next(), None, ()), (ready(), None, (500,)), TOLD, (ready(), READY, (404,))),
            "404 to a duplicate / Documented: a 2xx, or a 409",
        ),
        ("CBK-12", observed((ready(), READY, (200,))), "nothing told as done"),
        ("CBK-12", observed(CREATED, (ready(is_forged=True), READY, (200,))), "'pending', 0 effects"),
        ("CBK-12", observed(CREATED, (ready(is_forged=True), PENDING, (200,))), "200 to a callback without the URL"),
        ("CBK-13", observed(CREATED, (ready(times=2), TWICE, (200, 200))), "callback ready x2"),
        ("CBK-13", observed(CREATED, (ready(times=2), READY, (409, 409))), "409 after"),
        ("CBK-13", observed(CREATED, (ready(times=2), READY, (200, 500))), "500 after"),
        ("CBK-14", observed(CREATED, (restart(), None, ()), (ready(), PENDING, (200,))), "create answered · restart"),
    ],
    ids=by_texts,
)
def test_what_falls_short_is_told(check_id: str, observation: ReceiverObservation, why: str) -> None:
    with pytest.raises(CheckFailed, match=why):
        judge(check_id, observation)


@pytest.mark.parametrize(
    ("check_id", "observation"),
    [
        ("CBK-01", observed(CREATED, TOLD)),
        ("CBK-02", observed(CREATED, (failed(message="The video is too short."), FAILED, (204,)))),
        ("CBK-02", observed(CREATED, (failed(), replace(FAILED, error_message=None), (200,)))),
        ("CBK-03", observed(CREATED, TOLD, (ready(), READY, (409,)))),
        ("CBK-04", observed((ready(), UNKNOWN, (200,)), (created(), READY, ()))),
        ("CBK-04", observed((ready(), UNKNOWN, (404,)), (created(), READY, ()))),
        ("CBK-05", observed(CREATED, TOLD, (failed(), READY, (200,)), (ready(), READY, (409,)))),
        ("CBK-06", observed((ready(), State("pending", "parked", 0), (202,)))),
        ("CBK-07", observed(CREATED, (ready(body={"status": "queued"}), PENDING, (422,)), TOLD)),
        ("CBK-08", observed(CREATED, (Event(text="{"), PENDING, (400,)))),
        ("CBK-08", observed(CREATED, (ready(method="GET"), PENDING, (501,)))),
        ("CBK-08", observed(CREATED, (DEEP, READY, (200,)))),
        ("CBK-09", observed(CREATED, (LARGE, PENDING, (413,)), (ready("B"), None, (200,)))),
        ("CBK-09", observed(CREATED, (LARGE, PENDING, (CLOSED,)))),
        ("CBK-09", observed(CREATED, (STALLED, PENDING, (Response(408, seconds=1.0),)))),
        ("CBK-10", observed(CREATED, (ready(), None, (Response(200, seconds=2.0),)))),
        ("CBK-11", observed(CREATED, (fail_next(), None, ()), (ready(), None, (500,)), TOLD, TOLD)),
        ("CBK-12", observed(CREATED, (ready(is_forged=True), PENDING, (403,)))),
        ("CBK-13", observed(CREATED, (ready(times=2), READY, (200, 503)))),
        ("CBK-14", observed((ready(), UNKNOWN, (200,)), (restart(), None, ()), (created(), READY, ()))),
    ],
    ids=by_texts,
)
def test_what_is_right_passes(check_id: str, observation: ReceiverObservation) -> None:
    judge(check_id, observation)


def test_an_early_callback_that_had_to_be_sent_again_is_warned_of() -> None:
    (again,) = observed((ready(), READY, (200,))).steps
    again = replace(again, is_again=True, expected=Expected().after(created()).after(ready()))
    story = observed((ready(), None, (404,)), (created(), None, ()), relied_on_redelivery=True)
    story = replace(story, steps=(*story.steps, again))

    with pytest.raises(CheckFailed, match="refused, and taken when it was sent again") as raised:
        judge("CBK-04", story)

    assert raised.value.is_warning


@pytest.mark.parametrize(
    ("check_id", "observation", "context", "why"),
    [
        ("CBK-03", observed(CREATED, TOLD, TOLD), replace(CONTEXT, takes_ready=False), "see CBK-01"),
        ("CBK-03", observed(CREATED, (failed(), FAILED, (200,))), replace(CONTEXT, takes_error=False), "see CBK-02"),
        ("CBK-03", observed(CREATED, TOLD), replace(CONTEXT, has_state=False), "needs --created and --receiver-state"),
        ("CBK-03", observed((created(), State("pending"), ()), (ready(), State("ready"), (200,))), CONTEXT, "effects"),
        ("CBK-04", observed((ready(), None, (200,)), CREATED), replace(CONTEXT, has_state=False), "not judged"),
        ("CBK-08", observed(CREATED), CONTEXT, "the request that is strange was left out"),
        ("CBK-09", observed(CREATED, TOLD), CONTEXT, "the body that is strange was left out"),
        ("CBK-10", observed(CREATED), CONTEXT, "the callback was left out"),
        ("CBK-11", observed(CREATED, TOLD, TOLD), CONTEXT, "the failure or the redelivery was left out"),
        ("CBK-12", observed((ready(), None, (200,))), replace(CONTEXT, has_state=False), "not judged"),
    ],
    ids=by_texts,
)
def test_what_does_not_apply_says_why(
    check_id: str, observation: ReceiverObservation, context: ReceiverContext, why: str
) -> None:
    with pytest.raises(NotApplicable, match=why):
        judge(check_id, observation, context)


def test_a_secret_and_a_stall_are_only_tried_where_they_can_be() -> None:
    plain = replace(CONTEXT, has_secret=False)
    slow = replace(CONTEXT, stall_seconds=1.0)

    assert len(list(CHECKS["CBK-12"].probe.cases(plain))) < len(list(CHECKS["CBK-12"].probe.cases(CONTEXT)))
    assert len(list(CHECKS["CBK-09"].probe.cases(CONTEXT))) < len(list(CHECKS["CBK-09"].probe.cases(slow)))
    assert {event.kind for case in CHECKS["CBK-14"].probe.cases(plain) for event in case.events} >= {EventKind.RESTART}
