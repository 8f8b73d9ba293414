"""LST: how the client lists replicas."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from contract_tests.client.case import Call, ClientCase, one, quoted
from contract_tests.client.causes import Cause
from contract_tests.client.checks._check import check, made
from contract_tests.client.checks.assertions import must_be_error, sent
from contract_tests.client.checks.fields import EXTRA
from contract_tests.client.checks.replicas import ID, page, replica
from contract_tests.client.context import ClientContext
from contract_tests.client.observation import ClientObservation, Step
from contract_tests.failures import CheckFailed, NotApplicable
from contract_tests.http.messages import HttpRequest
from contract_tests.http.script import JsonObject, responds
from contract_tests.requirements import Authority, Level, Requirement

_LIST = "list_replicas"

_ARGUMENTS: tuple[JsonObject, ...] = (
    {},
    {"limit": 3},
    {"page": 2},
    {"limit": 1, "page": 0},
    {"verbose": True},
    {"verbose": False},
    {"replica_type": "user"},
    {"replica_type": "system"},
    {"replica_ids": [ID]},
    {"replica_ids": [ID, "r000000001"]},
    {"replica_ids": ["a,b"]},
    {"replica_ids": ["a&page=9", "é/#"]},
    {"limit": 7, "page": 3, "verbose": True, "replica_type": "user", "replica_ids": [ID, "r2"]},
)


def _listed(arguments: JsonObject) -> ClientCase:
    return one(Call(arguments, operation=_LIST, scripts=(page(ID, times=3),)))


def _drawn_arguments(context: ClientContext) -> SearchStrategy[ClientCase]:
    return st.fixed_dictionaries(
        {},
        optional={
            "limit": st.integers(1, 100),
            "page": st.integers(0, 50),
            "verbose": st.booleans(),
            "replica_type": st.sampled_from(["user", "system"]),
            "replica_ids": st.lists(st.text("r09&=%+#/é ", min_size=1, max_size=5), min_size=1, max_size=3),
        },
    ).map(_listed)


def _lists(context: ClientContext) -> Iterator[ClientCase]:
    yield from map(_listed, _ARGUMENTS)


@check(
    Requirement(
        "LST-01",
        Level.MUST,
        "sends the arguments of a list as given, and nothing that was not",
        Authority.VENDOR,
        "GET /v2/replicas, the vendor's reference page",
        "The list is filtered by something that nobody asked for, or not filtered at all.",
    ),
    made(_lists, _drawn_arguments),
)
def _query(observation: ClientObservation, context: ClientContext) -> Iterator[CheckFailed]:
    """Yield each argument that is missing, was not given, or has another value."""
    step = observation.last
    request = sent(step)
    path, _, query = request.target.partition("?")
    if (request.method, path) != ("GET", "/v2/replicas"):
        raise CheckFailed(f"{request.method} {request.target}", "a GET of /v2/replicas", place="path")
    received = dict(parse_qsl(query, keep_blank_values=True))
    for name, value in step.call.body.items():
        if received.get(name) != _as_text(value):
            told = "left out" if name not in received else quoted(received[name])
            yield CheckFailed(f"{name}: {told}, in {query!r}", f"{name}={_as_text(value)}, as given", place=name)
    for name in received.keys() - step.call.body.keys():
        yield CheckFailed(f"{name}={received[name]}", f"no {name}, which was not given", place=name)


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(value) if isinstance(value, list) else str(value)


_BROKEN = (
    responds({"message": "Invalid access token"}, 401, times=20),
    responds("<html>", 500, "text/html", times=20),
    responds({"error": "Invalid page"}, 400, times=20),
)
"""Responses in place of a page: an error in a middle page is an error, not the end of the list."""


def _all(*pages: tuple[str, ...], total: int | None = None) -> ClientCase:
    """Return a case in which a server has these pages, and then empty ones."""
    count = len({one_id for ids in pages for one_id in ids}) if total is None else total
    scripts = (*(page(*ids, total=count) for ids in pages), page(total=count, times=100_000))
    return one(Call({"all": True}, operation=_LIST, timeout=2.0, scripts=scripts))


def _pages(context: ClientContext) -> Iterator[ClientCase]:
    yield _all(("r1", "r2"), ("r3", "r4"), ("r5",))
    yield _all(("r1",), ("r2",), ("r3",))
    yield _all(tuple(f"r{number}" for number in range(30)), tuple(f"r{number}" for number in range(30, 45)))
    yield _all(("r1", "r2"), ("r2", "r3"), ("r4",))  # one was added before, so that another slipped to the next page
    yield _all(("r1", "r2", "r3"), ("r5",))  # r4 was deleted meanwhile
    for broken in _BROKEN:
        yield one(Call({"all": True}, operation=_LIST, scripts=(page("r1", "r2", total=4), broken)))
        yield one(Call({}, operation=_LIST, scripts=(broken,)))


def _drawn_pages(context: ClientContext) -> SearchStrategy[ClientCase]:
    def build(sizes: list[int], slips: list[int]) -> ClientCase:
        count = 0
        pages: list[tuple[str, ...]] = []
        for size, slip in itertools.zip_longest(sizes, slips[: len(sizes)], fillvalue=0):
            begin = max(0, count - slip) if pages else 0
            pages.append(tuple(f"r{number}" for number in range(begin, count + size)))
            count += size
        return _all(*pages)

    return st.builds(
        build, st.lists(st.integers(1, 6), min_size=1, max_size=5), st.lists(st.integers(0, 2), max_size=5)
    )


@check(
    Requirement(
        "LST-02",
        Level.MUST,
        "reads every page once, in order, and lists every replica once",
        Authority.VENDOR,
        "GET /v2/replicas, the vendor's reference page",
        "Replicas are missing from the list, or stand in it twice.",
        witness="report",
    ),
    made(_pages, _drawn_pages),
)
def _every_replica_once(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that pages are asked for one after the other, and that each replica is returned once."""
    step = observation.last
    requests = _list_requests(step)
    if any(script in _BROKEN for script in step.call.scripts):
        must_be_error(step, "an error: a page could not be read", place="error", cause=Cause.TRUSTS_STATUS)
        return
    asked = [request_page(request) for request in requests]
    if asked != list(range(1, len(asked) + 1)):
        raise CheckFailed(f"pages {', '.join(map(str, asked))}", "pages 1, 2, 3 and so on, each once", place="pages")
    expected: list[str] = []
    for script in step.call.scripts:
        for item in [] if script.answer is None else script.answer.json()["data"]:
            if item["replica_id"] not in expected:
                expected.append(item["replica_id"])
    returned = _returned_ids(step)
    if returned != expected:
        raise CheckFailed(f"{quoted(returned)}, after {len(asked)} pages", quoted(expected), place="replicas")


def request_page(request: HttpRequest) -> int:
    """Return which page a `request` asks for; 0 if that is no number."""
    value = dict(parse_qsl(request.target.partition("?")[2])).get("page", "1")
    return int(value) if value.isascii() and value.isdigit() else 0


def _list_requests(step: Step) -> list[HttpRequest]:
    if not step.requests and step.outcome.is_error:
        raise NotApplicable(f"the client refused the call without sending a request: {step.outcome.message[:200]}")
    return step.requests


def _returned_ids(step: Step) -> list[str]:
    found = step.outcome.answer.get("replicas")
    if not step.outcome.is_ok or not isinstance(found, list):
        raise CheckFailed(str(step.outcome), "the replicas of all pages", place="replicas")
    return [str(one.get("replica_id")) if isinstance(one, dict) else str(one) for one in found]


_MANY = 20
"""How many requests a list may take that has one page."""


def _endings(context: ClientContext) -> Iterator[ClientCase]:
    yield _all()
    yield _all(("r1", "r2", "r3"), total=100)
    yield _all(("r1", "r2"), ("r3",), total=1)
    yield one(Call({"all": True}, operation=_LIST, timeout=2.0, scripts=(page("r1", "r2", total=1000, times=100_000),)))


@check(
    Requirement(
        "LST-03",
        Level.MUST,
        "comes to the end of a list, whatever the server says of its length",
        Authority.HOUSE,
        "a list has an end",
        "The program reads the same page for ever, and fills the memory.",
        witness="report",
    ),
    made(_endings),
)
def _ends(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that an empty or repeated page ends the list."""
    step = observation.last
    requests = _list_requests(step)
    if step.outcome.outcome == "crash":
        raise CheckFailed(f"{step.outcome}, after {len(requests)} requests", "an end", place="end")
    if len(requests) > _MANY and step.outcome.seconds > 0.75 * (step.call.timeout or 0.0):
        received = f"{len(requests)} requests in {step.outcome.seconds:.1f} s"
        raise CheckFailed(received, "an end on an empty page, or on one that was read before", place="end")
    answers = [script.answer.json() for script in step.call.scripts if script.answer is not None]
    ids = [item["replica_id"] for answer in answers for item in answer["data"]]
    if answers[0]["total_count"] == 1000 or answers[0]["total_count"] < len(ids):
        return  # what such a list should be, nobody can say
    if (returned := _returned_ids(step)) != ids:
        raise CheckFailed(f"{quoted(returned)}", quoted(ids), place="replicas")


def _kinds(context: ClientContext) -> Iterator[ClientCase]:
    strange: tuple[JsonObject, ...] = (
        replica("r2", status="queued"),
        replica("r2", replica_type="system", thumbnail_video_url=None),
        replica("r2", a_field_of_tomorrow={"a": 1}, replica_name=None),
        {"replica_id": "r2", "status": "training"},
    )
    for other in strange:
        body = {"data": [replica("r1"), other], "total_count": 2, "next": None}
        yield one(Call({}, operation=_LIST, scripts=(responds(body, times=3),)))


def _drawn_kinds(context: ClientContext) -> SearchStrategy[ClientCase]:
    def build(status: str, extra: JsonObject) -> ClientCase:
        body = {"data": [replica("r1"), replica("r2", status=status, **extra)], "total_count": 2}
        return one(Call({}, operation=_LIST, scripts=(responds(body, times=3),)))

    return st.builds(build, st.sampled_from(["queued", "training", "ready", "", "completed"]), EXTRA)


@check(
    Requirement(
        "LST-04",
        Level.MUST,
        "takes a list with fields, statuses and kinds of replicas that it does not know",
        Authority.HOUSE,
        "the vendor adds fields",
        "One strange replica makes the whole list unreadable.",
        witness="report",
    ),
    made(_kinds, _drawn_kinds),
)
def _takes_kinds(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that the list is returned, with the replica that is as documented in it."""
    step = observation.last
    _list_requests(step)
    if "r1" not in _returned_ids(step):
        raise CheckFailed(str(step.outcome), "a list with r1 in it")
