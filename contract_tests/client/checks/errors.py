"""ERR: how the client reads a refusal."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from contract_tests.client.case import Call, ClientCase, one
from contract_tests.client.causes import Cause
from contract_tests.client.checks._check import check, fixed, made
from contract_tests.client.checks.assertions import (
    created,
    deadline_of,
    must_be_error,
    must_end_within,
    must_tell_status,
)
from contract_tests.client.context import ClientContext
from contract_tests.client.observation import ClientObservation, Outcome, Step
from contract_tests.failures import CheckFailed
from contract_tests.http.script import Answer, Script, responds
from contract_tests.requirements import Authority, Level, Requirement

_TEXT = "Invalid train_video_url: mishap 4711"
_FOREIGN_TEXT = "Ungültig: 動画 😀 4711"
_SAME_TEXT = "mishap 4711"
_UNAUTHORIZED = "Invalid access token: mishap 4711"
_RANDOM = re.compile(r"[0-9a-fA-F-]{6,}|[0-9]+")


def _refused(status: int, body: Any, content_type: str = "application/json", **script: Any) -> ClientCase:
    return one(Call(scripts=(responds(body, status, content_type, times=10, **script),)))


def _answer(step: Step) -> Answer:
    """Return the response that a step was about."""
    return step.call.scripts[0].answer or Answer()


def _has_text(outcome: Outcome, text: str) -> bool:
    return any(form in outcome.message for form in (text, json.dumps(text)[1:-1], ascii(text)[1:-1]))


def _bad_request(context: ClientContext) -> Iterator[ClientCase]:
    yield _refused(400, {"error": _TEXT})
    # In bytes that are read apart, inside of characters too.
    for framing in ("length", "chunked"):
        text = json.dumps({"error": _FOREIGN_TEXT}, ensure_ascii=False)
        yield _refused(400, text, framing=framing, chunks=(7,) * 12, write_size=7, pause=0.002)


@check(
    Requirement(
        "ERR-01",
        Level.MUST,
        "surfaces the text of a 400",
        Authority.VENDOR,
        "POST /v2/replicas, the vendor's reference page",
        "The user is not told what is wrong with the request.",
        witness="report",
    ),
    made(_bad_request),
)
def _tells_400(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that the error has the text of `error` in it."""
    text = _answer(observation.last).json()["error"]
    must_be_error(observation.last, f"an error that says {text!r}", cause=Cause.TRUSTS_STATUS)
    if not _has_text(observation.last.outcome, text):
        received = f"the message {observation.last.outcome.message[:200]!r}"
        raise CheckFailed(received, f"one with {text!r} in it, which the API has said", cause=Cause.HIDES_TEXT)


_BOTH = ClientCase(
    (
        Call(scripts=(responds({"error": _SAME_TEXT}, 400, times=5),)),
        Call(scripts=(responds({"message": _SAME_TEXT}, 401, times=5),)),
    )
)


@check(
    Requirement(
        "ERR-02",
        Level.MUST,
        "lets a 401 be told from a 400",
        Authority.VENDOR,
        "POST /v2/replicas, the vendor's reference page",
        "A wrong key looks like a wrong request, and the user mends the wrong thing.",
        witness="report",
    ),
    fixed(_BOTH),
)
def _tells_401_from_400(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that the two differ in status, kind, class of the error, or text."""
    for step in observation.steps:
        must_be_error(step, f"an error, after a {_answer(step).status}", cause=Cause.TRUSTS_STATUS)
    first, *others = (step.outcome for step in observation.steps)
    if any(_signature(first) == _signature(other) for other in others):
        raise CheckFailed(f"the same after both: {first}", "a 401 can be told from a 400", cause=Cause.HIDES_STATUS)


def _signature(outcome: Outcome) -> tuple[Any, ...]:
    """Return what tells errors apart: not what is random in a text, or a time."""
    numbers = [status for status in ("400", "401") if status in outcome.message]
    text = _RANDOM.sub("", outcome.message)
    return outcome.http_status, outcome.kind, outcome.error_type, numbers if len(numbers) == 1 else text


_SHAPES: tuple[Any, ...] = ({"detail": "no"}, {"error": {"code": 7}}, {"error": None}, [], "null", '"no"')


def _other_shapes(context: ClientContext) -> Iterator[ClientCase]:
    for body in _SHAPES:
        yield _refused(400, body)
    for status in (400, 401, 403, 404, 422, 429):
        yield _refused(status, "")
        yield _refused(status, "<html>", "text/html")


@check(
    Requirement(
        "ERR-03",
        Level.MUST,
        "keeps the status when the body has another shape",
        Authority.RFC,
        "RFC 9110, section 15",
        "An error is told as a fault of the client's own, or not at all.",
        witness="report",
    ),
    made(_other_shapes),
)
def _keeps_status(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that the client reports the status.

    RFC 9110, 15: a client MUST understand the class of any status code.
    """
    answer = _answer(observation.last)
    kind = "JSON" if answer.body and answer.header("content-type") == "application/json" else "no JSON"
    must_tell_status(observation.last, answer.status, context, place=kind)


def _server_errors(context: ClientContext) -> Iterator[ClientCase]:
    for status in (500, 502, 503, 504):
        yield _refused(status, "<html><body><h1>Sorry</h1></body></html>", "text/html")
        yield _refused(status, "", "application/json")
        yield _refused(status, '{"mess', "application/json")
    for status in (501, 505, 520):
        yield _refused(status, "<html>", "text/html")


@check(
    Requirement(
        "ERR-04",
        Level.MUST,
        "keeps the status of a 5xx with HTML or nothing",
        Authority.RFC,
        "RFC 9110, section 15.6",
        "'Unexpected token <' hides that the server is down.",
        witness="report",
    ),
    made(_server_errors),
)
def _keeps_server_status(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that the client reports the status of a 5xx, whatever its body is."""
    must_tell_status(observation.last, _answer(observation.last).status, context)


_LONGEST = "86400"
_RETRY_AFTER = ("1", "soon", "-1", "Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", _LONGEST)
_EARLIEST_MS = {"1": 1000.0, _LONGEST: 86_400_000.0, "Fri, 31 Dec 9999 23:59:59 GMT": 86_400_000.0}


def _too_many(context: ClientContext) -> Iterator[ClientCase]:
    for value in _RETRY_AFTER:
        headers = (("Content-Type", "application/json"), ("Retry-After", value))
        answer = Answer(429, headers, '{"message": "Too many requests"}')
        yield one(Call(scripts=(Script(handle=False, answer=answer, times=50),)))


@check(
    Requirement(
        "ERR-05",
        Level.SHOULD,
        "after a 429, never comes back early and never waits for ever",
        Authority.RFC,
        "RFC 6585, section 4; RFC 9110, section 10.2.3",
        "The client is locked out for longer, or hangs for a day.",
        witness="report",
    ),
    made(_too_many),
)
def _waits_as_told(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that no request comes before Retry-After allows it, and that the call ends in time."""
    step = observation.last
    deadline = deadline_of(step, context)
    value = _answer(step).header("retry-after")
    began = [exchange.began_ms for exchange in step.exchanges if exchange.request is not None]
    earliest = _EARLIEST_MS.get(value, 0.0)
    if any(later - first < 0.95 * earliest for first, later in itertools.pairwise(began)):
        raise CheckFailed(f"a second request after {began[1] - began[0]:.0f} ms", f"none before Retry-After: {value}")
    if len(began) > 20:
        raise CheckFailed(f"{len(began)} requests", "a bounded number")
    must_end_within(step.outcome, deadline, f"an end within {deadline:g} s")
    must_tell_status(step, 429, context)


@check(
    Requirement(
        "ERR-06",
        Level.SHOULD,
        "does not take a 2xx that is not documented for a create",
        Authority.VENDOR,
        "POST /v2/replicas, the vendor's reference page",
        "Something that was only accepted, or is empty, is told as a training that has started.",
        witness="report",
    ),
    fixed(_refused(202, created()), _refused(201, created()), _refused(204, ""), _refused(202, {})),
)
def _not_documented(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that a 2xx which is not documented is no success."""
    status = _answer(observation.last).status
    if observation.last.outcome.is_ok:
        received = f"{observation.last.outcome}, after a {status}"
        raise CheckFailed(received, "an error: only 200 is documented", cause=Cause.TRUSTS_STATUS)


_HUGE = "x" * 1_000_000
_HOSTILE = (_HUGE, "\x00\x1b[2J\r\n", "\u202e\u2028", "%s%n{0}", '"}\n{"id": 1, "outcome": "ok"}', "😀" * 1000)


def _hostile(context: ClientContext) -> Iterator[ClientCase]:
    for text in _HOSTILE:
        yield _refused(400, {"error": text})


def _drawn_hostile(context: ClientContext) -> SearchStrategy[ClientCase]:
    texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
    return texts.map(lambda text: _refused(400, {"error": text}))


@check(
    Requirement(
        "ERR-07",
        Level.MUST,
        "survives a hostile error text",
        Authority.HOUSE,
        "error texts are somebody else's input",
        "A long or strange error text ends the program.",
        witness="report",
    ),
    made(_hostile, _drawn_hostile),
)
def _survives(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that a hostile text costs nothing that the client reports after a harmless one."""
    must_be_error(observation.last, "an error, whatever its text is", cause=Cause.TRUSTS_STATUS)
    is_huge = _HUGE in _answer(observation.last).body  # to read no more of that is reason enough
    if not is_huge and context.habits.tells_status:
        must_tell_status(observation.last, _answer(observation.last).status, context)


@check(
    Requirement(
        "ERR-08",
        Level.MUST,
        "surfaces the text of a 401",
        Authority.VENDOR,
        "POST /v2/replicas, the vendor's reference page",
        "The user is not told that the key is wrong.",
        witness="report",
    ),
    fixed(_refused(401, {"message": _UNAUTHORIZED})),
)
def _tells_401(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that the client reports the text of `message`, or in its own words the status."""
    step = observation.last
    must_be_error(step, f"an error that says {_UNAUTHORIZED!r}", cause=Cause.TRUSTS_STATUS)
    if not _has_text(step.outcome, _UNAUTHORIZED) and not context.habits.tells(step.outcome, 401):
        received = f"the message {step.outcome.message[:200]!r}, without the status"
        documented = f"one with {_UNAUTHORIZED!r} in it, or with the status 401"
        raise CheckFailed(received, documented, is_warning=True, cause=Cause.HIDES_TEXT)
