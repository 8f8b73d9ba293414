"""OKP: how the client reads a success."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from contract_tests.client.case import Call, ClientCase, one, quoted
from contract_tests.client.causes import Cause
from contract_tests.client.checks._check import check, fixed, made
from contract_tests.client.checks.assertions import CANARY, created, must_be_created, must_be_error
from contract_tests.client.context import ClientContext
from contract_tests.client.observation import ClientObservation
from contract_tests.client.strategies import framings
from contract_tests.failures import CheckFailed
from contract_tests.http.script import JsonObject, Script, responds, writes
from contract_tests.requirements import Authority, Level, Requirement

_DOCUMENTED = f"a success with the id {CANARY!r}"
_VALUES = st.one_of(st.none(), st.booleans(), st.integers(0, 9), st.text(max_size=8), st.just([1]), st.just({"a": {}}))
_NOTHING = st.sampled_from([None, ""])  # with a text in it, a client may well take it for an error
_EXTRA = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(["created_at", "replica_name", "data", "é", "model_name", "id", "uuid", "type"], _VALUES),
        **dict.fromkeys(["error", "message"], _NOTHING),
    },
)


def _answered(script: Script) -> ClientCase:
    return one(Call(scripts=(script,)))


def _must_succeed(observation: ClientObservation) -> None:
    must_be_created(observation.last, CANARY, _DOCUMENTED)


@check(
    Requirement(
        "OKP-01",
        Level.MUST,
        "returns the id, and the status if it returns one",
        Authority.VENDOR,
        "POST /v2/replicas, the vendor's reference page",
        "The training runs and is billed, but its id is lost.",
        witness="report",
    ),
    fixed(_answered(responds(created()))),
)
def _returns_id(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that the id is returned, and the status if one is returned."""
    _must_succeed(observation)
    status = observation.last.outcome.status
    if status not in (None, "started"):
        raise CheckFailed(f"the status {quoted(status)}", "'started', or none")


def _more_fields(context: ClientContext) -> Iterator[ClientCase]:
    yield _answered(responds({**created(), "created_at": "2026-01-01T00:00:00Z"}))
    yield _answered(responds({"data": {"replica_id": "r000000000"}, **created()}))
    yield _answered(responds({"id": "r000000000", "uuid": "r000000000", **created()}))
    yield _answered(responds({"status": "started", "replica_id": CANARY}))
    yield _answered(responds({"error": None, "message": "", **created()}))


def _any_fields(context: ClientContext) -> SearchStrategy[ClientCase]:
    def build(extra: JsonObject, order: list[str]) -> ClientCase:
        body = {**created(), **extra}
        names = sorted(body, key=lambda name: order.index(name) if name in order else -1)
        return _answered(responds({name: body[name] for name in names}))

    return st.builds(build, _EXTRA, st.permutations(["replica_id", "status", "created_at", "data", "é"]))


@check(
    Requirement(
        "OKP-02",
        Level.MUST,
        "takes unknown fields, in any order",
        Authority.HOUSE,
        "the vendor adds fields",
        "A field that the vendor adds breaks the client, while the training runs.",
        witness="report",
    ),
    made(_more_fields, _any_fields),
)
def _takes_fields(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that fields which are not documented do no harm, wherever they stand."""
    _must_succeed(observation)


def _forms(context: ClientContext) -> Iterator[ClientCase]:
    yield _answered(responds(json.dumps(created(), indent=2)))
    yield _answered(responds(json.dumps(created(), separators=(",", ":"))))
    yield _answered(responds("\r\n\t " + json.dumps(created()) + "\n"))
    yield _answered(responds('{"\\u0072eplica_id": "\\u0072c0ffee123", "status": "started"}'))
    for case, framing in itertools.product(("lower", "upper"), ("length", "chunked")):
        yield _answered(responds(created(), header_case=case, framing=framing))


def _any_form(context: ClientContext) -> SearchStrategy[ClientCase]:
    space = st.text(" \t\r\n", max_size=3)

    def build(before: str, between: str, escaped: list[bool], framing: JsonObject) -> ClientCase:
        shown = "".join(f"\\u{ord(char):04x}" if one else char for char, one in zip(CANARY, escaped, strict=True))
        fields = [f'{between}"replica_id"{between}:{between}"{shown}"', f'{between}"status":{between}"started"']
        text = f"{before}{{{','.join(fields)}}}{before}"
        return _answered(responds(text, **framing))

    return st.builds(
        build, space, space, st.lists(st.booleans(), min_size=len(CANARY), max_size=len(CANARY)), framings()
    )


@check(
    Requirement(
        "OKP-03",
        Level.MUST,
        "takes any form of JSON, and any case of header names",
        Authority.RFC,
        "RFC 8259; RFC 9110, section 5.1",
        "Another proxy in front of the API breaks the client, while the training runs.",
        witness="report",
    ),
    made(_forms, _any_form),
)
def _takes_forms(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that white space, escapes and the case of header names make no difference."""
    _must_succeed(observation)


_WITH_ASTRAL = json.dumps({"replica_name": "é😀", **created()}, ensure_ascii=False)
_PARTS = (json.dumps(created())[:20], json.dumps(created())[20:])
_EXTENDED = (
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    + "".join(f'{len(part):X};part="yes"\r\n{part}\r\n' for part in _PARTS)
    + "0\r\nx-trailer: 1\r\n\r\n"
).encode()
"""Chunks with extensions, and a trailer: whoever does not know them has to ignore them."""


def _splits(context: ClientContext) -> Iterator[ClientCase]:
    yield _answered(responds(_WITH_ASTRAL, framing="chunked"))
    yield _answered(responds(_WITH_ASTRAL, framing="chunked", chunks=(1,) * 30))
    yield _answered(responds(_WITH_ASTRAL, framing="close"))
    yield _answered(responds(_WITH_ASTRAL, write_size=1))
    yield _answered(responds(_WITH_ASTRAL, write_size=1, framing="chunked"))
    yield _answered(writes(_EXTENDED))


def _any_split(context: ClientContext) -> SearchStrategy[ClientCase]:
    return framings().map(lambda framing: _answered(responds(_WITH_ASTRAL, **framing)))


@check(
    Requirement(
        "OKP-04",
        Level.MUST,
        "takes chunked bodies, and writes split anywhere",
        Authority.RFC,
        "RFC 9112, section 7.1",
        "On a slow line the answer is misread, while the training runs.",
        witness="report",
    ),
    made(_splits, _any_split),
)
def _takes_splits(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that chunks and writes may end anywhere.

    RFC 9112, 7.1: a recipient MUST be able to parse and decode the chunked transfer coding.
    """
    _must_succeed(observation)


@check(
    Requirement(
        "OKP-05",
        Level.MUST,
        "takes gzip if it has asked for it",
        Authority.RFC,
        "RFC 9110, section 8.4",
        "A server that takes the client at its word sends an answer that it cannot read.",
        witness="report",
    ),
    fixed(*(_answered(responds(created(), gzip="if-advertised", framing=one)) for one in ("length", "chunked"))),
)
def _takes_gzip(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that a client that advertises gzip can read it."""
    _must_succeed(observation)


_CONTENT_TYPES = (
    "application/json; charset=utf-8",
    "Application/JSON;Charset=UTF-8",
    'application/json; charset="utf-8"',
)


@check(
    Requirement(
        "OKP-06",
        Level.SHOULD,
        "takes the content type in another case, with a charset",
        Authority.RFC,
        "RFC 9110, section 8.3.1",
        "A harmless change of a header breaks the client.",
        witness="report",
    ),
    fixed(*(_answered(responds(created(), content_type=value)) for value in _CONTENT_TYPES)),
)
def _takes_content_types(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that case and parameters of the content type do no harm."""
    _must_succeed(observation)


@check(
    Requirement(
        "OKP-07",
        Level.SHOULD,
        "does not fail on a status that it does not know",
        Authority.HOUSE,
        "the vendor adds statuses",
        "A new status such as 'queued' is told as a failure, and the training is bought again.",
        witness="report",
    ),
    fixed(*(_answered(responds(created(status=status))) for status in ("queued", "training", ""))),
)
def _takes_statuses(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that a status which is not documented does no harm, and is not made into another one."""
    _must_succeed(observation)
    script = observation.last.call.scripts[0]
    given = script.answer.json()["status"] if script.answer is not None else ""
    if given and observation.last.outcome.status not in (None, given):
        raise CheckFailed(f"the status {quoted(observation.last.outcome.status)}", f"{quoted(given)}, or none")


_NO_SUCCESS: tuple[tuple[str, str, str], ...] = (
    ("application/json", "", "an empty body"),
    ("application/json", "{}", "an empty object"),
    ("application/json", '{"status": "started"}', "no id"),
    ("application/json", '{"replica_id": null, "status": "started"}', "an id that is null"),
    ("application/json", '{"replica_id": "", "status": "started"}', "an empty id"),
    ("application/json", '{"replica_id": 7, "status": "started"}', "an id that is no string"),
    ("application/json", '{"replica_id": {}, "status": "started"}', "an id that is no string"),
    ("application/json", '{"error": "Something went wrong"}', "an error"),
    ("application/json", '{"message": "Something went wrong"}', "an error"),
    ("application/json", "null", "no object"),
    ("application/json", "[]", "no object"),
    ("application/json", '"started"', "no object"),
    ("application/json", '[{"replica_id": "rc0ffee123", "status": "started"}]', "no object"),
    ("application/json", '{"data": {"replica_id": "rc0ffee123"}}', "an id elsewhere"),
    ("application/json", '{"replica_id": "rc0ffee123", "status', "half an object"),
    ("text/html", "<html><body><h1>Welcome</h1></body></html>", "HTML"),
    ("text/html", "<html><body>replica_id started</body></html>", "HTML"),
    ("text/plain", "OK", "plain text"),
)
_WHAT = {(content_type, body): what for content_type, body, what in _NO_SUCCESS}


def _no_success(context: ClientContext) -> Iterator[ClientCase]:
    for content_type, body, _ in _NO_SUCCESS:
        yield _answered(responds(body, content_type=content_type))


@check(
    Requirement(
        "OKP-08",
        Level.MUST,
        "never calls a 200 without an id a success",
        Authority.VENDOR,
        "POST /v2/replicas, the vendor's reference page",
        "Something that is no training is told as one that has started, and the user waits for ever.",
        witness="report",
    ),
    made(_no_success),
)
def _no_false_success(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that a 200 without a usable id is an error."""
    answer = observation.last.call.scripts[0].answer
    what = "" if answer is None else _WHAT.get((answer.header("content-type"), answer.body), "")
    documented = "an error: a success has a replica_id, a string that is not empty"
    must_be_error(observation.last, documented, place=what, cause=Cause.TRUSTS_STATUS)
