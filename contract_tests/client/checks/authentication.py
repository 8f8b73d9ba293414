"""AUT: how the client sends its key."""

from __future__ import annotations

import string
from collections.abc import Iterator

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from contract_tests.client.case import Call, Episode, Json, Played, Situation, quoted
from contract_tests.client.checks._check import Setting, check
from contract_tests.client.checks._evidence import json_answer, one, sent
from contract_tests.client.strategies import KEYS
from contract_tests.failures import CheckFailed, NotApplicable, NotJudged

_LETTERS = string.ascii_letters + string.digits + "-_.~+/=$%&'*!#^`|"

FAULTS: tuple[Json, ...] = (
    {},
    json_answer({"error": "Invalid train_video_url"}, 400),
    json_answer({"message": "Invalid access token"}, 401),
    json_answer("", 500),
    json_answer("<html>", 502),
    {"cut": 0, "end": "rst"},
    {"cut": 0, "end": "fin"},
    {"cut": 30},
    {"end": "fin"},
)
"""What may happen to a call before another one."""


def _keys(setting: Setting) -> Iterator[Situation]:
    yield Situation()
    for key in KEYS:
        yield one(Call(api_key=key))


def _drawn_keys(setting: Setting) -> SearchStrategy[Situation]:
    # Longer than what could stand in a request by chance.
    return st.text(_LETTERS, min_size=8, max_size=60).map(lambda key: one(Call(api_key=f"Kit{key}")))


@check("AUT-01", _keys, _drawn_keys)
def _exact_key(episode: Episode) -> None:
    _must_send_key(episode.last)


def _must_send_key(played: Played) -> None:
    request = sent(played)
    values = [value for name, value in request.headers if name.lower() == "x-api-key"]
    if values != [played.api_key]:
        raise CheckFailed(f"x-api-key: {', '.join(map(quoted, values)) or 'none'}", f"{quoted(played.api_key)}, once")
    if len(played.api_key) < 8:
        return
    others = [f"{name}: {value}" for name, value in request.headers if name.lower() != "x-api-key"]
    for place in (request.target, *others, request.body.decode("utf-8", "replace")):
        if played.api_key in place:
            raise CheckFailed(f"the key in {place[:100]!r}", "the key in x-api-key and nowhere else")


def _after_faults(setting: Setting) -> Iterator[Situation]:
    for fault in FAULTS:
        yield Situation((Call(scripts=(fault,)), Call()))
    yield Situation((Call(), Call(), Call()))


def _drawn_faults(setting: Setting) -> SearchStrategy[Situation]:
    faults = st.lists(st.sampled_from(FAULTS), min_size=1, max_size=4)
    return faults.map(lambda drawn: Situation((*(Call(scripts=(fault,)) for fault in drawn), Call())))


@check("AUT-02", _after_faults, _drawn_faults)
def _still_sends_key(episode: Episode) -> None:
    for played in episode.played:
        for request in played.requests:
            if request.header("x-api-key") is None:
                raise CheckFailed("a request without x-api-key", "the key on every call")
    _must_have_sent_last(episode)


def _must_have_sent_last(episode: Episode) -> None:
    """Let a sequence be judged only if its last call has been sent: that is the one it is about.

    Raises:
        NotJudged: It has not.
    """
    if not episode.last.requests and episode.last.outcome.outcome == "error":
        raise NotJudged(f"the last call sent no request; the client reported {episode.last.outcome}")


def _two_worlds(setting: Setting) -> Iterator[Situation]:
    yield Situation((Call(api_key="first-key-1"), Call(api_key="second-key-2")))
    yield Situation((Call(api_key="first-key-1"), Call(api_key="second-key-2", door="other")))
    yield Situation((Call(api_key="first-key-1", door="other"), Call(api_key="second-key-2")))


def _drawn_worlds(setting: Setting) -> SearchStrategy[Situation]:
    calls = st.builds(
        lambda number, door: Call(api_key=f"key-of-call-{number}", door=door),
        st.integers(1, 3),
        st.sampled_from(["wire", "other"]),
    )
    return st.lists(calls, min_size=2, max_size=5).map(lambda drawn: Situation(tuple(drawn)))


@check("AUT-03", _two_worlds, _drawn_worlds)
def _own_key_and_url(episode: Episode) -> None:
    for played in episode.played:
        for exchange in played.exchanges:
            request = exchange.request
            if request is None:
                continue
            if exchange.door != played.call.door:
                raise CheckFailed(f"a request at {exchange.door!r}", f"one at {played.call.door!r}, the base URL given")
            if (key := request.header("x-api-key")) != played.api_key:
                raise CheckFailed(f"x-api-key: {quoted(key)}", f"{quoted(played.api_key)}, the key of this call")
        if not played.requests and played.outcome.is_ok:
            raise CheckFailed("no request, and a success", "a request")
    _must_have_sent_last(episode)


def _injections(setting: Setting) -> Iterator[Situation]:
    for end in ("\r\n", "\n", "\r"):
        yield one(Call(api_key=f"key-before{end}x-injected: yes"))


@check("AUT-04", _injections)
def _no_injection(episode: Episode) -> None:
    played = episode.last
    for exchange in played.exchanges:
        if b"x-injected" in exchange.raw_request.lower():
            raise CheckFailed(f"{exchange.raw_request[:200]!r}", "a refusal: no CR or LF in a header")
    if played.outcome.outcome in ("ok", "crash"):
        raise CheckFailed(str(played.outcome), "a refusal: no CR or LF in a header")


def _empty_key(setting: Setting) -> Iterator[Situation]:
    yield one(Call(api_key=""))


@check("AUT-05", _empty_key)
def _refuses_no_key(episode: Episode) -> None:
    played = episode.last
    if played.requests:
        raise CheckFailed("a request without a key", "a refusal before anything is sent")
    if played.outcome.outcome != "error":
        raise CheckFailed(str(played.outcome), "an error")
    if not played.outcome.message:
        raise NotApplicable("it refuses, and does not say why")
