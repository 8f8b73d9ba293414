"""Laws of the table of transitions: what a receiver should believe after any story."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract_tests.engine.shrink import shrink
from contract_tests.receiver.case import (
    Event,
    EventKind,
    ReceiverCase,
    created,
    fail_next,
    failed,
    ready,
    restart,
    story,
)
from contract_tests.receiver.model import TRANSITIONS, Belief, Expected, Told
from contract_tests.receiver.observation import State

EVENTS = st.sampled_from([created(), ready(), failed(), ready(is_forged=True), Event(text="{"), restart(), fail_next()])
STORIES = st.lists(EVENTS, max_size=8)


def believed(events: list[Event]) -> Expected:
    expected = Expected()
    for event in events:
        expected = expected.after(event)
    return expected


def test_the_table_is_whole() -> None:
    assert set(TRANSITIONS) == {(belief, told) for belief in Belief for told in Told}


@given(STORIES)
def test_there_is_at_most_one_effect_and_one_only_for_a_create_of_ours(events: list[Event]) -> None:
    expected = believed(events)
    ends = [event for event in events if event.status is not None and not event.is_forged]
    is_created = created() in events

    assert expected.effects == int(is_created and bool(ends))


@given(STORIES, STORIES)
def test_once_both_ends_have_come_nothing_changes_any_more(before: list[Event], after: list[Event]) -> None:
    settled = believed([created(), ready(), failed(), *before])

    assert settled.belief is Belief.SETTLED
    assert believed([created(), ready(), failed(), *before, *after]) == settled


@given(STORIES)
def test_a_duplicate_changes_nothing(events: list[Event]) -> None:
    for end in (ready(), failed()):
        assert believed([*events, end, end]) == believed([*events, end])


@given(STORIES)
def test_what_is_forged_malformed_or_no_callback_changes_nothing(events: list[Event]) -> None:
    noise = {EventKind.RESTART, EventKind.FAIL_NEXT}
    told = [event for event in events if event.kind not in noise and not event.is_forged and event.text is None]

    assert believed(events) == believed(told)


@pytest.mark.parametrize(
    ("state", "events", "fits"),
    [
        (State("ready", "ready", 1), [created(), ready()], True),
        (State("ready", "ready", None), [created(), ready()], True),
        (State("ready", "ready", 2), [created(), ready()], False),
        (State("pending", "pending", 0), [created(), ready()], False),
        (State("other", "parked", 0), [ready()], True),
        (State("ready", "ready", 0), [ready()], False),
        (State(), [created()], True),
        (State("error", "failed", 1), [created(), ready(), failed()], True),
    ],
)
def test_what_state_fits(state: State, events: list[Event], fits: bool) -> None:
    assert state.fits(believed(events)) is fits


CASES: Any = st.builds(
    ReceiverCase,
    st.lists(EVENTS, min_size=1, max_size=5).map(tuple),
    st.sampled_from([9, 11]),
    st.sampled_from([0.5, 0.0]),
)


@given(CASES)
def test_a_story_can_be_written_and_read_again(case: ReceiverCase) -> None:
    again = ReceiverCase.from_json(json.loads(json.dumps(case.to_json())))

    assert again == case
    assert again.key == case.key


def test_a_story_is_shrunk_to_what_matters() -> None:
    body = {"replica_id": "{A}", "status": "ready", "a": 1, "b": 2}
    long = story(created("B"), ready("B"), created(), ready(body=body), ready(), failed("B"))
    found = shrink(long, lambda case: any("b" in event.body for event in case.events), 100)

    assert [event.to_json() for event in found.events] == [
        {"event": "callback", "body": {"replica_id": "{A}", "status": "ready", "b": 2}}
    ]


@pytest.mark.parametrize(
    "more",
    [{"body": []}, {"times": "x"}, {"padding": -1}, {"stalls": "x"}, {"text": 5}, {"replica": ["A"]}, {"method": 5}],
)
def test_an_event_with_a_value_of_another_type_cannot_be_read(more: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="cannot be"):
        ReceiverCase.from_json({"events": [{"event": "callback", **more}]})


@pytest.mark.parametrize("more", [{"digits": -3}, {"digits": "x"}, {"watch": "x"}, {"watch": 1e9}])
def test_a_story_with_odd_numbers_cannot_be_read(more: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="expected 9 or 11 digits"):
        ReceiverCase.from_json({"events": [{"event": "created"}], **more})


@pytest.mark.parametrize(
    "value", [{}, {"events": []}, {"events": [{"event": "fly"}]}, {"events": [{"event": "created", "x": 1}]}]
)
def test_what_is_no_story_cannot_be_read(value: dict[str, Any]) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        ReceiverCase.from_json(value)
