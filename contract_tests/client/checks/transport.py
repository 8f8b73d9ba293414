"""TRN: what the client does when the connection fails it."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from contract_tests.client.case import Call, Episode, Json, Played, Situation
from contract_tests.client.checks._check import Setting, check
from contract_tests.client.checks._evidence import (
    CANARY,
    HANGS,
    NO_TIMEOUT,
    SHORT,
    created,
    json_answer,
    must_be_created,
    must_be_error,
    must_end_within,
    one,
)
from contract_tests.client.strategies import deliveries
from contract_tests.failures import CheckFailed, NotApplicable, NotJudged

_QUIET = 0.25
"""How long the wire is watched for what should not come, in seconds."""

_BEHIND_DATA = len("\r\n0\r\n\r\n")
"""What follows the last byte of data in chunks: some stacks do without it, and no client can help that."""

_LOST: tuple[Json, ...] = (
    {"cut": 0, "end": "fin"},
    {"cut": 0, "end": "rst"},
    {"cut": 20, "end": "rst"},
    {"cut": 115, "end": "fin"},  # inside the body
    {"framing": "chunked", "cut": 115, "end": "rst"},
)
_UNREADABLE: tuple[Json, ...] = ({"body": "<html>"}, {"body": '{"status": "started"}'}, {"body": ""})
"""Answers with the status 200 to a create that has taken place, from which nobody learns that."""


_PATIENCE = 6.0
"""A client that tries again may wait before it does, in seconds."""


def _buys_one(played: Played) -> None:
    _buys_no_second(played)
    if played.outcome.outcome == "crash":
        raise CheckFailed(str(played.outcome), "an end, with one training")


def _buys_no_second(played: Played) -> None:
    if played.created > 1:
        raise CheckFailed(
            f"{played.created} trainings, by the emulator's ledger", "one: a create is not repeated blindly"
        )


def _lost_answers(setting: Setting) -> Iterator[Situation]:
    # All before one quiet time, since that is what takes long; what fails is reduced to the one that matters.
    scripts = (*_LOST, *({"answer": answer} for answer in _UNREADABLE))
    yield Situation(tuple(Call(patience=_PATIENCE, scripts=(script,)) for script in scripts), _QUIET)


@check("TRN-01", _lost_answers)
def _one_training(episode: Episode) -> None:
    for played in episode.played:
        _buys_one(played)
    _must_all_have_sent(episode)


def _must_all_have_sent(episode: Episode) -> None:
    """Let calls be judged together only if each has sent something.

    Raises:
        NotJudged: One has refused by itself, as after too many failures; then each is played alone.
    """
    silent = [played for played in episode.played if not played.requests]
    if silent:
        raise NotJudged(f"{len(silent)} of {len(episode.played)} calls sent no request: {silent[0].outcome}")


def _lost_on_used(setting: Setting) -> Iterator[Situation]:
    lost = (Call(patience=_PATIENCE, scripts=(script,)) for script in _LOST)
    yield Situation(tuple(call for one_lost in lost for call in (Call(), one_lost)), _QUIET)


@check("TRN-02", _lost_on_used)
def _one_training_each(episode: Episode) -> None:
    if episode.situation.calls[0].scripts:
        return  # the call before it has been left out
    for played in episode.played:
        _buys_one(played)
    _must_all_have_sent(episode)


def _outlasts(setting: Setting) -> Iterator[Situation]:
    yield one(Call(timeout=SHORT, scripts=({"delay": 0.8, "times": 1},)), 0.5)


@check("TRN-03", _outlasts)
def _not_repeated(episode: Episode) -> None:
    if not episode.last.outcome.knows_timeout:
        raise NotApplicable(NO_TIMEOUT)
    _buys_one(episode.last)


def _hangs(setting: Setting) -> Iterator[Situation]:
    # Nothing, half a head, the head alone, half a body.
    for cut in (0, 30, 90, 125):
        yield one(Call(timeout=SHORT, scripts=({**HANGS, "cut": cut},)))
    if setting.longest_wait:
        yield one(Call(timeout=None, patience=setting.longest_wait, scripts=(HANGS,)))


def _ends_in_time(played: Played) -> None:
    outcome = played.outcome
    if not outcome.knows_timeout:
        raise NotApplicable(NO_TIMEOUT)
    documented = f"an error after {SHORT} s"
    must_end_within(outcome, SHORT, documented)
    must_be_error(played, documented)


@check("TRN-04", _hangs)
def _in_time(episode: Episode) -> None:
    played = episode.last
    if played.call.timeout is not None:
        _ends_in_time(played)
    elif played.outcome.outcome == "crash":  # its own may be longer than anybody waits for here
        raise CheckFailed(str(played.outcome), "an end after some time, without being given one", is_warning=True)


def _drips(setting: Setting) -> Iterator[Situation]:
    yield one(Call(timeout=SHORT, scripts=({"write_size": 1, "pause": 0.1},)))
    yield one(Call(timeout=SHORT, scripts=({"split_at": [72, *range(73, 118, 3)], "pause": 0.25},)))


@check("TRN-05", _drips)
def _not_held(episode: Episode) -> None:
    _ends_in_time(episode.last)


def _cut_anywhere(setting: Setting) -> Iterator[Situation]:
    for framing in ("length", "chunked"):
        for cut in (0, 1, 12, 37, 60, 85, 95, 110, 120, 130, 135):
            yield one(Call(scripts=({"framing": framing, "cut": cut},)))
    yield one(Call(scripts=({"padding": 100, "cut": 180},)))
    for cut in (0, 110):
        yield Situation((Call(), Call(scripts=({"cut": cut},))))


def _any_cut(setting: Setting) -> SearchStrategy[Situation]:
    def build(before: list[Call], delivery: Json, cut: int, end: str) -> Situation:
        return Situation((*before, Call(scripts=({**delivery, "cut": cut, "end": end},))))

    before = st.lists(st.just(Call()), max_size=1)
    return st.builds(build, before, deliveries(), st.integers(0, 170), st.sampled_from(["fin", "rst"]))


@check("TRN-06", _cut_anywhere, _any_cut)
def _cut_is_error(episode: Episode) -> None:
    played = episode.last
    if not played.call.scripts:
        return  # what is cut has been left out
    answered = [exchange for exchange in played.exchanges if exchange.status is not None]
    chunked = played.call.scripts[0].get("framing") == "chunked"
    if not answered or answered[0].withheld <= (_BEHIND_DATA if chunked else 0) or len(answered) > 1:
        return  # it was whole, or what was cut was nothing; and TRN-01 tells of a second request
    if played.outcome.outcome != "error":
        documented = f"an error: the answer broke off, {answered[0].withheld} bytes before its end"
        # White space that is missing behind a whole object is nothing that every stack looks for.
        is_whole = answered[0].withheld <= played.call.scripts[0].get("padding", 0)
        raise CheckFailed(str(played.outcome), documented, is_warning=is_whole)


def _interim(setting: Setting) -> Iterator[Situation]:
    for statuses in ([100], [103], [103, 103]):
        yield one(Call(scripts=(json_answer(created(), interim=statuses),)))


@check("TRN-07", _interim)
def _takes_interim(episode: Episode) -> None:
    must_be_created(episode.last, CANARY, f"a success with the id {CANARY!r}")


_STALE: tuple[Json, ...] = (
    json_answer({"error": "first"}, 400),
    json_answer({"message": "first"}, 401),
    json_answer("<html>\n<body>\n<p>Sorry</p>\n</body>\n</html>\n", 502),
    json_answer(created("rfirst0000"), cut=60),
    json_answer(created("rfirst0000"), end="fin"),
    {"cut": 0, "end": "rst"},
)
_UNASKED: tuple[Json, ...] = (
    json_answer(created("rfirst0000"), twice=True),
    json_answer(created("rfirst0000"), length_offset=-3),
    json_answer(created("rfirst0000"), 400, twice=True),
)
"""Servers that send what nobody asked for; httpx takes it for the next answer, whoever uses it."""

_LATE = Call(timeout=SHORT, scripts=(json_answer(created("rfirst0000"), delay=0.6),))


_ANSWERED = (json_answer(created()),)


def _after(*faults: Call) -> Situation:
    return Situation((*faults, Call(scripts=_ANSWERED)))


def _after_each(setting: Setting) -> Iterator[Situation]:
    for script in _STALE:
        yield _after(Call(scripts=(script,)))
    yield _after(_LATE)
    for script in _UNASKED:
        yield _after(Call(scripts=(script,)))


def _after_some(setting: Setting) -> SearchStrategy[Situation]:
    scripts = st.lists(st.sampled_from(_STALE), min_size=1, max_size=4)
    return scripts.map(lambda drawn: _after(*(Call(scripts=(script,)) for script in drawn)))


@check("TRN-08", _after_each, _after_some)
def _own_answer(episode: Episode) -> None:
    if any(call.timeout == SHORT for call in episode.situation.calls) and not episode.last.outcome.knows_timeout:
        raise NotApplicable(NO_TIMEOUT)
    if episode.last.call.scripts != _ANSWERED:
        return  # the call that matters has been left out
    is_unasked = any(script in _UNASKED for call in episode.situation.calls for script in call.scripts)
    documented = f"a success with the id {CANARY!r}, the answer to this call"
    must_be_created(episode.last, CANARY, documented, is_warning=is_unasked)


_TOO_LARGE = 32 * 1024 * 1024


def _oversized(setting: Setting) -> Iterator[Situation]:
    yield one(Call(scripts=(json_answer(created(), padding=_TOO_LARGE),)))


@check("TRN-09", _oversized)
def _bounded(episode: Episode) -> None:
    length = max((exchange.answer_length for exchange in episode.last.exchanges), default=0)
    if length >= _TOO_LARGE:
        raise CheckFailed(f"{length // 1024 // 1024} MiB read", "an end after some reasonable number of bytes")


def _refused_connection(setting: Setting) -> Iterator[Situation]:
    yield one(Call(door="refused"))


@check("TRN-10", _refused_connection)
def _typed(episode: Episode) -> None:
    outcome = episode.last.outcome
    must_be_error(episode.last, "an error")
    if outcome.http_status is not None or outcome.kind not in (None, "transport", "timeout"):
        raise CheckFailed(str(outcome), "an error of transport, without an HTTP status")


def _acted_and_failed(setting: Setting) -> Iterator[Situation]:
    failed = [_fails(status, '{"message": "Oops"}') for status in (500, 502, 504)]
    failed += [_fails(500, ""), _fails(502, "<html>"), _fails(520, "<html>"), _fails(524, "<html>")]
    yield Situation(tuple(Call(patience=_PATIENCE, scripts=(script,)) for script in failed), _QUIET)
    later = [_fails(status, '{"message": "Later"}', ["Retry-After", "60"]) for status in (503, 429)]
    yield Situation(tuple(Call(scripts=(script,)) for script in later), _QUIET)


def _fails(status: int, body: str, *headers: list[str]) -> Json:
    """Return a script that has the emulator create a replica, and tells of a failure."""
    content_type = "text/html" if body.startswith("<") else "application/json"
    return {"answer": {"status": status, "headers": [["Content-Type", content_type], *headers], "body": body}}


@check("TRN-11", _acted_and_failed)
def _not_repeated_after_5xx(episode: Episode) -> None:
    for played in episode.played:
        if played.call.patience:
            _buys_one(played)
        else:  # it may well wait for as long as it was told to
            _buys_no_second(played)
    _must_all_have_sent(episode)
