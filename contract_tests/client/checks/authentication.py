"""AUT: how the client sends its key."""

from __future__ import annotations

import string
from collections.abc import Iterator
from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from contract_tests.client.case import Call, ClientCase, one, quoted
from contract_tests.client.checks._check import check, fixed, made
from contract_tests.client.checks.assertions import must_have_sent_last, sent
from contract_tests.client.checks.replicas import other_calls
from contract_tests.client.checks.sequences import AFTER_FAULTS
from contract_tests.client.context import ClientContext
from contract_tests.client.observation import ClientObservation, Step
from contract_tests.client.strategies import KEYS
from contract_tests.failures import CheckFailed, NotApplicable
from contract_tests.http.messages import HttpRequest
from contract_tests.requirements import Authority, Evidence, Level, Requirement

_LETTERS = string.ascii_letters + string.digits + "-_.~+/=$%&'*!#^`|"


def _keys(context: ClientContext) -> Iterator[ClientCase]:
    yield ClientCase()
    for call in other_calls():
        yield one(replace(call, api_key=KEYS[0]))
    for key in KEYS:
        yield one(Call(api_key=key))


def _drawn_keys(context: ClientContext) -> SearchStrategy[ClientCase]:
    # Longer than what could stand in a request by chance.
    return st.text(_LETTERS, min_size=8, max_size=60).map(lambda key: one(Call(api_key=f"Kit{key}")))


@check(
    Requirement(
        "AUT-01",
        Level.MUST,
        "sends the exact key once, in x-api-key and nowhere else",
        Authority.VENDOR,
        "POST /v2/replicas, the vendor's reference page",
        "The API refuses a key that was changed, and a key in another place ends up in logs.",
    ),
    made(_keys, _drawn_keys),
)
def _exact_key(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that the key stands in x-api-key, once and as it was given, and nowhere else."""
    _must_send_key(observation.last)


def _must_send_key(step: Step) -> None:
    for request in step.requests or [sent(step)]:
        _must_have_key(step, request)


def _must_have_key(step: Step, request: HttpRequest) -> None:
    values = [value for name, value in request.headers if name.lower() == "x-api-key"]
    if values != [step.api_key]:
        received = f"x-api-key: {', '.join(map(quoted, values))}" if values else "no x-api-key"
        raise CheckFailed(received, f"{quoted(step.api_key)}, once", place="changed")
    if len(step.api_key) < 8:
        return
    others = [f"{name}: {value}" for name, value in request.headers if name.lower() != "x-api-key"]
    for place in (request.target, *others, request.body.decode("utf-8", "replace")):
        if step.api_key in place:
            raise CheckFailed(f"the key in {place[:100]!r}", "the key in x-api-key and nowhere else", place="elsewhere")


@check(
    Requirement(
        "AUT-02",
        Level.MUST,
        "still sends the key on later calls, after errors and reconnects",
        Authority.VENDOR,
        "POST /v2/replicas, the vendor's reference page",
        "After one bad moment, everything is answered 401 until the program is started anew.",
    ),
    AFTER_FAULTS,
)
def _still_sends_key(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that every request of every call has a key."""
    for step in observation.steps:
        for request in step.requests:
            if request.header("x-api-key") is None:
                raise CheckFailed("a request without x-api-key", "the key on every call")
    must_have_sent_last(observation)


_FIRST, _SECOND = "first-key-1", "second-key-2"
_THERE_AND_BACK = (Call(api_key=_FIRST), Call(api_key=_SECOND), Call(api_key=_FIRST), Call(api_key=_SECOND))


def _two_worlds(context: ClientContext) -> Iterator[ClientCase]:
    yield ClientCase(_THERE_AND_BACK)
    yield ClientCase((Call(api_key=_FIRST), Call(api_key=_SECOND)))
    yield ClientCase((Call(api_key=_FIRST), Call(api_key=_SECOND, endpoint="other")))
    yield ClientCase((Call(api_key=_FIRST, endpoint="other"), Call(api_key=_SECOND)))


def _drawn_worlds(context: ClientContext) -> SearchStrategy[ClientCase]:
    calls = st.builds(
        lambda number, endpoint: Call(api_key=f"key-of-call-{number}", endpoint=endpoint),
        st.integers(1, 3),
        st.sampled_from(["wire", "other"]),
    )
    return st.lists(calls, min_size=2, max_size=4).map(lambda drawn: ClientCase(tuple(drawn)))


@check(
    Requirement(
        "AUT-03",
        Level.MUST,
        "uses the key and the base URL of this call, not of an earlier one",
        Authority.HOUSE,
        "calls are independent",
        "One customer's training is billed to another one's account.",
    ),
    made(_two_worlds, _drawn_worlds),
)
def _own_key_and_url(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that each request has the key, and goes to the base URL, of its own call."""
    for step in observation.steps:
        for exchange in step.exchanges:
            request = exchange.request
            if request is None:
                continue
            if exchange.endpoint != step.call.endpoint:
                documented = f"one at {step.call.endpoint!r}, the base URL given"
                raise CheckFailed(f"a request at {exchange.endpoint!r}", documented, place="base URL")
            if (key := request.header("x-api-key")) != step.api_key:
                received = "no x-api-key" if key is None else f"x-api-key: {quoted(key)}"
                raise CheckFailed(received, f"{quoted(step.api_key)}, the key of this call", place="key")
        if not step.requests and step.outcome.is_ok:
            raise CheckFailed("no request, and a success", "a request")
    must_have_sent_last(observation)


@check(
    Requirement(
        "AUT-04",
        Level.MUST,
        "rejects CR or LF in a key",
        Authority.RFC,
        "RFC 9110, section 5.5",
        "Whoever can set the key can add headers of their own to the request.",
        Evidence.REPORT,
    ),
    fixed(*(one(Call(api_key=f"key-before{end}x-injected: yes")) for end in ("\r\n", "\n", "\r"))),
)
def _no_injection(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that a key with a line break is refused. RFC 9110, 5.5: such values are invalid and dangerous."""
    step = observation.last
    for exchange in step.exchanges:
        if b"x-injected" in exchange.raw_request.lower():
            raise CheckFailed(f"{exchange.raw_request[:200]!r}", "a refusal: no CR or LF in a header")
    if step.outcome.outcome in ("ok", "crash"):
        raise CheckFailed(str(step.outcome), "a refusal: no CR or LF in a header")


@check(
    Requirement(
        "AUT-05",
        Level.SHOULD,
        "refuses an empty key before anything is sent",
        Authority.HOUSE,
        "an empty variable is the most frequent mistake",
        "A variable that was not set is told as an 'invalid token', and the user looks for the fault elsewhere.",
        Evidence.REPORT,
    ),
    fixed(one(Call(api_key=""))),
)
def _refuses_no_key(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that an empty key is refused before anything is sent."""
    step = observation.last
    if step.requests:
        raise CheckFailed("a request without a key", "a refusal before anything is sent")
    if not step.outcome.is_error:
        raise CheckFailed(str(step.outcome), "an error")
    if not step.outcome.message:
        raise NotApplicable("the client refuses, and does not say why")
