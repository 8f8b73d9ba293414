from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_tavus.clock import SystemClock
from mock_tavus.engine.scenarios import (
    FAULTS,
    MAX_ARMED,
    MAX_SCENARIO_BYTES,
    ScenarioError,
    Scenarios,
    outcome_from,
    outcome_of_headers,
)
from mock_tavus.messages import ApiRequest
from mock_tavus.outcomes import NOTHING, Outcome, Scenario
from mock_tavus.store import memory_stores

REQUEST = ApiRequest("POST", "/v2/replicas", {}, b'{"replica_name": "Rio", "n": 1}')
ONE = Outcome(status=503)


def scenarios() -> Scenarios:
    store = memory_stores(SystemClock(), lambda replica: False).scenarios
    return Scenarios(store, lambda name, count: (count % 10) / 10)


def pick(where: Scenarios, account_id: str, request: ApiRequest = REQUEST) -> Outcome:
    return where.choose(account_id, "createReplica", request)[0]


def arm(where: Scenarios, **settings: Any) -> Scenario:
    return where.arm(Scenario("", settings.pop("outcome", ONE), **settings))


@pytest.mark.parametrize(
    ("header", "outcome"),
    [
        ("training-error=video_fps; delay=250ms", Outcome(training_error="video_fps", delay=(0.25, 0.25))),
        ("training-time=4h", Outcome(training_time=14400.0)),
        ("training-time=stuck", Outcome(training_time=math.inf)),
        ("callback=twice;callback-delay=1m", Outcome(callback="twice", callback_delay=60.0)),
        ("status=429; retry-after=30", Outcome(status=429, headers={"Retry-After": "30"})),
        (
            "status=307; location=http://127.0.0.1:9/x?a=b",
            Outcome(status=307, headers={"Location": "http://127.0.0.1:9/x?a=b"}),
        ),
        ("fault=truncated", Outcome(fault="truncated")),
        ("delay=100ms..1s", Outcome(delay=(0.1, 1.0))),
        ("", NOTHING),
    ],
)
def test_a_request_can_ask_for_its_own_outcome(header: str, outcome: Outcome) -> None:
    assert outcome_of_headers({"x-mock-tavus-scenario": header}) == outcome


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("training-error=fps", "expected one of download_link"),
        ("colour=red", "unknown outcome 'colour'; the known ones are training-error"),
        ("status=99", "expected a whole number from 200 to 599"),
        ("status=abc", "invalid literal"),
        ("delay=5h", "at most 60 s"),
        ("delay=2s..1s", "LOW..HIGH"),
        ("fault=on", "expected one of empty"),
        ("training-time=soon", "expected a duration"),
    ],
)
def test_what_cannot_be_read_is_told(header: str, message: str) -> None:
    with pytest.raises(ScenarioError, match=message):
        outcome_of_headers({"x-mock-tavus-scenario": header})


@pytest.mark.parametrize(
    ("prefer", "status"),
    [
        ("code=401", 401),
        ("dynamic=true, code=503", 503),
        ("Code=404", 404),
        ("code=abc", None),
        ("code=99", None),
        ("return=minimal", None),
    ],
)
def test_prefer_is_a_wish(prefer: str, status: int | None) -> None:
    assert outcome_of_headers({"prefer": prefer}).status == status


def test_our_own_header_goes_before_prefer() -> None:
    assert outcome_of_headers({"prefer": "code=401", "x-mock-tavus-scenario": "status=402"}).status == 402


@pytest.mark.parametrize("headers", [{"a b": "x"}, {"a": 3}, {"a": "x\r\ny"}, ["a"], {"": "x"}])
def test_headers_must_be_headers(headers: Any) -> None:
    with pytest.raises(ScenarioError, match="headers: expected an object"):
        outcome_from({"status": 200, "headers": headers})


@given(st.dictionaries(st.sampled_from(["status", "fault", "delay", "training_time", "x"]), st.integers() | st.text()))
def test_anything_is_an_outcome_or_an_error_in_words(settings: dict[str, Any]) -> None:
    try:
        outcome = outcome_from(settings)
    except ScenarioError:
        return
    assert isinstance(outcome, Outcome)


def test_what_one_leaves_open_the_other_decides() -> None:
    assert Outcome(status=401).over(Outcome(status=503, delay=(1, 2))) == Outcome(status=401, delay=(1, 2))


@pytest.mark.parametrize(
    ("settings", "fits"),
    [
        ({}, True),
        ({"account_id": "acct_1"}, True),
        ({"account_id": "acct_2"}, False),
        ({"operation_id": "createReplica"}, True),
        ({"operation_id": "getReplica"}, False),
        ({"body": {"replica_name": "Rio"}}, True),
        ({"body": {"replica_name": "Rio", "n": 1}}, True),
        ({"body": {"replica_name": "AI"}}, False),
        ({"body": {"other": None}}, False),
    ],
)
def test_a_scenario_is_for_the_requests_that_match(settings: dict[str, Any], fits: bool) -> None:
    where = scenarios()
    arm(where, **settings)

    assert pick(where, "acct_1") == (ONE if fits else NOTHING)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"[" * 100_000])
def test_a_body_that_is_no_object_matches_no_fields(body: bytes) -> None:
    where = scenarios()
    arm(where, body={"a": 1})

    assert pick(where, "acct_1", ApiRequest("POST", "/", {}, body)) == NOTHING


def test_a_scenario_expires_after_so_many_times() -> None:
    where = scenarios()
    arm(where, times=2)

    assert [pick(where, "acct_1") for _ in range(3)] == [ONE, ONE, NOTHING]
    assert where.armed() == []


def test_the_oldest_that_matches_holds() -> None:
    where = scenarios()
    arm(where, times=1, outcome=Outcome(status=500))
    arm(where, outcome=Outcome(status=502))

    assert [pick(where, "acct_1").status for _ in range(3)] == [500, 502, 502]


def test_chance_touches_its_share() -> None:
    where = scenarios()
    arm(where, probability=0.3)

    assert sum(pick(where, "acct_1") is ONE for _ in range(100)) == 30


def test_scenarios_are_disarmed_by_id_by_account_or_all() -> None:
    where = scenarios()
    first, second = arm(where, account_id="acct_1"), arm(where, account_id="acct_2")
    third = arm(where)

    assert [one.scenario_id for one in where.armed("acct_1")] == [first.scenario_id]
    assert where.disarm(second.scenario_id, "acct_1") == 0
    assert where.disarm(second.scenario_id) == 1
    assert where.disarm(account_id="acct_1") == 1
    assert where.armed() == [third]
    assert where.disarm() == 1


def test_the_armed_are_bounded() -> None:
    where = scenarios()
    for _ in range(MAX_ARMED):
        arm(where)

    with pytest.raises(ScenarioError, match="DELETE /__admin/scenarios"):
        arm(where)


def test_every_fault_is_known() -> None:
    for fault in FAULTS:
        assert outcome_from({"fault": fault}).fault == fault


def test_what_is_armed_is_bounded_by_bytes() -> None:
    with pytest.raises(ScenarioError, match="expected a scenario of at most"):
        arm(scenarios(), outcome=Outcome(status=200, body="x" * MAX_SCENARIO_BYTES))


def test_the_scenario_that_decided_is_named() -> None:
    where = scenarios()
    armed = arm(where)

    assert where.choose("acct_1", "createReplica", REQUEST) == (ONE, armed.scenario_id)
    asked = ApiRequest("POST", "/", {"x-mock-tavus-scenario": "status=429"})
    assert where.choose("acct_1", "createReplica", asked)[1] == "header"
