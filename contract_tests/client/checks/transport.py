"""TRN-01, 02, 06 to 08, 11: what the client does when the connection fails it."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from contract_tests.client.case import Call, ClientCase, one
from contract_tests.client.checks._check import check, fixed, made
from contract_tests.client.checks.assertions import (
    CANARY,
    created,
    must_all_have_sent,
    must_be_created,
)
from contract_tests.client.checks.ledger import buys_no_second, buys_one
from contract_tests.client.checks.sequences import AFTER_FAULTS, UNASKED
from contract_tests.client.context import ClientContext
from contract_tests.client.observation import ClientObservation
from contract_tests.client.strategies import framings
from contract_tests.failures import CheckFailed, NotApplicable
from contract_tests.http.script import Answer, Cut, JsonObject, Script, responds
from contract_tests.requirements import Authority, Level, Requirement

_WATCH_SECONDS = 0.25
"""How long the wire is watched for what should not come."""

_BEHIND_DATA = len("\r\n0\r\n\r\n")
"""What follows the last byte of data in chunks: some stacks do without it, and no client can help that."""

_LOST = (
    Script(cut=0, end="fin"),
    Script(cut=0, end="rst"),
    Script(cut=Cut.IN_HEAD, end="rst"),
    Script(cut=Cut.IN_BODY, end="fin"),
    Script(framing="chunked", cut=Cut.IN_BODY, end="rst"),
)
_UNREADABLE = tuple(Script(answer=Answer(200, (), body)) for body in ("<html>", '{"status": "started"}', ""))
"""Responses with the status 200 to a create that has taken place, from which nobody learns that."""

_EXTRA_WAIT = 6.0
"""A client that tries again may wait before it does, in seconds."""


def _batch(*scripts: Script, extra_wait_seconds: float = _EXTRA_WAIT) -> ClientCase:
    """Return calls before one quiet time, since that takes long; what fails is shrunk to the one that matters."""
    calls = tuple(Call(extra_wait_seconds=extra_wait_seconds, scripts=(script,)) for script in scripts)
    return ClientCase(calls, _WATCH_SECONDS, is_batch=True)


@check(
    Requirement(
        "TRN-01",
        Level.MUST,
        "buys one training when the answer is lost",
        Authority.RFC,
        "RFC 9110, section 9.2.2",
        "A retry after a lost connection buys the same training twice.",
        witness="ledger",
    ),
    fixed(_batch(*_LOST, *_UNREADABLE)),
)
def _one_training(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that one training is bought.

    RFC 9110, 9.2.2: a client SHOULD NOT automatically retry a request with a non-idempotent method, unless it can tell
    that the request was never applied.
    """
    for step in observation.steps:
        buys_one(step)
    must_all_have_sent(observation)


def _lost_on_used(context: ClientContext) -> Iterator[ClientCase]:
    for script in _LOST:
        yield ClientCase((Call(), Call(extra_wait_seconds=_EXTRA_WAIT, scripts=(script,))))
    # All of them once more, before one quiet time.
    lost = (Call(extra_wait_seconds=_EXTRA_WAIT, scripts=(script,)) for script in _LOST)
    yield ClientCase(tuple(call for one_lost in lost for call in (Call(), one_lost)), _WATCH_SECONDS)


@check(
    Requirement(
        "TRN-02",
        Level.MUST,
        "buys one training when the answer is lost on a connection that was used before",
        Authority.RFC,
        "RFC 9112, section 9.3.1",
        "A retry on a stale connection buys the same training twice.",
        witness="ledger",
    ),
    made(_lost_on_used),
)
def _one_training_each(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that one training is bought on a connection that was used before, too."""
    if observation.case.calls[0].scripts:
        raise NotApplicable("the call before it was left out")
    for step in observation.steps:
        buys_one(step)
    must_all_have_sent(observation)


_CUTS: tuple[int | Cut, ...] = (Cut.IN_HEAD, Cut.AFTER_HEAD, Cut.IN_BODY, 0, 1, 12, 37, 60, 85, 95, 110, 120, 130, 135)


def _cut_anywhere(context: ClientContext) -> Iterator[ClientCase]:
    for framing in ("length", "chunked", "close"):
        for cut in _CUTS:
            yield one(Call(scripts=(Script(framing=framing, cut=cut),)))
    yield one(Call(scripts=(Script(padding=100, cut=180),)))
    for cut in (0, Cut.IN_BODY):
        yield ClientCase((Call(), Call(scripts=(Script(cut=cut),))))


def _any_cut(context: ClientContext) -> SearchStrategy[ClientCase]:
    def build(before: list[Call], framing: JsonObject, cut: int, end: str) -> ClientCase:
        return ClientCase((*before, Call(scripts=(Script(**{**framing, "cut": cut, "end": end}),))))

    before = st.lists(st.just(Call()), max_size=1)
    return st.builds(build, before, framings(), st.integers(0, 170), st.sampled_from(["fin", "rst"]))


@check(
    Requirement(
        "TRN-06",
        Level.MUST,
        "takes an answer that was cut for an error",
        Authority.RFC,
        "RFC 9112, section 8",
        "Half an answer is told as a success, with half an id or none.",
        witness="report",
    ),
    made(_cut_anywhere, _any_cut),
)
def _cut_is_error(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that an incomplete response is an error.

    RFC 9112, 8: a client that receives an incomplete response message MUST record it as incomplete.
    """
    step = observation.last
    script = step.call.scripts[0]
    answered = [exchange for exchange in step.exchanges if exchange.status is not None]
    behind = _BEHIND_DATA if script.framing == "chunked" else 0
    if not answered or answered[0].withheld_bytes <= behind or len(answered) > 1:
        raise NotApplicable("the response was whole, or asked for twice, of which TRN-01 tells")
    if not step.outcome.is_error:
        documented = f"an error: the response broke off, {answered[0].withheld_bytes} bytes before its end"
        # White space that is missing behind a whole object is nothing that every stack looks for.
        is_whole = answered[0].withheld_bytes <= script.padding
        raise CheckFailed(str(step.outcome), documented, is_warning=is_whole, place=script.framing)


_INTERIM = ((100,), (103,), (103, 103))


@check(
    Requirement(
        "TRN-07",
        Level.SHOULD,
        "takes 100 and 103 interim answers",
        Authority.RFC,
        "RFC 9110, section 15.2",
        "A proxy that sends hints first breaks the client.",
        witness="report",
    ),
    fixed(*(one(Call(scripts=(responds(created(), interim=statuses),))) for statuses in _INTERIM)),
)
def _takes_interim(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that interim responses are passed over.

    RFC 9110, 15.2: a client MUST be able to parse one or more 1xx responses received prior to a final response.
    """
    must_be_created(observation.last, CANARY, f"a success with the id {CANARY!r}")


@check(
    Requirement(
        "TRN-08",
        Level.MUST,
        "the call after an error or a fault gets its own answer",
        Authority.RFC,
        "RFC 9112, section 9.2",
        "A call returns the id of another one, and from then on everything is mixed up.",
        witness="report",
    ),
    AFTER_FAULTS,
)
def _own_answer(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that a call gets the response to its own request, whatever came before."""
    is_unasked = any(script in UNASKED for call in observation.case.calls for script in call.scripts)
    documented = f"a success with the id {CANARY!r}, the response to this call"
    must_be_created(observation.last, CANARY, documented, is_warning=is_unasked)


def _fails(status: int, body: str, *headers: tuple[str, str]) -> Script:
    """Return a script that has the emulator create a replica, and tells of a failure."""
    content_type = "text/html" if body.startswith("<") else "application/json"
    return Script(answer=Answer(status, (("Content-Type", content_type), *headers), body))


_ACTED = (
    *(_fails(status, '{"message": "Oops"}') for status in (500, 502, 504)),
    *(_fails(500, ""), _fails(502, "<html>"), _fails(520, "<html>"), _fails(524, "<html>")),
)
_LATER = tuple(_fails(status, '{"message": "Later"}', ("Retry-After", "60")) for status in (503, 429))


@check(
    Requirement(
        "TRN-11",
        Level.MUST,
        "does not repeat a create after a 500, 502 or 504",
        Authority.RFC,
        "RFC 9110, section 9.2.2",
        "The server may have acted before it failed: the same training is bought twice.",
        witness="ledger",
    ),
    fixed(_batch(*_ACTED), _batch(*_LATER, extra_wait_seconds=0.0)),
)
def _not_repeated_after_5xx(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that a create which may have taken place is not sent again."""
    for step in observation.steps:
        if step.call.extra_wait_seconds:
            buys_one(step)
        else:  # it may well wait for as long as it was told to
            buys_no_second(step)
    must_all_have_sent(observation)
