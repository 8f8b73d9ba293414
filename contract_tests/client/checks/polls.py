"""Waits, poll by poll."""

from __future__ import annotations

from contract_tests.client.case import Call, ClientCase, one
from contract_tests.client.checks.replicas import ID, poll
from contract_tests.client.context import ClientContext
from contract_tests.client.observation import Outcome, Step
from contract_tests.failures import NotApplicable
from contract_tests.http.script import JsonObject, Script

WAIT = "wait_for_replica"
TIMEOUT = 4.0
INTERVAL = 0.1
DONE = poll("completed", "100/100")


def wait(
    context: ClientContext, *scripts: Script, timeout: float = TIMEOUT, interval: float | None = INTERVAL
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
    return one(Call(arguments, operation=WAIT, timeout=timeout, scripts=(*scripts, DONE)))


def status_of(outcome: Outcome) -> str:
    """Return the status with which a wait ended: the one that the `outcome` reports, and `error` for an error."""
    return "error" if outcome.is_error else str(outcome.status)


def counted_polls(step: Step) -> str:
    """Return how many polls a `step` had, in words."""
    count = len(step.requests)
    return f"{count} poll{'' if count == 1 else 's'}"
