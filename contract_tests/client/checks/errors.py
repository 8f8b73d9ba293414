"""ERR: how the client reads a refusal."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from contract_tests.client.case import DEFAULT_TIMEOUT, Call, Episode, Outcome, Played, Situation
from contract_tests.client.checks._check import Setting, check
from contract_tests.client.checks._evidence import NO_TIMEOUT, created, json_answer, must_be_error, must_end_within, one
from contract_tests.failures import CheckFailed, NotApplicable

_TEXT = "Invalid train_video_url: mishap 4711"
_FOREIGN_TEXT = "Ungültig: 動画 😀 4711"
_SAME_TEXT = "mishap 4711"
_RANDOM = re.compile(r"[0-9a-fA-F-]{6,}|[0-9]+")


def _refused(status: int, body: Any, content_type: str = "application/json", **script: Any) -> Situation:
    text = body if isinstance(body, str) else json.dumps(body)
    answer = {"status": status, "headers": [["Content-Type", content_type]], "body": text}
    return one(Call(scripts=({"handle": False, "answer": answer, "times": 10, **script},)))


def _must_tell_text(episode: Episode, text: str) -> None:
    must_be_error(episode.last, f"an error that says {text!r}")
    message = episode.last.outcome.message
    if not any(form in message for form in (text, json.dumps(text)[1:-1], ascii(text)[1:-1])):
        raise CheckFailed(f"the message {message[:200]!r}", f"one with {text!r} in it, which the API has said")


def _must_tell_status(episode: Episode, status: int) -> None:
    must_be_error(episode.last, f"an error with the status {status}")
    outcome = episode.last.outcome
    if outcome.http_status != status and str(status) not in outcome.message:
        raise CheckFailed(f"{outcome}, without the status", f"an error with the status {status}")


def _status_of(played: Played) -> int:
    return int(played.call.scripts[0]["answer"]["status"])


def _bad_request(setting: Setting) -> Iterator[Situation]:
    yield _refused(400, {"error": _TEXT})
    # In bytes that are read apart, inside of characters too.
    for framing in ("length", "chunked"):
        text = json.dumps({"error": _FOREIGN_TEXT}, ensure_ascii=False)
        yield _refused(400, text, framing=framing, chunks=[7] * 12, write_size=7, pause=0.002)


@check("ERR-01", _bad_request)
def _tells_400(episode: Episode) -> None:
    body = json.loads(episode.last.call.scripts[0]["answer"]["body"])
    _must_tell_text(episode, body["error"])


def _both(setting: Setting) -> Iterator[Situation]:
    yield Situation(
        (
            Call(scripts=(json_answer({"error": _SAME_TEXT}, 400, times=5),)),
            Call(scripts=(json_answer({"message": _SAME_TEXT}, 401, times=5),)),
        )
    )


@check("ERR-02", _both)
def _tells_401_from_400(episode: Episode) -> None:
    for played in episode.played:
        must_be_error(played, f"an error, after a {_status_of(played)}")
    first, *others = (played.outcome for played in episode.played)
    if any(_signature(first) == _signature(other) for other in others):
        raise CheckFailed(f"the same after both: {first}", "a 401 can be told from a 400")


def _signature(outcome: Outcome) -> tuple[Any, ...]:
    """Return what tells errors apart: not what is random in a text, or a time."""
    numbers = [status for status in ("400", "401") if status in outcome.message]
    text = _RANDOM.sub("", outcome.message)
    return outcome.http_status, outcome.kind, numbers if len(numbers) == 1 else text


_SHAPES: tuple[Any, ...] = ({"detail": "no"}, {"error": {"code": 7}}, {"error": None}, [], "null", '"no"')


def _other_shapes(setting: Setting) -> Iterator[Situation]:
    for body in _SHAPES:
        yield _refused(400, body)
    for status in (400, 401, 403, 404, 422, 429):
        yield _refused(status, "")
        yield _refused(status, "<html>", "text/html")


@check("ERR-03", _other_shapes)
def _keeps_status(episode: Episode) -> None:
    _must_tell_status(episode, _status_of(episode.last))


def _server_errors(setting: Setting) -> Iterator[Situation]:
    for status in (500, 502, 503, 504):
        yield _refused(status, "<html><body><h1>Sorry</h1></body></html>", "text/html")
        yield _refused(status, "", "application/json")
        yield _refused(status, '{"mess', "application/json")
    for status in (501, 505, 520):
        yield _refused(status, "<html>", "text/html")


@check("ERR-04", _server_errors)
def _keeps_server_status(episode: Episode) -> None:
    _must_tell_status(episode, _status_of(episode.last))


_LONGEST = "86400"


def _too_many(setting: Setting) -> Iterator[Situation]:
    for value in ("1", "soon", "-1", "Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", _LONGEST):
        headers = [["Content-Type", "application/json"], ["Retry-After", value]]
        answer = {"status": 429, "headers": headers, "body": '{"message": "Too many requests"}'}
        yield one(Call(scripts=({"handle": False, "answer": answer, "times": 50},)))


@check("ERR-05", _too_many)
def _waits_as_told(episode: Episode) -> None:
    played = episode.last
    if not played.outcome.knows_timeout:
        raise NotApplicable(NO_TIMEOUT)
    value = dict(played.call.scripts[0]["answer"]["headers"])["Retry-After"]
    began = [exchange.began_ms for exchange in played.exchanges if exchange.request is not None]
    earliest = {"1": 1000.0, _LONGEST: 86_400_000.0, "Fri, 31 Dec 9999 23:59:59 GMT": 86_400_000.0}.get(value, 0.0)
    if any(later - first < 0.95 * earliest for first, later in itertools.pairwise(began)):
        raise CheckFailed(f"a second request after {began[1] - began[0]:.0f} ms", f"none before Retry-After: {value}")
    if len(began) > 20:
        raise CheckFailed(f"{len(began)} requests", "a bounded number")
    must_end_within(played.outcome, DEFAULT_TIMEOUT, f"an end within {DEFAULT_TIMEOUT} s")
    _must_tell_status(episode, 429)


def _other_successes(setting: Setting) -> Iterator[Situation]:
    yield _refused(202, created())
    yield _refused(201, created())
    yield _refused(204, "")
    yield _refused(202, {})


@check("ERR-06", _other_successes)
def _not_documented(episode: Episode) -> None:
    status = _status_of(episode.last)
    if episode.last.outcome.is_ok:
        raise CheckFailed(f"{episode.last.outcome}, after a {status}", "an error: only 200 is documented")


_HUGE = "x" * 1_000_000


def _hostile(setting: Setting) -> Iterator[Situation]:
    for text in (
        _HUGE,
        "\x00\x1b[2J\r\n",
        "\u202e\u2028",
        "%s%n{0}",
        '"}\n{"id": 1, "outcome": "ok"}',
        "😀" * 1000,
    ):
        yield _refused(400, {"error": text})


def _drawn_hostile(setting: Setting) -> SearchStrategy[Situation]:
    return st.text(st.characters(exclude_categories=["Cs"]), max_size=60).map(
        lambda text: _refused(400, {"error": text})
    )


@check("ERR-07", _hostile, _drawn_hostile)
def _survives(episode: Episode) -> None:
    must_be_error(episode.last, "an error, whatever its text is")
    if _HUGE not in episode.last.call.scripts[0]["answer"]["body"]:  # to read no more of that is reason enough
        _must_tell_status(episode, _status_of(episode.last))


def _unauthorized(setting: Setting) -> Iterator[Situation]:
    yield _refused(401, {"message": "Invalid access token: mishap 4711"})


@check("ERR-08", _unauthorized)
def _tells_401(episode: Episode) -> None:
    _must_tell_text(episode, "Invalid access token: mishap 4711")
