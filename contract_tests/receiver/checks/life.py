"""CBK-14: what is left of a receiver's state when it is started anew."""

from __future__ import annotations

from contract_tests.receiver.case import created, ready, restart, story
from contract_tests.receiver.checks._check import check, fixed
from contract_tests.receiver.checks.assertions import must_answer, must_believe, needs_basics, needs_state
from contract_tests.receiver.context import ReceiverContext
from contract_tests.receiver.observation import ReceiverObservation
from contract_tests.requirements import Authority, Level, Requirement

_RESTARTS = (
    story(created(), restart(), ready()),
    story(created(), ready(), restart(), ready()),
    story(ready(), restart(), created()),
)


@check(
    Requirement(
        "CBK-14",
        Level.MUST,
        "keeps its state when it is started anew",
        Authority.HOUSE,
        "programs are started anew",
        "A deployment at the wrong moment loses the end of a training, or counts it twice.",
        witness="state",
    ),
    fixed(*_RESTARTS),
)
def _survives(observation: ReceiverObservation, context: ReceiverContext) -> None:
    """Assert that what was pending, early or done before the restart is so after it."""
    needs_basics(observation, context)
    needs_state(context)
    must_answer(observation)
    must_believe(observation, context)
