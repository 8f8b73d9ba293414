"""REQ: what the client puts on the wire, against what it was given."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import cache
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from contract_tests.client.case import SIMPLEST_BODY, Call, Episode, Json, Played, Situation, quoted
from contract_tests.client.checks._check import Setting, check
from contract_tests.client.checks._evidence import (
    CREATE_PATH,
    created,
    json_answer,
    missing,
    must_be_error,
    one,
    pairs,
    sent,
    sent_body,
)
from contract_tests.client.strategies import nasty_bodies
from contract_tests.failures import CheckFailed, NotApplicable, NotJudged
from contract_tests.http.messages import HttpRequest
from contract_tests.oracle import Oracle

MAX_CALLS = 5


def _simplest(setting: Setting) -> Iterator[Situation]:
    yield Situation()


def _some(setting: Setting) -> Iterator[Situation]:
    yield Situation()
    yield Situation((Call(),) * 6)


def _nasty(setting: Setting) -> Iterator[Situation]:
    for body in nasty_bodies(setting.bodies.schema):
        yield one(Call(body))


def _valid(setting: Setting) -> SearchStrategy[Situation]:
    return st.builds(_sequence, st.lists(setting.bodies.valid(), min_size=1, max_size=MAX_CALLS))


def _sequence(bodies: list[Json]) -> Situation:
    return Situation(tuple(Call(body) for body in bodies))


def _requests(episode: Episode) -> Iterator[tuple[Played, HttpRequest]]:
    """Return each call that has sent something, with its first request."""
    for played in episode.played:
        try:
            yield played, sent(played)
        except NotApplicable:
            continue


def _bodies(episode: Episode) -> Iterator[tuple[Json, Json]]:
    """Return what was given and what was sent, for each call that sent something."""
    refusal: NotApplicable | None = None
    count = 0
    for played in episode.played:
        try:
            received = sent_body(played)
        except NotApplicable as reason:
            refusal = reason
            continue
        count += 1
        yield played.call.body, received
    if not count and refusal is not None:
        raise refusal


@check("REQ-01", _some)
def _one_post(episode: Episode) -> None:
    for played in episode.played:
        sent(played)
        lines = [f"{request.method} {request.target}" for request in played.requests]
        if lines != [f"POST {CREATE_PATH}"]:
            raise CheckFailed(", ".join(lines), f"one POST {CREATE_PATH}")


@check("REQ-02", _simplest)
def _content_type(episode: Episode) -> None:
    value = sent(episode.last).header("content-type")
    if value is None or value.partition(";")[0].strip().lower() != "application/json":
        raise CheckFailed(f"content type {value}", "application/json")


@check("REQ-03", _nasty, _valid)
def _valid_json(episode: Episode) -> None:
    for _, request in _requests(episode):
        try:
            value = request.json()
        except (ValueError, RecursionError) as error:
            raise CheckFailed(f"{error}: {request.body[:120]!r}", "one JSON object in UTF-8") from error
        if not isinstance(value, dict):
            raise CheckFailed(f"a body that is no object: {request.body[:120]!r}", "one JSON object")


@check("REQ-04", _nasty, _valid)
def _framing(episode: Episode) -> None:
    for played, request in _requests(episode):
        if request.faults:
            raise CheckFailed("; ".join(request.faults), "a request whose framing is exact")
        for exchange in played.exchanges:
            if exchange.raw_request and exchange.request is None:
                raise CheckFailed(f"bytes behind the request: {exchange.raw_request[:60]!r}", "an exact Content-Length")


def _must_keep_strings(episode: Episode, *, are_urls: bool) -> None:
    compared = 0
    for given, received in _bodies(episode):
        for where, expected, value in pairs(given, received):
            if isinstance(expected, str) and isinstance(value, str) and where.endswith("_url") == are_urls:
                compared += 1
                if value != expected:
                    raise CheckFailed(f"{where}: {quoted(value)}", f"{quoted(expected)}, as given")
    _must_have_compared(compared)


def _must_have_compared(count: int) -> None:
    """Let no judge be content with a body in which there was nothing for it to look at.

    Raises:
        NotJudged: There was nothing.
    """
    if not count:
        raise NotJudged("nothing that this check looks at was sent")


@check("REQ-05", _nasty, _valid)
def _strings(episode: Episode) -> None:
    _must_keep_strings(episode, are_urls=False)


@check("REQ-06", _nasty, _valid)
def _urls(episode: Episode) -> None:
    _must_keep_strings(episode, are_urls=True)


@check("REQ-07", _nasty, _valid)
def _no_null(episode: Episode) -> None:
    for given, received in _bodies(episode):
        for where, value in missing(received, given):
            if value is None or where.split("/")[1] in _documented():
                raise CheckFailed(f"{where}: {quoted(value)}", "an option that was not given is left out")


@check("REQ-08", _nasty, _valid)
def _explicit(episode: Episode) -> None:
    bodies = list(_bodies(episode))
    _must_have_compared(sum(_has_explicit(given) for given, _ in bodies))
    for given, received in bodies:
        for where, value in missing(given, received):
            if value in ("", False, {}):
                raise CheckFailed(f"{where} is left out", f"{quoted(value)}, as given")


def _has_explicit(given: Any) -> bool:
    """Return whether an empty string, false or an empty object stands anywhere in what was given."""
    if isinstance(given, dict) and given:
        return any(map(_has_explicit, given.values()))
    return given in ("", False, {})


@check("REQ-09", _nasty, _valid)
def _types(episode: Episode) -> None:
    for given, received in _bodies(episode):
        for where, expected, value in pairs(given, received):
            if type(expected) is not type(value) or (not isinstance(expected, str) and expected != value):
                raise CheckFailed(f"{where}: {quoted(value)}", f"{quoted(expected)}, as given")


@cache
def _documented() -> frozenset[str]:
    return frozenset(Oracle.load().body_schema("createReplica")["properties"])


def _one_extra_key(setting: Setting) -> Iterator[Situation]:
    for value in ("x", True, 7, {"a": 1}, ["a"]):
        yield one(Call({**SIMPLEST_BODY, "an_option_of_tomorrow": value}))


def _extra_keys(setting: Setting) -> SearchStrategy[Situation]:
    return setting.bodies.with_extra_keys().map(lambda body: one(Call(body)))


@check("REQ-10", _one_extra_key, _extra_keys)
def _extra(episode: Episode) -> None:
    for given, received in _bodies(episode):
        for name, value in given.items():
            if name not in _documented() and (name not in received or received[name] != value):
                raise CheckFailed(f"{name}: {quoted(received.get(name))}", f"{quoted(value)}, as given")


def _no_video(setting: Setting) -> Iterator[Situation]:
    yield one(Call({}))
    yield one(Call({"replica_name": "Rio"}))


@check("REQ-11", _no_video)
def _refuses(episode: Episode) -> None:
    must_be_error(episode.last, "an error: train_video_url is required")


def _two_calls(setting: Setting) -> Iterator[Situation]:
    for body in itertools.islice(nasty_bodies(setting.bodies.schema), 1, 8):
        yield Situation((Call(), Call(body), Call({"train_video_url": "https://example.com/second.mp4"})))


@check(
    "REQ-12", _two_calls, lambda setting: st.builds(_sequence, st.lists(setting.bodies.valid(), min_size=2, max_size=5))
)
def _nothing_carried_over(episode: Episode) -> None:
    earlier: dict[str, list[Any]] = {}
    always: set[str] = set()  # what the client adds by itself; REQ-07 tells of that
    bodies = list(_bodies(episode))
    pairs_given = itertools.pairwise(given for given, _ in bodies)
    _must_have_compared(sum(any(later.get(name) != one[name] for name in one) for one, later in pairs_given))
    for given, received in bodies:
        for where, value in missing(received, given):
            if where not in earlier:
                always.add(where)
            elif value in earlier[where] and where not in always:
                raise CheckFailed(
                    f"{where}: {quoted(value)}, which was given to an earlier call", "only what was given"
                )
        for where, _, value in pairs(given, given):
            earlier.setdefault(where, []).append(value)
        for name, value in given.items():
            earlier.setdefault(f"/{name}", []).append(value)


def _prefix(setting: Setting) -> Iterator[Situation]:
    yield one(Call(door="prefix", scripts=(json_answer(created()),)))


@check("REQ-13", _prefix)
def _base_path(episode: Episode) -> None:
    target = sent(episode.last).target
    if target != f"/prefix{CREATE_PATH}":
        raise CheckFailed(target, f"/prefix{CREATE_PATH}, below the base URL")


_LONE = "a\ud83db"


def _lone_surrogate(setting: Setting) -> Iterator[Situation]:
    yield one(Call({**SIMPLEST_BODY, "replica_name": _LONE}))


@check("REQ-14", _lone_surrogate)
def _surrogate(episode: Episode) -> None:
    played = episode.last
    if played.call.body.get("replica_name") != _LONE:
        return  # what matters has been left out
    if played.outcome.outcome == "crash":
        raise CheckFailed(str(played.outcome), "a clean error, or an escape")
    if not played.requests and played.outcome.outcome == "error":
        return
    request = sent(played)
    try:
        value = request.json().get("replica_name")
    except (ValueError, AttributeError) as error:
        raise CheckFailed(f"{request.body[:120]!r} ({error})", "a clean error, or the escape \\ud83d") from error
    if value != _LONE:
        raise CheckFailed(quoted(value), "a clean error, or the escape \\ud83d")


@check("REQ-15", _nasty, _valid)
def _all_options(episode: Episode) -> None:
    bodies = list(_bodies(episode))
    _must_have_compared(sum(len(given) > 1 for given, _ in bodies))
    for given, received in bodies:
        for where, value in missing(given, received):
            if value not in ("", False, {}):  # REQ-08 is about these
                raise CheckFailed(f"{where} is left out; sent were {', '.join(received)}", f"{where}: {quoted(value)}")
