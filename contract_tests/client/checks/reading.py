"""GET: how the client reads one replica."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from contract_tests.client.case import Call, ClientCase, one, quoted
from contract_tests.client.causes import Cause
from contract_tests.client.checks._check import check, fixed, made
from contract_tests.client.checks.assertions import must_be_error
from contract_tests.client.checks.fields import EXTRA
from contract_tests.client.checks.replicas import GONE, ID, is_same, must_be_about, replica
from contract_tests.client.context import ClientContext
from contract_tests.client.observation import ClientObservation
from contract_tests.client.strategies import TEXTS
from contract_tests.failures import CheckFailed
from contract_tests.http.script import JsonObject, responds
from contract_tests.requirements import Authority, Evidence, Level, Requirement

_GET = "get_replica"
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
        EXTRA,
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
