"""OKP: how the client reads a success."""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from contract_tests.client.case import Call, Episode, Json, Situation, quoted
from contract_tests.client.checks._check import Setting, check
from contract_tests.client.checks._evidence import CANARY, created, json_answer, must_be_created, must_be_error, one
from contract_tests.client.strategies import deliveries
from contract_tests.failures import CheckFailed

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


def _answered(script: dict[str, Any]) -> Situation:
    return one(Call(scripts=(script,)))


def _must_succeed(episode: Episode) -> None:
    must_be_created(episode.last, CANARY, _DOCUMENTED)


def _plain(setting: Setting) -> Iterator[Situation]:
    yield _answered(json_answer(created()))


@check("OKP-01", _plain)
def _returns_id(episode: Episode) -> None:
    _must_succeed(episode)
    status = episode.last.outcome.status
    if status not in (None, "started"):
        raise CheckFailed(f"the status {quoted(status)}", "'started', or none")


def _more_fields(setting: Setting) -> Iterator[Situation]:
    yield _answered(json_answer({**created(), "created_at": "2026-01-01T00:00:00Z"}))
    yield _answered(json_answer({"data": {"replica_id": "r000000000"}, **created()}))
    yield _answered(json_answer({"id": "r000000000", "uuid": "r000000000", **created()}))
    yield _answered(json_answer({"status": "started", "replica_id": CANARY}))
    yield _answered(json_answer({"error": None, "message": "", **created()}))


def _any_fields(setting: Setting) -> SearchStrategy[Situation]:
    def build(extra: dict[str, Any], order: list[str]) -> Situation:
        body = {**created(), **extra}
        names = sorted(body, key=lambda name: order.index(name) if name in order else -1)
        return _answered(json_answer({name: body[name] for name in names}))

    return st.builds(build, _EXTRA, st.permutations(["replica_id", "status", "created_at", "data", "é"]))


@check("OKP-02", _more_fields, _any_fields)
def _takes_fields(episode: Episode) -> None:
    _must_succeed(episode)


def _forms(setting: Setting) -> Iterator[Situation]:
    yield _answered(json_answer(json.dumps(created(), indent=2)))
    yield _answered(json_answer(json.dumps(created(), separators=(",", ":"))))
    yield _answered(json_answer("\r\n\t " + json.dumps(created()) + "\n"))
    yield _answered(json_answer('{"\\u0072eplica_id": "\\u0072c0ffee123", "status": "started"}'))
    for case, framing in itertools.product(("lower", "upper"), ("length", "chunked")):
        yield _answered(json_answer(created(), header_case=case, framing=framing))


def _any_form(setting: Setting) -> SearchStrategy[Situation]:
    space = st.text(" \t\r\n", max_size=3)

    def build(before: str, between: str, escaped: list[bool], delivery: Json) -> Situation:
        shown = "".join(f"\\u{ord(char):04x}" if one else char for char, one in zip(CANARY, escaped, strict=True))
        fields = [f'{between}"replica_id"{between}:{between}"{shown}"', f'{between}"status":{between}"started"']
        text = f"{before}{{{','.join(fields)}}}{before}"
        return _answered(json_answer(text, **delivery))

    return st.builds(
        build,
        space,
        space,
        st.lists(st.booleans(), min_size=len(CANARY), max_size=len(CANARY)),
        deliveries(),
    )


@check("OKP-03", _forms, _any_form)
def _takes_forms(episode: Episode) -> None:
    _must_succeed(episode)


_WITH_ASTRAL = json.dumps({"replica_name": "é😀", **created()}, ensure_ascii=False)


_PARTS = (json.dumps(created())[:20], json.dumps(created())[20:])
_EXTENDED = (
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    + "".join(f'{len(part):X};part="yes"\r\n{part}\r\n' for part in _PARTS)
    + "0\r\nx-trailer: 1\r\n\r\n"
).encode()
"""Chunks with extensions, and a trailer: whoever does not know them has to ignore them."""


def _splits(setting: Setting) -> Iterator[Situation]:
    yield _answered(json_answer(_WITH_ASTRAL, framing="chunked"))
    yield _answered(json_answer(_WITH_ASTRAL, framing="chunked", chunks=[1] * 30))
    yield _answered(json_answer(_WITH_ASTRAL, framing="close"))
    yield _answered(json_answer(_WITH_ASTRAL, write_size=1))
    yield _answered(json_answer(_WITH_ASTRAL, write_size=1, framing="chunked"))
    yield _answered({"handle": False, "raw_base64": base64.b64encode(_EXTENDED).decode()})


def _any_split(setting: Setting) -> SearchStrategy[Situation]:
    return deliveries().map(lambda delivery: _answered(json_answer(_WITH_ASTRAL, **delivery)))


@check("OKP-04", _splits, _any_split)
def _takes_splits(episode: Episode) -> None:
    _must_succeed(episode)


def _gzip(setting: Setting) -> Iterator[Situation]:
    for framing in ("length", "chunked"):
        yield _answered(json_answer(created(), gzip="if-advertised", framing=framing))


@check("OKP-05", _gzip)
def _takes_gzip(episode: Episode) -> None:
    _must_succeed(episode)


def _content_types(setting: Setting) -> Iterator[Situation]:
    for value in (
        "application/json; charset=utf-8",
        "Application/JSON;Charset=UTF-8",
        'application/json; charset="utf-8"',
    ):
        yield _answered(
            {
                "handle": False,
                "answer": {"status": 200, "headers": [["Content-Type", value]], "body": json.dumps(created())},
            }
        )


@check("OKP-06", _content_types)
def _takes_content_types(episode: Episode) -> None:
    _must_succeed(episode)


def _statuses(setting: Setting) -> Iterator[Situation]:
    for status in ("queued", "training", ""):
        yield _answered(json_answer(created(status=status)))


@check("OKP-07", _statuses)
def _takes_statuses(episode: Episode) -> None:
    _must_succeed(episode)
    given = json.loads(episode.last.call.scripts[0]["answer"]["body"])["status"]
    if given and episode.last.outcome.status not in (None, given):
        raise CheckFailed(f"the status {quoted(episode.last.outcome.status)}", f"{quoted(given)}, or none")


_NO_SUCCESS: tuple[tuple[str, str], ...] = (
    ("application/json", ""),
    ("application/json", "{}"),
    ("application/json", '{"status": "started"}'),
    ("application/json", '{"replica_id": null, "status": "started"}'),
    ("application/json", '{"replica_id": "", "status": "started"}'),
    ("application/json", '{"replica_id": 7, "status": "started"}'),
    ("application/json", '{"replica_id": {}, "status": "started"}'),
    ("application/json", '{"error": "Something went wrong"}'),
    ("application/json", '{"message": "Something went wrong"}'),
    ("application/json", "null"),
    ("application/json", "[]"),
    ("application/json", '"started"'),
    ("application/json", '[{"replica_id": "rc0ffee123", "status": "started"}]'),
    ("application/json", '{"data": {"replica_id": "rc0ffee123"}}'),
    ("application/json", '{"replica_id": "rc0ffee123", "status'),
    ("text/html", "<html><body><h1>Welcome</h1></body></html>"),
    ("text/html", "<html><body>replica_id started</body></html>"),
    ("text/plain", "OK"),
)


def _no_success(setting: Setting) -> Iterator[Situation]:
    for content_type, body in _NO_SUCCESS:
        answer = {"status": 200, "headers": [["Content-Type", content_type]], "body": body}
        yield _answered({"handle": False, "answer": answer})


@check("OKP-08", _no_success)
def _no_false_success(episode: Episode) -> None:
    must_be_error(episode.last, "an error: a success has a replica_id, a string that is not empty")
