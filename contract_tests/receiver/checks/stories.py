"""CBK-01 to 05, 07, 11, 13: what a receiver makes of callbacks, one after the other and at once."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from contract_tests.failures import CheckFailed, NotApplicable
from contract_tests.receiver.case import Event, EventKind, ReceiverCase, created, fail_next, failed, ready, story
from contract_tests.receiver.checks._check import check, fixed, made
from contract_tests.receiver.checks.assertions import (
    must_answer,
    must_be_taken,
    must_believe,
    needs_basics,
    needs_effects,
    needs_state,
    warns_of_redelivery,
)
from contract_tests.receiver.context import ReceiverContext
from contract_tests.receiver.observation import ReceiverObservation
from contract_tests.requirements import Authority, Level, Requirement

_PAGE = "the callback, the vendor's reference page"
_UTF8 = "application/json; charset=utf-8"

READY = story(created(), ready())
ERROR = story(created(), failed())

_READY = fixed(READY, story(created(), ready(content_type=_UTF8)), story(created(), ready(), digits=11))


@check(
    Requirement(
        "CBK-01",
        Level.MUST,
        "takes `ready`",
        Authority.VENDOR,
        _PAGE,
        "The user is never told that the replica is ready.",
        witness="state",
    ),
    _READY,
)
def _takes_ready(observation: ReceiverObservation, context: ReceiverContext) -> None:
    """Assert that a `ready` is answered by a 2xx, and believed."""
    must_be_taken(observation.last)
    must_believe(observation, context)


def _errors(context: ReceiverContext) -> Iterator[ReceiverCase]:
    yield ERROR
    yield story(created(), failed(message="Ungültig: 動画 😀", content_type=_UTF8))
    yield story(created(), failed(), digits=11)


@check(
    Requirement(
        "CBK-02",
        Level.MUST,
        "takes `error` with its message",
        Authority.VENDOR,
        _PAGE,
        "The user waits for a training that has failed, or is not told why.",
        witness="state",
    ),
    made(_errors),
)
def _takes_error(observation: ReceiverObservation, context: ReceiverContext) -> None:
    """Assert that an `error` is answered by a 2xx, and believed with its message, if the state tells one."""
    must_be_taken(observation.last)
    must_believe(observation, context)
    state, text = observation.last.state, observation.last.event.body.get("error_message")
    if state is not None and state.error_message not in (None, text):
        raise CheckFailed(f"the message {state.error_message!r}", f"{text!r}, as it came", place="message")


def _duplicates(context: ReceiverContext) -> Iterator[ReceiverCase]:
    more = {"replica_id": "{A}", "status": "ready", "sent_at": "2026-01-01T00:00:00Z"}
    yield story(created(), ready(), ready())
    yield story(created(), failed(), failed())
    yield story(created(), ready(), ready(body=more))
    yield story(created(), ready(), ready(), ready(), ready())
    yield story(created(), created("B"), ready(), ready("B"), ready(), ready("B"))


def _drawn_duplicates(context: ReceiverContext) -> SearchStrategy[ReceiverCase]:
    def build(ends: list[bool], order: list[str]) -> ReceiverCase:
        kinds = {"A": failed if ends[0] else ready, "B": failed if ends[1] else ready}
        return _quick(created("A"), created("B"), *(kinds[name](name) for name in order))

    ends = st.lists(st.booleans(), min_size=2, max_size=2)
    return st.builds(build, ends, st.lists(st.sampled_from("AB"), min_size=2, max_size=6))


def _quick(*events: Event) -> ReceiverCase:
    """Return a story that is not watched at its end, so that many can be played."""
    return ReceiverCase(events, watch_seconds=0.0)


@check(
    Requirement(
        "CBK-03",
        Level.MUST,
        "applies a callback that comes twice once",
        Authority.HOUSE,
        "a callback may be delivered more than once",
        "The user is told, or billed, twice.",
        witness="state",
    ),
    made(_duplicates, _drawn_duplicates),
)
def _once(observation: ReceiverObservation, context: ReceiverContext) -> None:
    """Assert that a duplicate is answered by a 2xx or a 409, and has no effect."""
    needs_basics(observation, context)
    must_answer(observation)
    must_believe(observation, context)
    needs_effects(observation, context)


def _early(context: ReceiverContext) -> Iterator[ReceiverCase]:
    yield story(ready(), created())
    yield story(failed(), created())
    yield story(ready(), created(), ready())
    yield story(ready(), ready(), created(), ready())
    yield story(ready("B"), created("A"), ready("A"), created("B"))
    yield story(ready(), created(), digits=11)


def _drawn_early(context: ReceiverContext) -> SearchStrategy[ReceiverCase]:
    before = st.lists(st.sampled_from([ready(), ready("B"), created("B")]), max_size=3)
    after = st.lists(st.sampled_from([ready(), ready("B")]), max_size=3)
    return st.builds(lambda first, second: _quick(*first, ready(), created(), *second), before, after)


@check(
    Requirement(
        "CBK-04",
        Level.MUST,
        "does not lose a callback that comes before the create's response",
        Authority.HOUSE,
        "nothing orders a callback after a response",
        "A training that ends at once is never seen to end.",
        witness="state",
    ),
    made(_early, _drawn_early),
)
def _keeps_early(observation: ReceiverObservation, context: ReceiverContext) -> None:
    """Assert that an early callback counts once the create is answered; one that was refused is sent again then."""
    needs_basics(observation, context)
    needs_state(context)
    must_answer(observation)
    must_believe(observation, context)
    warns_of_redelivery(observation)


def _contradictions(context: ReceiverContext) -> Iterator[ReceiverCase]:
    yield story(created(), ready(), failed())
    yield story(created(), failed(), ready())
    yield story(created(), ready(), failed(), ready())
    yield story(created(), failed(), ready(), failed(), ready())


def _drawn_contradictions(context: ReceiverContext) -> SearchStrategy[ReceiverCase]:
    ends = st.lists(st.sampled_from([ready(), failed()]), min_size=2, max_size=6)
    return ends.map(lambda drawn: _quick(created(), *drawn))


@check(
    Requirement(
        "CBK-05",
        Level.MUST,
        "ends in one stable state after contradictory callbacks",
        Authority.HOUSE,
        "a replica has one end",
        "The state flips with every callback, and the user is told both.",
        witness="state",
    ),
    made(_contradictions, _drawn_contradictions),
)
def _stable(observation: ReceiverObservation, context: ReceiverContext) -> None:
    """Assert that, once both ends have come, nothing changes any more, and that there was one effect."""
    needs_basics(observation, context)
    needs_state(context)
    must_believe(observation, context)
    settled = [
        step.state.word for step in observation.steps if step.expected.belief == "one of both ends" and step.state
    ]
    if len(set(settled)) > 1:
        raise CheckFailed(f"the states {', '.join(settled)}", "one state, whichever it is", place="state")


_EXTRAS = st.dictionaries(
    st.sampled_from(["sent_at", "replica_name", "data", "é", "event", "progress"]),
    st.one_of(st.none(), st.booleans(), st.integers(0, 9), st.text(max_size=8), st.just({"a": [1]})),
    min_size=1,
    max_size=4,
)


def _more_fields(context: ReceiverContext) -> Iterator[ReceiverCase]:
    body = {"replica_id": "{A}", "status": "ready"}
    yield story(created(), ready(body={**body, "sent_at": "2026-01-01T00:00:00Z", "data": {"a": [1]}}))
    yield story(created(), ready(body={"status": "ready", "replica_id": "{A}"}))
    yield story(created(), ready(body={**body, "error_message": None}))
    yield story(created(), ready(body={**body, "status": "queued"}))
    yield story(created(), ready(body={**body, "status": "training", "progress": 50}), ready())


def _drawn_fields(context: ReceiverContext) -> SearchStrategy[ReceiverCase]:
    def build(extra: dict[str, object], is_first: bool) -> ReceiverCase:
        body = {"replica_id": "{A}", "status": "ready"}
        return _quick(created(), ready(body={**extra, **body} if is_first else {**body, **extra}))

    return st.builds(build, _EXTRAS, st.booleans())


@check(
    Requirement(
        "CBK-07",
        Level.MUST,
        "takes fields that it does not know, in any order, and a status that it does not know for no end",
        Authority.HOUSE,
        "the vendor adds fields",
        "A field that the vendor adds, and no end of a training is seen any more.",
        witness="state",
    ),
    made(_more_fields, _drawn_fields),
)
def _takes_fields(observation: ReceiverObservation, context: ReceiverContext) -> None:
    """Assert that the callback is believed; a status that is not documented is judged by the state alone."""
    needs_basics(observation, context)
    for step in observation.steps:
        if step.event.status is not None:
            must_be_taken(step)
    must_believe(observation, context)


@check(
    Requirement(
        "CBK-11",
        Level.MUST,
        "takes the redelivery of a callback at which it had failed, once",
        Authority.HOUSE,
        "a receiver fails now and then",
        "After one bad moment the end of the training is lost, or counted twice.",
        witness="state",
    ),
    fixed(story(created(), fail_next(), ready(), ready()), story(created(), fail_next(), ready(), ready(), ready())),
)
def _takes_redelivery(observation: ReceiverObservation, context: ReceiverContext) -> None:
    """Assert that, after a 5xx of its own, the same callback is taken and has one effect."""
    needs_basics(observation, context)
    needs_state(context)
    callbacks = [step for step in observation.steps if step.responses]
    if len(callbacks) < 2 or all(step.event.kind is not EventKind.FAIL_NEXT for step in observation.steps):
        raise NotApplicable("the failure or the redelivery was left out")
    if not any(one.has_failed for one in callbacks[0].responses):
        raise CheckFailed(f"{callbacks[0].responses[0]}", "a 5xx, after --fail-next", is_warning=True, place="hook")
    must_be_taken(callbacks[1], "a 2xx for the redelivery")
    for step in callbacks[2:]:
        if not step.responses[0].is_taken and step.responses[0].status != 409:
            raise CheckFailed(f"{step.responses[0]} to a duplicate", "a 2xx, or a 409", place="response")
    must_believe(observation, context)


_AT_ONCE = (
    story(created(), ready(times=2)),
    story(created(), failed(times=2)),
    story(created(), ready(times=5)),
    story(ready(times=2), created()),
    story(created(), ready(times=3), ready()),
)


@check(
    Requirement(
        "CBK-13",
        Level.MUST,
        "applies two callbacks that come at the same time once",
        Authority.HOUSE,
        "a callback may be delivered more than once",
        "Two workers see the same callback, and the user is told, or billed, twice.",
        witness="state",
    ),
    fixed(*_AT_ONCE),
)
def _once_at_once(observation: ReceiverObservation, context: ReceiverContext) -> None:
    """Assert that there is one effect, and no other answer than a 2xx, a 409 or a 503 to the one that loses."""
    needs_basics(observation, context)
    needs_state(context)
    must_answer(observation)
    must_believe(observation, context)
    needs_effects(observation, context)
