"""TRN-03 to 05, 09, 10: when the client gives up."""

from __future__ import annotations

from collections.abc import Iterator

from contract_tests.client.case import Call, ClientCase, one
from contract_tests.client.causes import Cause
from contract_tests.client.checks._check import check, fixed, made
from contract_tests.client.checks.assertions import (
    SHORT,
    created,
    deadline_of,
    must_be_error,
    must_end_within,
)
from contract_tests.client.checks.ledger import buys_one
from contract_tests.client.context import ClientContext
from contract_tests.client.observation import ClientObservation, Step
from contract_tests.failures import CheckFailed
from contract_tests.http.script import HANGS, Cut, Script, responds
from contract_tests.requirements import Authority, Evidence, Level, Requirement

_OWN_TIMEOUT = 30.0
"""What a client may well have as a timeout of its own, in seconds."""


@check(
    Requirement(
        "TRN-03",
        Level.MUST,
        "does not repeat a create that outlasts its timeout",
        Authority.RFC,
        "RFC 9110, section 9.2.2",
        "On a slow day every training is bought twice.",
        witness="ledger",
    ),
    fixed(one(Call(timeout=SHORT, scripts=(Script(delay=0.8),)), 0.5)),
)
def _not_repeated(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that a create which takes place after the client has given up was not sent again."""
    deadline_of(observation.last, context)
    buys_one(observation.last)


def _hangs(context: ClientContext) -> Iterator[ClientCase]:
    for cut in (0, Cut.IN_HEAD, Cut.AFTER_HEAD, Cut.IN_BODY):
        yield one(Call(timeout=SHORT, scripts=(Script(cut=cut, end="hang", times=5),)))
    if context.longest_wait >= _OWN_TIMEOUT and context.capabilities.takes_timeout:
        yield one(Call(timeout=None, extra_wait_seconds=context.longest_wait, scripts=(HANGS,)))


def _ends_in_time(step: Step, context: ClientContext) -> None:
    deadline = deadline_of(step, context)
    documented = f"an error after {deadline:g} s"
    must_end_within(step.outcome, deadline, documented)
    must_be_error(step, documented, cause=Cause.TRUSTS_STATUS)


@check(
    Requirement(
        "TRN-04",
        Level.MUST,
        "ends in time when the server hangs",
        Authority.HOUSE,
        "a caller has given a timeout",
        "One server that hangs stops the whole program.",
        witness="report",
    ),
    made(_hangs),
)
def _in_time(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that a call ends in the time that it was given, or in the client's own."""
    step = observation.last
    if step.call.timeout is not None:
        _ends_in_time(step, context)
    elif step.outcome.outcome == "crash":  # its own may be longer than anybody waits for here
        documented = "an end after some time, without being given one"
        raise CheckFailed(str(step.outcome), documented, is_warning=True, cause=Cause.NO_DEADLINE)


_DRIPS = (
    Script(write_size=1, pause=0.015),
    Script(split_at=(72, *range(73, 118, 3)), pause=0.25),
)


@check(
    Requirement(
        "TRN-05",
        Level.SHOULD,
        "is not held past its deadline by one byte at a time",
        Authority.HOUSE,
        "a caller has given a timeout",
        "A slow server holds the program for as long as it likes.",
        witness="report",
    ),
    fixed(*(one(Call(timeout=SHORT, scripts=(script,))) for script in _DRIPS)),
)
def _not_held(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that the deadline covers the whole call, not each read."""
    _ends_in_time(observation.last, context)


_PADDING = 32 * 1024 * 1024
_MUCH = 12 * 1024 * 1024
"""More than what the system itself takes for a program that reads nothing."""


_FRAMINGS = ("length", "chunked", "close")


@check(
    Requirement(
        "TRN-09",
        Level.SHOULD,
        "bounds an answer that is too large",
        Authority.HOUSE,
        "an answer has 50 bytes",
        "One bad answer fills the memory.",
    ),
    fixed(*(one(Call(scripts=(responds(created(), padding=_PADDING, framing=framing),))) for framing in _FRAMINGS)),
)
def _bounded(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that the client stops reading a response that is far larger than any that is documented."""
    length = max((exchange.answer_length for exchange in observation.last.exchanges), default=0)
    if length >= _MUCH:
        documented = "an end after some reasonable number of bytes: a response has about 50"
        raise CheckFailed(f"{length / 1024 / 1024:.0f} MiB taken, counted on the wire", documented)


@check(
    Requirement(
        "TRN-10",
        Level.SHOULD,
        "reports a refused connection as an error of transport",
        Authority.HOUSE,
        "callers retry these only",
        "The caller cannot tell a server that is down from a refusal.",
        Evidence.REPORT,
        witness="report",
    ),
    fixed(one(Call(endpoint="refused"))),
)
def _typed(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that a refused connection is an error without an HTTP status."""
    outcome = observation.last.outcome
    must_be_error(observation.last, "an error")
    if outcome.http_status is not None or outcome.kind not in (None, "transport", "timeout"):
        raise CheckFailed(str(outcome), "an error of transport, without an HTTP status")
