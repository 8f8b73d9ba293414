"""CBK-06, 08, 09, 10, 12: what a receiver makes of strange, forged, large and slow requests."""

from __future__ import annotations

import json
from collections.abc import Iterator

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from contract_tests.failures import CheckFailed, NotApplicable
from contract_tests.receiver.bench import ACKNOWLEDGES_WITHIN
from contract_tests.receiver.case import Event, ReceiverCase, created, failed, ready, story
from contract_tests.receiver.checks._check import check, fixed, made
from contract_tests.receiver.checks.assertions import must_believe, needs_basics, needs_state
from contract_tests.receiver.context import ReceiverContext
from contract_tests.receiver.observation import ReceiverObservation
from contract_tests.requirements import Authority, Level, Requirement

_PAGE = "the callback, the vendor's reference page"


@check(
    Requirement(
        "CBK-06",
        Level.SHOULD,
        "makes nothing of a callback for a replica that it does not know, and does not fail",
        Authority.HOUSE,
        "callbacks are not signed",
        "A stranger's callback fills the error log, or is told to a user.",
        witness="state",
    ),
    fixed(story(ready()), story(failed()), story(ready(), digits=11)),
)
def _unknown(observation: ReceiverObservation, context: ReceiverContext) -> None:
    """Assert that there is no 5xx, no effect, and no state that says done; a parked row is fine."""
    for response in observation.last.responses:
        if response.has_failed:
            raise CheckFailed(str(response), "a 2xx or a 4xx", place="response")
    must_believe(observation, context)


_MALFORMED = (
    "{",
    '{"replica_id": "{A}", "status": "ready"',
    "replica_id={A}&status=ready",
    '{"replica_id": "{A}" "status": "ready"}',
    "<xml/>",
    "",
    "\x00\x01",
)
_DEEP = '{"replica_id": "{A}", "status": "ready", "a": ' + "[" * 20_000 + "]" * 20_000 + "}"
_WRONG = ("GET", "PUT", "DELETE")


def _strange(context: ReceiverContext) -> Iterator[ReceiverCase]:
    for text in _MALFORMED:
        yield story(created(), Event(text=text))
    yield story(created(), Event(text=_DEEP))
    for method in _WRONG:
        yield story(created(), ready(method=method))


def _drawn_malformed(context: ReceiverContext) -> SearchStrategy[ReceiverCase]:
    whole = '{"replica_id": "{A}", "status": "ready"}'
    cuts = st.integers(1, len(whole) - 1).map(lambda at: whole[:at])
    texts = st.one_of(cuts, st.text('{}[]":,ab', min_size=1, max_size=8).map(lambda text: "{" + text))
    malformed = texts.filter(lambda text: not _is_json(text))
    return malformed.map(lambda text: ReceiverCase((created(), Event(text=text)), watch_seconds=0.0))


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


@check(
    Requirement(
        "CBK-08",
        Level.MUST,
        "refuses a body that is no JSON, and any method but POST, without changing its state",
        Authority.VENDOR,
        _PAGE,
        "A broken request ends a training in the books, or takes the receiver down.",
        witness="state",
    ),
    made(_strange, _drawn_malformed),
)
def _refuses(observation: ReceiverObservation, context: ReceiverContext) -> Iterator[CheckFailed]:
    """Yield what is not a 4xx, or changes the state; a 2xx to a wrong method that changes nothing is a warning."""
    step = observation.last
    if not step.responses:
        raise NotApplicable("the request that is strange was left out")
    response = step.responses[0]
    if step.event.text != _DEEP:  # deep as it is, that one is whole
        must_believe(observation, context)
    if step.event.method != "POST":
        if response.has_failed and response.status != 501:  # which says that it does not know the method
            yield CheckFailed(f"{response} to a {step.event.method}", "a 4xx", place="method")
        elif response.is_taken:
            yield CheckFailed(f"{response} to a {step.event.method}", "a 4xx, such as 405", is_warning=True)
        return
    if step.event.text == _DEEP:
        if response.has_failed:
            yield CheckFailed(f"{response} to a body that is nested deeply", "a 2xx or a 4xx", place="deep")
        return
    if response.status is None or not 400 <= response.status < 500:
        yield CheckFailed(f"{response} to the body {(step.event.text or '')[:60]!r}", "a 4xx", place="body")


_LARGE = 16 * 1024 * 1024
_BOUNDED = (411, 413)


def _large(context: ReceiverContext) -> Iterator[ReceiverCase]:
    yield story(created(), ready(padding=_LARGE), created("B"), ready("B"))
    if context.stall_seconds:
        yield story(created(), ready(stalls=context.stall_seconds))


@check(
    Requirement(
        "CBK-09",
        Level.SHOULD,
        "bounds large and slow bodies",
        Authority.HOUSE,
        "a callback has about 60 bytes",
        "One request fills the memory, or occupies a worker for as long as it likes.",
        witness="answer",
    ),
    made(_large),
)
def _bounds(observation: ReceiverObservation, context: ReceiverContext) -> None:
    """Assert that such a body is refused, by 411 or 413 or by an end, and that other callbacks are taken."""
    needs_basics(observation, context)
    strange = next((step for step in observation.steps if step.event.padding or step.event.stalls), None)
    if strange is None:
        raise NotApplicable("the body that is strange was left out")
    response = strange.responses[0]
    others = [step for step in observation.steps if step.event.replica == "B" and step.responses]
    for step in others:
        if not step.responses[0].is_taken:
            raise CheckFailed(f"{step.responses[0]} to the callback behind it", "a 2xx", place="others")
    is_ended = response.status is None and "no response within" not in response.error
    if strange.event.stalls and response.seconds < 0.9 * strange.event.stalls:
        return
    if response.is_taken:
        size = "16 MiB" if strange.event.padding else f"a body that stalled for {strange.event.stalls:g} s"
        raise CheckFailed(f"{response} to {size}", "a 413, or an end", place="bound")
    if not is_ended and response.status not in _BOUNDED and response.has_failed:
        raise CheckFailed(str(response), "a 413, or an end", place="bound")


@check(
    Requirement(
        "CBK-10",
        Level.SHOULD,
        "acknowledges within 15 s",
        Authority.HOUSE,
        "who calls back does not wait for ever",
        "The callback is taken for lost, though it has been worked on.",
        witness="answer",
    ),
    fixed(story(created(), ready()), story(created(), failed())),
)
def _acknowledges(observation: ReceiverObservation, context: ReceiverContext) -> None:
    """Assert that the response comes in time."""
    if not observation.last.responses:
        raise NotApplicable("the callback was left out")
    response = observation.last.responses[0]
    if response.seconds > ACKNOWLEDGES_WITHIN or "no response within" in response.error:
        raise CheckFailed(f"{response} after {response.seconds:.1f} s", f"a response within {ACKNOWLEDGES_WITHIN:g} s")


def _forged(context: ReceiverContext) -> Iterator[ReceiverCase]:
    yield story(ready())
    if context.has_secret:
        yield story(created(), ready(is_forged=True))
        yield story(created(), failed(is_forged=True))


@check(
    Requirement(
        "CBK-12",
        Level.SHOULD,
        "does not trust a callback that is forged",
        Authority.HOUSE,
        "callbacks are not signed",
        "Anybody who knows the address can tell a user that a replica is ready, or has failed.",
        witness="state",
    ),
    made(_forged),
)
def _distrusts(observation: ReceiverObservation, context: ReceiverContext) -> None:
    """Assert that a callback without the secret of the receiver's URL, or for no create of ours, changes nothing."""
    step = observation.last
    if not step.event.is_forged:
        needs_state(context)
    must_believe(observation, context)
    if step.event.is_forged and step.responses and step.responses[0].is_taken:
        raise CheckFailed(f"{step.responses[0]} to a callback without the URL's query", "a 4xx", place="secret")
