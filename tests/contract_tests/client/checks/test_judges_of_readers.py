"""Each judge of reading, changing and waiting on calls made by hand: what it takes, and what it does not."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from math import inf
from typing import Any

import pytest

from contract_tests.client.capabilities import OPERATIONS, Capabilities
from contract_tests.client.case import Call, ClientCase
from contract_tests.client.checks import all_checks
from contract_tests.client.checks.replicas import ID, replica
from contract_tests.client.context import ClientContext
from contract_tests.client.observation import ClientObservation, Outcome, Step
from contract_tests.failures import CheckFailed, NotApplicable
from tests.contract_tests import judging
from tests.contract_tests.client.contexts import context, exchanged
from tests.contract_tests.judging import by_texts

CHECKS = {one.check_id: one for one in all_checks()}
CONTEXT = context()
ONE = f"/v2/replicas/{ID}"
DONE = Outcome("ok", status="completed")
ERROR = Outcome("error", message="no")
CRASH = Outcome("crash", message="exit 1")
Sent = tuple[str, str]


def a_get(target: str = ONE) -> Sent:
    return "GET", target


def calls_of(check_id: str) -> list[Call]:
    return [case.calls[-1] for case in CHECKS[check_id].probe.cases(CONTEXT)]


def call_of(check_id: str, is_meant: Callable[[Call], object] = lambda call: True) -> Call:
    return next(call for call in calls_of(check_id) if is_meant(call))


def has_statuses(*statuses: str) -> Callable[[Call], bool]:
    """Return whether the answers to polls tell these statuses, one after the other."""
    return lambda call: [told.get("status") for told in answers_of(call) if told is not None] == list(statuses)


def answers_of(call: Call) -> Iterable[Any]:
    for script in call.scripts:
        if script.answer is not None:
            try:
                yield script.answer.json()
            except ValueError:
                yield None


def played(call: Call, outcome: Outcome, *sent: Sent, body: Any = None, every_ms: float = 1000.0) -> Step:
    """Return a call with the requests that it sent, at even intervals."""
    content = b"" if body is None else json.dumps(body).encode()
    exchanges = tuple(
        exchanged(
            f"{method} {target} HTTP/1.1\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content,
            began_ms=every_ms * number,
        )
        for number, (method, target) in enumerate(sent)
    )
    return Step(call, "kit-key-000001", "http://127.0.0.1:1", outcome, exchanges)


def judge(check_id: str, step: Step, known: ClientContext = CONTEXT) -> None:
    judging.judge(CHECKS[check_id], ClientObservation(ClientCase((step.call,)), (step,)), known)


def with_id(operation: str, replica_id: str) -> Call:
    return call_of("GET-01", lambda call: (call.operation, call.body["replica_id"]) == (operation, replica_id))


def listed(*ids: str) -> Outcome:
    return Outcome("ok", answer={"replicas": [replica(one_id) for one_id in ids]})


def got(**changed: Any) -> Outcome:
    return Outcome("ok", answer={"replica": replica(**changed)})


PAGES = call_of("LST-02", lambda call: len(call.scripts) == 4)  # r1 and r2, r3 and r4, r5
BROKEN_PAGE = call_of("LST-02", lambda call: any(one.answer and one.answer.status == 401 for one in call.scripts))
REPEATED = call_of("LST-03", lambda call: next(iter(answers_of(call)))["total_count"] == 1000)
SHORT = call_of("LST-03", lambda call: next(iter(answers_of(call)))["total_count"] == 100)
LIMITED = call_of("LST-01", lambda call: call.body == {"limit": 3})
BOTH = call_of("LST-01", lambda call: call.body == {"verbose": True})
STRANGE = calls_of("LST-04")[0]
RENAME, DELETE = calls_of("REN-01")[0], calls_of("DEL-01")[0]
HARD = call_of("DEL-01", lambda call: call.body.get("hard") is True)
SOFT = call_of("DEL-01", lambda call: call.body.get("hard") is False)
PATCH, NAME = ("PATCH", f"{ONE}/name"), {"replica_name": RENAME.body["replica_name"]}
DELETED = ("DELETE", ONE)
AT_ONCE = call_of("POL-01", has_statuses("completed", "completed"))
THIRD = call_of("POL-01", has_statuses("started", "started", "completed"))
REAL = call_of("POL-01", lambda call: call.is_real)
MISHAP = calls_of("POL-02")[0]
MISHAP_TEXT = next(iter(answers_of(MISHAP)))["error_message"]
UNDONE = call_of("POL-03", has_statuses("started", "completed"))
EARLY = call_of("POL-03", has_statuses("completed", "completed"))
QUEUED = call_of("POL-04", has_statuses("queued", "completed"))
ENDLESS, GONE, GONE_LATER = calls_of("POL-05")[0], *calls_of("POL-06")[:2]
FAULT, FORBIDDEN = calls_of("POL-07")[0], calls_of("POL-07")[-1]
TOLD_TO_WAIT, PAUSES, NO_PAUSES = calls_of("POL-09")[0], *calls_of("POL-10")[:2]
LOCKED, LOCKED_LATER = calls_of("POL-11")
GIVEN_UP = Outcome("error", seconds=0.7, deadline=0.6)


@pytest.mark.parametrize(
    ("check_id", "step", "why"),
    [
        ("GET-01", played(with_id("get_replica", "a/b"), DONE, a_get("/v2/replicas/a/b")), "'a/b' as one percent-enc"),
        ("GET-01", played(with_id("get_replica", ""), DONE, a_get("/v2/replicas/")), "GET /v2/replicas/ / Documented"),
        ("GET-01", played(with_id("delete_replica", ".."), DONE, ("DELETE", "/v2/replicas/..")), "DELETE"),
        (
            "GET-01",
            played(with_id("rename_replica", "é"), DONE, ("POST", "/v2/replicas/%C3%A9/name")),
            "POST /v2/.* / Documented: a PATCH",
        ),
        ("GET-01", played(with_id("get_replica", "a b"), DONE), "no request, and a success"),
        ("GET-02", played(calls_of("GET-02")[0], ERROR, a_get()), "the replica that the API returned"),
        ("GET-02", played(calls_of("GET-02")[0], got(replica_name="rio"), a_get()), 'replica_name: "rio"'),
        ("GET-02", played(calls_of("GET-02")[0], got(created_at="yesterday"), a_get()), "created_at"),
        ("GET-03", played(calls_of("GET-03")[0], Outcome("ok"), a_get()), "a success without a replica"),
        ("GET-03", played(calls_of("GET-03")[0], got(), a_get()), "a success with the replica"),
        ("LST-01", played(LIMITED, listed(ID), ("POST", "/v2/replicas?limit=3")), "a GET of /v2/replicas"),
        ("LST-01", played(LIMITED, listed(ID), a_get("/v2/replicas")), "limit: left out, in '' .* limit=3, as given"),
        ("LST-01", played(LIMITED, listed(ID), a_get("/v2/replicas?limit=4")), 'limit: "4", in '),
        ("LST-01", played(LIMITED, listed(ID), a_get("/v2/replicas?limit=3&page=1")), "page=1 / .* not given"),
        ("LST-01", played(BOTH, listed(ID), a_get("/v2/replicas?verbose=True")), "verbose=true, as given"),
        ("LST-02", played(PAGES, listed("r1"), *map(a_get, ["/v2/replicas"] * 2)), "pages 1, 1"),
        ("LST-02", played(PAGES, listed("r1"), a_get("/v2/replicas?page=x")), "pages 0 / Documented: pages 1, 2, 3"),
        ("LST-02", played(PAGES, listed("r1", "r2"), a_get("/v2/replicas")), "after 1 pages"),
        ("LST-02", played(PAGES, ERROR, a_get("/v2/replicas")), "the replicas of all pages"),
        ("LST-02", played(BROKEN_PAGE, listed("r1", "r2"), a_get("/v2/replicas")), "a page could not be read"),
        ("LST-03", played(REPEATED, CRASH, a_get("/v2/replicas")), "exit 1, after 1 requests"),
        (
            "LST-03",
            played(REPEATED, replace(ERROR, seconds=2.0), *map(a_get, ["/v2/replicas"] * 30)),
            "30 requests in 2.0 s",
        ),
        ("LST-03", played(SHORT, listed("r1"), a_get("/v2/replicas")), r'\["r1"\] / Documented'),
        ("LST-04", played(STRANGE, ERROR, a_get("/v2/replicas")), "the replicas of all pages"),
        ("LST-04", played(STRANGE, listed("r2"), a_get("/v2/replicas")), "a list with r1 in it"),
        ("REN-01", played(RENAME, DONE, PATCH, PATCH, body=NAME), "PATCH .*, PATCH .* / Documented: one request"),
        ("REN-01", played(RENAME, DONE, ("PUT", f"{ONE}/name"), body=NAME), "PUT .* / Documented: a PATCH"),
        ("REN-01", played(RENAME, DONE, ("PATCH", ONE), body=NAME), "as one percent-encoded segment"),
        ("REN-01", played(RENAME, DONE, PATCH, body={"name": "Rio"}), "no replica_name"),
        ("REN-01", played(RENAME, DONE, PATCH, body={"replica_name": "RIO"}), '"RIO" / Documented'),
        ("REN-01", played(RENAME, ERROR, PATCH, body=NAME), "a success: the API answered 200"),
        ("DEL-01", played(DELETE, DONE, ("POST", ONE)), "POST .* / Documented: a DELETE"),
        ("DEL-01", played(DELETE, DONE, ("DELETE", f"{ONE}?hard=true")), "hard=true / Documented: None: it was not g"),
        ("DEL-01", played(HARD, DONE, DELETED), "no hard / Documented: true: it was true"),
        ("DEL-01", played(SOFT, DONE, ("DELETE", f"{ONE}?hard=true")), "None or false: it was false"),
        ("DEL-02", played(calls_of("DEL-02")[0], DONE, DELETED), "an error, after a 400"),
        ("POL-01", played(AT_ONCE, DONE, ("POST", ONE)), f"POST {ONE} / Documented: a GET of {ONE}"),
        ("POL-01", played(AT_ONCE, DONE, a_get("/v2/replicas/other")), "as one percent-encoded segment"),
        ("POL-01", played(AT_ONCE, ERROR, a_get()), "after 1 poll / Documented: a success with the status 'completed'"),
        ("POL-01", played(AT_ONCE, DONE, a_get(), a_get()), "2 polls / Documented: 1, none after the one"),
        ("POL-01", played(THIRD, DONE, a_get()), "which the poll number 3 tells"),
        ("POL-01", played(REAL, DONE, a_get(), a_get()), "after 2 polls"),
        ("POL-02", played(MISHAP, DONE, a_get()), "a failure that says"),
        ("POL-02", played(MISHAP, ERROR, a_get()), "the message 'no None'"),
        ("POL-03", played(UNDONE, DONE, a_get()), "whatever the progress is, which the poll number 2 tells"),
        ("POL-03", played(EARLY, DONE, a_get(), a_get()), "2 polls, the last of them after completed"),
        ("POL-04", played(QUEUED, Outcome("ok", status="queued"), a_get()), "another poll after 'queued'"),
        ("POL-05", played(ENDLESS, Outcome("ok", status="started", deadline=0.6), a_get()), "an error after 0.6 s"),
        ("POL-05", played(ENDLESS, replace(GIVEN_UP, seconds=9.0), a_get()), "after 9.0 s"),
        ("POL-06", played(GONE, DONE, a_get()), "an error at once: the replica is gone"),
        ("POL-06", played(GONE, ERROR, a_get(), a_get()), "after 2 polls / Documented: .*, after 1"),
        ("POL-06", played(GONE, replace(ERROR, seconds=3.9), a_get()), "after 3.9 s"),
        ("POL-07", played(FAULT, DONE, a_get()), "none of which said completed"),
        ("POL-07", played(FAULT, CRASH, a_get()), "exit 1 / Documented: a success, or an error"),
        ("POL-08", played(FAULT, ERROR, a_get()), "another poll, and then a success"),
        ("POL-09", played(TOLD_TO_WAIT, replace(DONE, deadline=4.0), a_get(), a_get(), every_ms=300.0), "after 300 ms"),
        ("POL-10", played(PAUSES, DONE, a_get(), a_get(), every_ms=100.0), "100 ms between two polls .* at least 0.3"),
        ("POL-10", played(NO_PAUSES, DONE, a_get(), a_get(), every_ms=100.0), "at least 0.2 s"),
        ("POL-11", played(LOCKED, DONE, a_get()), "the key is not accepted"),
        ("POL-11", played(LOCKED_LATER, ERROR, a_get(), a_get(), a_get()), "after 3 polls"),
    ],
    ids=by_texts,
)
def test_what_falls_short_is_told(check_id: str, step: Step, why: str) -> None:
    with pytest.raises(CheckFailed, match=why):
        judge(check_id, step)


@pytest.mark.parametrize(
    ("check_id", "step"),
    [
        ("GET-01", played(with_id("get_replica", "a/b"), DONE, a_get("/v2/replicas/a%2Fb"))),
        ("GET-01", played(with_id("get_replica", ".."), ERROR)),
        ("GET-01", played(with_id("rename_replica", "é"), DONE, ("PATCH", "/v2/replicas/%C3%A9/name"))),
        ("GET-02", played(calls_of("GET-02")[0], got(created_at="2024-01-24T07:14:03.327+00:00"), a_get())),
        ("GET-03", played(calls_of("GET-03")[0], ERROR, a_get())),
        ("LST-01", played(BOTH, listed(ID), a_get("/v2/replicas?verbose=true"))),
        (
            "LST-02",
            played(
                PAGES,
                listed("r1", "r2", "r3", "r4", "r5"),
                *(a_get(f"/v2/replicas?page={number}") for number in (1, 2, 3)),
            ),
        ),
        ("LST-02", played(BROKEN_PAGE, ERROR, a_get("/v2/replicas"))),
        ("LST-03", played(REPEATED, listed("r1"), a_get("/v2/replicas"))),
        ("LST-03", played(SHORT, listed("r1", "r2", "r3"), a_get("/v2/replicas"))),
        ("LST-04", played(STRANGE, listed("r1"), a_get("/v2/replicas"))),
        ("REN-01", played(RENAME, DONE, PATCH, body=NAME)),
        ("DEL-01", played(DELETE, DONE, DELETED)),
        ("DEL-01", played(HARD, DONE, ("DELETE", f"{ONE}?hard=true"))),
        ("DEL-02", played(calls_of("DEL-02")[0], ERROR, DELETED)),
        ("POL-01", played(AT_ONCE, DONE, a_get())),
        ("POL-01", played(REAL, DONE, *[a_get()] * 4)),
        ("POL-02", played(MISHAP, replace(ERROR, message=f"failed: {MISHAP_TEXT}"), a_get())),
        ("POL-02", played(MISHAP, replace(ERROR, message=ascii(MISHAP_TEXT)), a_get())),
        (
            "POL-02",
            played(MISHAP, Outcome("ok", status="error", answer={"error_message": MISHAP_TEXT}), a_get()),
        ),
        ("POL-03", played(UNDONE, DONE, a_get(), a_get())),
        ("POL-04", played(QUEUED, DONE, a_get(), a_get())),
        ("POL-05", played(ENDLESS, GIVEN_UP, a_get())),
        ("POL-06", played(GONE, ERROR, a_get())),
        ("POL-06", played(GONE_LATER, ERROR, a_get(), a_get())),
        ("POL-07", played(FAULT, DONE, a_get(), a_get())),
        ("POL-07", played(FAULT, ERROR, a_get())),
        ("POL-08", played(FAULT, DONE, a_get(), a_get())),
        ("POL-09", played(TOLD_TO_WAIT, replace(DONE, deadline=4.0), a_get(), a_get(), every_ms=1001.0)),
        ("POL-10", played(PAUSES, DONE, a_get(), a_get(), every_ms=301.0)),
        ("POL-11", played(LOCKED, ERROR, a_get())),
    ],
    ids=by_texts,
)
def test_what_is_right_passes(check_id: str, step: Step) -> None:
    judge(check_id, step)


def polls_every(seconds: float) -> ClientContext:
    return context(capabilities=Capabilities(operations=OPERATIONS, own_interval=seconds), longest_wait=5.0)


@pytest.mark.parametrize(
    ("check_id", "step", "known", "why"),
    [
        ("LST-02", played(PAGES, ERROR), CONTEXT, "refused the call without sending a request: no"),
        ("REN-01", played(RENAME, ERROR), CONTEXT, "refused the call without sending a request: no"),
        ("POL-01", played(AT_ONCE, ERROR), CONTEXT, "refused the call without sending a request: no"),
        ("POL-05", played(ENDLESS, ERROR, a_get()), polls_every(9.0), "the client polls every 9 s; several polls may"),
        ("POL-05", played(ENDLESS, ERROR, a_get()), polls_every(inf), "does not say how long its own is"),
        ("POL-08", played(FORBIDDEN, ERROR, a_get()), CONTEXT, "to end the wait is right, too"),
    ],
    ids=by_texts,
)
def test_what_does_not_apply_says_why(check_id: str, step: Step, known: ClientContext, why: str) -> None:
    with pytest.raises(NotApplicable, match=why):
        judge(check_id, step, known)


def test_waits_that_would_take_too_long_are_left_out() -> None:
    kept = [case.calls[-1] for case in CHECKS["POL-01"].probe.cases(polls_every(3.0))]

    assert kept == [AT_ONCE]
    with pytest.raises(NotApplicable, match="polls every 9 s"):
        list(CHECKS["POL-10"].probe.cases(polls_every(9.0)))
    drawn = CHECKS["POL-03"].probe.drawn
    assert drawn is not None
    assert drawn(polls_every(2.0)).is_empty
    assert not drawn(CONTEXT).is_empty


def test_a_wait_has_as_much_more_time_as_the_clients_own_interval_takes() -> None:
    for case in CHECKS["POL-04"].probe.cases(polls_every(1.0)):
        assert case.calls[-1].timeout == QUEUED.timeout

    slow = [case.calls[-1] for case in CHECKS["POL-10"].probe.cases(polls_every(1.0))]
    assert slow[0].timeout == (PAUSES.timeout or 0.0) + 3.0  # for three polls
