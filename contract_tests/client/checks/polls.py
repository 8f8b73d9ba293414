"""Waits, poll by poll."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import inf

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from contract_tests.client.case import Call, ClientCase, one
from contract_tests.client.checks._check import ClientProbe, made
from contract_tests.client.checks.replicas import ID, must_be_about, poll
from contract_tests.client.context import ClientContext
from contract_tests.client.observation import Outcome, Step
from contract_tests.failures import CheckFailed, NotApplicable
from contract_tests.http.script import JsonObject, Script

WAIT = "wait_for_replica"
TIMEOUT = 4.0
INTERVAL = 0.1
DONE = poll("completed", "100/100")


def wait(
    context: ClientContext, *scripts: Script, timeout: float = TIMEOUT, interval: float | None = INTERVAL
) -> ClientCase | None:
    """Return a case in which polls are answered by these scripts, and then `completed`; None if it would take too long.

    Args:
        context: What is known of the client.
        scripts: One for each poll.
        timeout: How long the whole wait may take, in seconds.
        interval: The time between two polls, in seconds; None for none.
    """
    own = context.capabilities.own_interval
    polls = sum(min(script.times, 5) for script in scripts)
    if own is not None and polls > 1:
        if own * polls > context.longest_wait:
            return None
        timeout += own * polls
    arguments: JsonObject = {"replica_id": ID}
    if interval is not None:
        arguments["interval"] = interval
    return one(Call(arguments, operation=WAIT, timeout=timeout, scripts=(*scripts, DONE)))


def waits(
    cases: Callable[[ClientContext], Iterable[ClientCase | None]],
    drawn: Callable[[ClientContext], SearchStrategy[ClientCase | None]] | None = None,
) -> ClientProbe:
    """Return a probe of those cases that do not take too long.

    Args:
        cases: The cases that are always played, None for each that takes too long.
        drawn: What Hypothesis draws more of; None if there is nothing to draw.
    """

    def present(context: ClientContext) -> list[ClientCase]:
        found = [case for case in cases(context) if case is not None]
        if not found:
            raise NotApplicable(too_slow(context))
        return found

    def drawn_present(context: ClientContext) -> SearchStrategy[ClientCase]:
        own = context.capabilities.own_interval
        if drawn is None or (own is not None and own > 0):  # drawn waits are many
            return st.nothing()
        return drawn(context).filter(lambda case: case is not None).map(_known)

    return made(present, None if drawn is None else drawn_present)


def _known(case: ClientCase | None) -> ClientCase:
    assert case is not None  # noqa: S101 - for the type checker: None was left out before
    return case


def too_slow(context: ClientContext) -> str:
    """Return why waits of several polls are not judged.

    Args:
        context: What is known of the client.
    """
    own = context.capabilities.own_interval or 0.0
    told = "takes no interval, and does not say how long its own is" if own == inf else f"polls every {own:g} s"
    return f"the client {told}; several polls may take longer than --longest-wait {context.longest_wait:g}"


def must_poll(step: Step) -> None:
    """Assert that each request of a wait is a GET of the replica.

    Args:
        step: The call.

    Raises:
        CheckFailed: One is something else.
    """
    replica_id = step.call.body["replica_id"]
    for request in step.requests:
        if request.method != "GET":
            raise CheckFailed(f"{request.method} {request.target}", f"a GET of /v2/replicas/{replica_id}", place="poll")
        must_be_about(step, request, replica_id)


def status_of(outcome: Outcome) -> str:
    """Return the status with which a wait ended: the one that the `outcome` reports, and `error` for an error."""
    return "error" if outcome.is_error else str(outcome.status)


def counted_polls(step: Step) -> str:
    """Return how many polls a `step` had, in words."""
    count = len(step.requests)
    return f"{count} poll{'' if count == 1 else 's'}"
