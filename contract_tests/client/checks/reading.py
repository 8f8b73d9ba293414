"""GET and LST: how the client reads one replica, and lists of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from contract_tests.client.case import Call, ClientCase, one, quoted
from contract_tests.client.causes import Cause
from contract_tests.client.checks._check import check, fixed, made
from contract_tests.client.checks.assertions import must_be_error, sent
from contract_tests.client.checks.replicas import GONE, ID, is_same, must_be_about, page, replica
from contract_tests.client.context import ClientContext
from contract_tests.client.observation import ClientObservation, Step
from contract_tests.client.strategies import TEXTS
from contract_tests.failures import CheckFailed, NotApplicable
from contract_tests.http.messages import HttpRequest
from contract_tests.http.script import JsonObject, responds
from contract_tests.requirements import Authority, Evidence, Level, Requirement

_GET, _LIST = "get_replica", "list_replicas"
_BY_ID: Mapping[str, JsonObject] = {_GET: {}, "rename_replica": {"replica_name": "Rio"}, "delete_replica": {}}
"""The operations on one replica, with what else they are given."""

_METHODS = {_GET: "GET", "rename_replica": "PATCH", "delete_replica": "DELETE"}
_IDS = (
    "a/b",
    "..",
    ".",
    "%2F",
    "?x=1",
    "#x",
    "",
    "a b",
    "é",
    "名",
    "%2e%2e",
    "../r1",
    "a%20b",
    "a+b",
    "a;b",
    "a\\b",
    "//x",
)


def _by_id(operation: str, replica_id: str) -> ClientCase:
    arguments = {"replica_id": replica_id, **_BY_ID[operation]}
    return one(Call(arguments, operation=operation, scripts=GONE[:1]))


def _strange_ids(context: ClientContext) -> Iterator[ClientCase]:
    for operation in _BY_ID:
        for replica_id in _IDS:
            yield _by_id(operation, replica_id)


def _drawn_ids(context: ClientContext) -> SearchStrategy[ClientCase]:
    operations = [name for name in _BY_ID if name in context.capabilities.operations] or [_GET]
    ids = st.one_of(
        st.text("./%?#&=;:@ \\rR09", max_size=6), st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
    )
    return st.builds(_by_id, st.sampled_from(operations), ids)


@check(
    Requirement(
        "GET-01",
        Level.MUST,
        "puts an id into the path as one percent-encoded segment, or refuses it",
        Authority.RFC,
        "RFC 3986, section 3.3",
        "An id with a slash or dots in it reads, renames or deletes something else.",
        Evidence.REPORT,
    ),
    made(_strange_ids, _drawn_ids),
)
def _one_segment(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that each request is about the replica that was asked for, or that none was sent."""
    step = observation.last
    for request in step.requests:
        behind = "/name" if step.call.operation == "rename_replica" else ""
        must_be_about(step, request, step.call.body["replica_id"], behind=behind)
        if request.method != _METHODS[step.call.operation]:
            received = f"{request.method} {request.target}"
            raise CheckFailed(received, f"a {_METHODS[step.call.operation]}", place=step.call.operation)
    if not step.requests and not step.outcome.is_error:
        raise CheckFailed(f"no request, and {step.outcome}", "a request, or an error", place=step.call.operation)


def _got(body: JsonObject, **arguments: Any) -> ClientCase:
    return one(Call({"replica_id": ID, **arguments}, operation=_GET, scripts=(responds(body),)))


def _replicas(context: ClientContext) -> Iterator[ClientCase]:
    yield _got(replica())
    yield _got(replica(replica_type="user"), verbose=True)
    yield _got(replica(status="error", training_progress="0/100", error_message="The video is too short."))
    yield _got(replica(a_field_of_tomorrow={"a": [1]}, tags=None, id="r000000000"))
    yield _got({name: value for name, value in reversed(replica().items()) if name != "error_message"})
    yield _got({name: value for name, value in replica().items() if name not in ("updated_at", "thumbnail_video_url")})
    for text in ("", "é😀", "e\u0301", ' "x" ', "</script>", "null", "00123"):
        yield _got(replica(replica_name=text))


_EXTRA: SearchStrategy[JsonObject] = st.dictionaries(
    st.sampled_from(["model_name", "tags", "a_field_of_tomorrow", "é", "data", "id"]),
    st.one_of(st.none(), st.booleans(), st.integers(0, 9), st.text(max_size=5), st.just({"a": []})),
    max_size=3,
)


def _drawn_replicas(context: ClientContext) -> SearchStrategy[ClientCase]:
    names = st.one_of(st.sampled_from(TEXTS), st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
    errors = st.one_of(st.none(), names)
    statuses = st.sampled_from(["started", "completed", "error"])
    return st.builds(
        lambda name, status, error, extra: _got(
            {**replica(replica_name=name, status=status, error_message=error), **extra}
        ),
        names,
        statuses,
        errors,
        _EXTRA,
    )


@check(
    Requirement(
        "GET-02",
        Level.MUST,
        "returns the documented fields of a replica unchanged, whatever else is there",
        Authority.VENDOR,
        "GET /v2/replicas/{id}, the vendor's reference page",
        "A name, a status or an error message arrives changed, or a new field breaks the client.",
        witness="report",
    ),
    made(_replicas, _drawn_replicas),
)
def _unchanged(observation: ClientObservation, context: ClientContext) -> Iterator[CheckFailed]:
    """Yield each documented field that was not returned as the API said it."""
    step = observation.last
    answer = step.call.scripts[0].answer
    given = {} if answer is None else answer.json()
    returned = step.outcome.answer.get("replica") if step.outcome.is_ok else None
    if not isinstance(returned, dict):
        raise CheckFailed(str(step.outcome), "the replica that the API returned", place="replica")
    for name in context.replica["properties"]:
        value = given.get(name)
        if value is None and returned.get(name) is None:
            continue
        if not is_same(value, returned.get(name)):
            yield CheckFailed(f"{name}: {quoted(returned.get(name))}", f"{quoted(value)}, as the API said", place=name)


@check(
    Requirement(
        "GET-03",
        Level.MUST,
        "tells a replica that is not there as an error",
        Authority.VENDOR,
        "GET /v2/replicas/{id}, the vendor's reference page",
        "A replica that is gone looks like one without a name.",
        witness="report",
    ),
    fixed(
        *(
            one(Call({"replica_id": ID}, operation=_GET, scripts=(script,)))
            for script in (*GONE, responds("", 404, times=5))
        )
    ),
)
def _gone(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that 400 `Invalid replica_id` and 404 are errors; null is at most a warning."""
    step = observation.last
    if step.outcome.is_ok and step.outcome.answer.get("replica") is None:
        raise CheckFailed("a success without a replica", "an error", is_warning=True)
    must_be_error(step, "an error", cause=Cause.TRUSTS_STATUS)


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

_ENDLESS = "the same page"


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

    return st.builds(build, st.sampled_from(["queued", "training", "ready", "", "completed"]), _EXTRA)


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
