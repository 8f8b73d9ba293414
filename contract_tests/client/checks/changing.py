"""REN and DEL: how the client renames and deletes a replica."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qsl

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from contract_tests.client.case import Call, ClientCase, one, quoted
from contract_tests.client.causes import Cause
from contract_tests.client.checks._check import check, fixed, made
from contract_tests.client.checks.assertions import must_be_error, sent, sent_body
from contract_tests.client.checks.replicas import GONE, ID, must_be_about
from contract_tests.client.context import ClientContext
from contract_tests.client.observation import ClientObservation, Step
from contract_tests.client.strategies import TEXTS
from contract_tests.failures import CheckFailed
from contract_tests.http.messages import HttpRequest
from contract_tests.http.script import JsonObject, Script, responds
from contract_tests.requirements import Authority, Level, Requirement

_RENAME, _DELETE = "rename_replica", "delete_replica"
_DONE = tuple(responds(body, times=3) for body in ("{}", "", "null", '{"status": "done"}', "[]"))


def _must_be_one(step: Step) -> HttpRequest:
    """Return the one request of a call.

    Raises:
        NotApplicable: The client refused the call without sending a request.
        CheckFailed: There are several.
    """
    request = sent(step)
    if len(step.requests) > 1:
        lines = ", ".join(f"{one.method} {one.target}" for one in step.requests)
        raise CheckFailed(lines, "one request", place="requests")
    return request


def _named(name: str, script: Script = _DONE[0]) -> ClientCase:
    return one(Call({"replica_id": ID, "replica_name": name}, operation=_RENAME, scripts=(script,)))


def _names(context: ClientContext) -> Iterator[ClientCase]:
    for script in (*_DONE, responds("OK", content_type="text/plain", times=3)):
        yield _named("Rio", script)
    for text in TEXTS:
        yield _named(text)


def _drawn_names(context: ClientContext) -> SearchStrategy[ClientCase]:
    return st.text(st.characters(exclude_categories=["Cs"]), max_size=40).map(_named)


@check(
    Requirement(
        "REN-01",
        Level.MUST,
        "sends the new name as it was given, and takes any body of a 200",
        Authority.VENDOR,
        "PATCH /v2/replicas/{id}/name, the vendor's reference page",
        "The replica gets another name, or a rename that took place is told as a failure.",
    ),
    made(_names, _drawn_names),
)
def _renames(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that one PATCH with the name goes to the replica's name, and that its 200 is a success."""
    step = observation.last
    request = _must_be_one(step)
    must_be_about(step, request, ID, behind="/name")
    if request.method != "PATCH":
        raise CheckFailed(f"{request.method} {request.target}", "a PATCH", place="method")
    body, name = sent_body(step), step.call.body["replica_name"]
    if body.get("replica_name") != name:
        received = quoted(body.get("replica_name")) if "replica_name" in body else "no replica_name"
        raise CheckFailed(received, f"replica_name: {quoted(name)}, as given", place="name")
    if not step.outcome.is_ok:
        raise CheckFailed(str(step.outcome), "a success: the API answered 200", place="outcome")


_HARD: tuple[JsonObject, ...] = ({}, {"hard": True}, {"hard": False})


@check(
    Requirement(
        "DEL-01",
        Level.MUST,
        "deletes for good only when asked to",
        Authority.VENDOR,
        "DELETE /v2/replicas/{id}, the vendor's reference page",
        "Media that should have been kept are gone for good.",
    ),
    fixed(*(one(Call({"replica_id": ID, **hard}, operation=_DELETE, scripts=_DONE[:1])) for hard in _HARD)),
)
def _hard_only_when_asked(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that `hard` is sent as given, and not at all if it was not."""
    step = observation.last
    request = _must_be_one(step)
    must_be_about(step, request, ID)
    if request.method != "DELETE":
        raise CheckFailed(f"{request.method} {request.target}", "a DELETE", place="method")
    query = dict(parse_qsl(request.target.partition("?")[2], keep_blank_values=True))
    hard = step.call.body.get("hard")
    allowed = {True: ("true",), False: (None, "false"), None: (None,)}[hard]
    if query.get("hard") not in allowed:
        told = "no hard" if "hard" not in query else f"hard={query['hard']}"
        given = "was not given" if hard is None else f"was {quoted(hard)}"
        raise CheckFailed(told, f"{' or '.join(str(one) for one in allowed)}: it {given}", place="hard")


_FAILED = (*GONE, responds({"message": "Invalid access token"}, 401, times=5), responds("<html>", 500, times=5))


def _refused(context: ClientContext) -> Iterator[ClientCase]:
    for script in _FAILED:
        yield one(Call({"replica_id": ID}, operation=_DELETE, scripts=(script,)))
        yield one(Call({"replica_id": ID, "replica_name": "Rio"}, operation=_RENAME, scripts=(script,)))


@check(
    Requirement(
        "DEL-02",
        Level.MUST,
        "tells an error response to a delete or a rename as an error",
        Authority.VENDOR,
        "DELETE /v2/replicas/{id}, the vendor's reference page",
        "A replica that is still there, and may be billed, is taken for deleted.",
        witness="report",
    ),
    made(_refused),
)
def _tells_failures(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that an error response is an error."""
    step = observation.last
    answer = step.call.scripts[0].answer
    documented = f"an error, after a {answer.status if answer is not None else 400}"
    must_be_error(step, documented, place=step.call.operation, cause=Cause.TRUSTS_STATUS)
