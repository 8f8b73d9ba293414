"""REQ-01 to 04, 11, 13, 14: the request as a whole, against what the client was given."""

from __future__ import annotations

from collections.abc import Iterator

from contract_tests.client.case import SIMPLEST_BODY, Call, ClientCase, one, quoted
from contract_tests.client.causes import Cause
from contract_tests.client.checks._check import check, fixed
from contract_tests.client.checks.assertions import (
    CREATE_PATH,
    created,
    must_be_error,
    sent,
)
from contract_tests.client.checks.bodies import BODIES
from contract_tests.client.context import ClientContext
from contract_tests.client.observation import ClientObservation, Step
from contract_tests.failures import CheckFailed, NotApplicable
from contract_tests.http.messages import HttpRequest
from contract_tests.http.script import responds
from contract_tests.requirements import Authority, Evidence, Level, Requirement

_SIMPLEST = fixed(ClientCase())


def _requests(observation: ClientObservation) -> Iterator[tuple[Step, HttpRequest]]:
    """Return each call that sent something, with its first request."""
    for step in observation.steps:
        try:
            yield step, sent(step)
        except NotApplicable:
            continue


@check(
    Requirement(
        "REQ-01",
        Level.MUST,
        "sends one POST to exactly /v2/replicas, without a query",
        Authority.VENDOR,
        "POST /v2/replicas, the vendor's reference page",
        "The request goes where nobody answers it, or a training is bought twice.",
    ),
    fixed(ClientCase(), ClientCase((Call(),) * 6, is_batch=True)),
)
def _one_post(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that each call sends one POST, to the path that the reference page names."""
    for step in observation.steps:
        sent(step)
        lines = [f"{request.method} {request.target}" for request in step.requests]
        if lines != [f"POST {CREATE_PATH}"]:
            cause = Cause.REPEATS_CREATES if set(lines) == {f"POST {CREATE_PATH}"} else ""
            raise CheckFailed(", ".join(lines), f"one POST {CREATE_PATH}", cause=cause)


@check(
    Requirement(
        "REQ-02",
        Level.MUST,
        "declares application/json",
        Authority.VENDOR,
        "POST /v2/replicas, the vendor's reference page",
        "The API takes the body for something else, and refuses it.",
    ),
    _SIMPLEST,
)
def _content_type(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that the content type is application/json, with or without a charset."""
    value = sent(observation.last).header("content-type")
    if value is None or value.partition(";")[0].strip().lower() != "application/json":
        raise CheckFailed("no content type" if value is None else f"content type {value}", "application/json")


@check(
    Requirement(
        "REQ-03",
        Level.MUST,
        "sends one valid UTF-8 JSON object: no byte order mark, no key twice, no NaN",
        Authority.RFC,
        "RFC 8259",
        "Some names and URLs make the API refuse the whole request, or read another value than the one meant.",
    ),
    BODIES,
)
def _valid_json(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that the body is one JSON object. RFC 8259, 8.1: text that is exchanged MUST be encoded using UTF-8."""
    for _, request in _requests(observation):
        try:
            value = request.json()
        except (ValueError, RecursionError) as error:
            raise CheckFailed(f"{error}: {request.body[:120]!r}", "one JSON object in UTF-8") from error
        if not isinstance(value, dict):
            raise CheckFailed(f"a body that is no object: {request.body[:120]!r}", "one JSON object")


@check(
    Requirement(
        "REQ-04",
        Level.MUST,
        "frames the body correctly",
        Authority.RFC,
        "RFC 9112, section 6",
        "With some texts the body is cut off or never ends, and the request hangs or is refused.",
    ),
    BODIES,
)
def _framing(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that the body is as long as its framing says, and that nothing stands behind it."""
    for step, request in _requests(observation):
        if request.faults:
            raise CheckFailed("; ".join(request.faults), "a request whose framing is exact")
        for exchange in step.exchanges:
            if exchange.raw_request and exchange.request is None:
                raise CheckFailed(f"bytes behind the request: {exchange.raw_request[:60]!r}", "an exact Content-Length")


@check(
    Requirement(
        "REQ-11",
        Level.MUST,
        "without train_video_url: refuses the call, or surfaces the 400",
        Authority.VENDOR,
        "POST /v2/replicas, the vendor's reference page",
        "The user believes that a training is under way, and waits for ever.",
        Evidence.REPORT,
        witness="report",
    ),
    fixed(one(Call({})), one(Call({"replica_name": "Rio"}))),
)
def _refuses(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that a create without a video is an error, whoever refuses it."""
    must_be_error(observation.last, "an error: train_video_url is required")


@check(
    Requirement(
        "REQ-13",
        Level.SHOULD,
        "honours the path of the base URL",
        Authority.RFC,
        "RFC 3986, section 5",
        "The client cannot be used through a gateway.",
    ),
    fixed(one(Call(endpoint="prefix", scripts=(responds(created()),)))),
)
def _base_path(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that the request goes below the path of the base URL."""
    target = sent(observation.last).target
    if target != f"/prefix{CREATE_PATH}":
        raise CheckFailed(target, f"/prefix{CREATE_PATH}, below the base URL")


_LONE = "a\ud83db"


@check(
    Requirement(
        "REQ-14",
        Level.SHOULD,
        "escapes a lone surrogate, or refuses it cleanly",
        Authority.RFC,
        "RFC 8259, section 8.2",
        "A broken character in a name ends the program, or is sent as bytes that are no UTF-8.",
        Evidence.REPORT,
    ),
    fixed(one(Call({**SIMPLEST_BODY, "replica_name": _LONE}))),
)
def _surrogate(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that a lone surrogate is escaped, or refused with an error."""
    step = observation.last
    if step.call.body.get("replica_name") != _LONE:
        raise NotApplicable("the lone surrogate was left out")
    if step.outcome.outcome == "crash":
        raise CheckFailed(str(step.outcome), "a clean error, or an escape")
    if not step.requests and step.outcome.is_error:
        return
    request = sent(step)
    try:
        value = request.json().get("replica_name")
    except (ValueError, AttributeError) as error:
        raise CheckFailed(f"{request.body[:120]!r} ({error})", "a clean error, or the escape \\ud83d") from error
    if value != _LONE:
        raise CheckFailed(quoted(value), "a clean error, or the escape \\ud83d")
