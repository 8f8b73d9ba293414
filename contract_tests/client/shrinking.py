"""Smaller situations than one that fails: fewer calls, fewer fields, fewer scripts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from contract_tests.client.case import SIMPLEST_BODY, Call, Json, Situation

MAX_TRIALS = 60
"""So many smaller situations are tried."""


def reduce_situation(situation: Situation, fails: Callable[[Situation], bool]) -> Situation:
    """Return a situation that still fails, and of which nothing can be left out.

    Args:
        situation: One that fails.
        fails: Tells whether another one does.
    """
    trials = 0
    smaller = _smaller(situation)
    while trials < MAX_TRIALS and (candidate := next(smaller, None)) is not None:
        trials += 1
        if fails(candidate):
            situation, smaller = candidate, _smaller(candidate)
    return situation


def single_fields(situation: Situation) -> Iterator[Situation]:
    """Return situations with one field each of those that a call has beyond the simplest one."""
    if len(situation.calls) != 1:
        return
    (call,) = situation.calls
    fields = {name: value for name, value in call.body.items() if SIMPLEST_BODY.get(name) != value}
    if len(fields) > 1:
        for name, value in fields.items():
            yield replace(situation, calls=(replace(call, body={**SIMPLEST_BODY, name: value}),))


def _smaller(situation: Situation) -> Iterator[Situation]:
    calls = situation.calls
    if len(calls) > 2:
        for call in calls:
            yield replace(situation, calls=(call,))
    if len(calls) > 1:
        for number in range(len(calls)):
            yield replace(situation, calls=(*calls[:number], *calls[number + 1 :]))
    for number, call in enumerate(calls):
        for one in _smaller_calls(call):
            yield replace(situation, calls=(*calls[:number], one, *calls[number + 1 :]))


def _smaller_calls(call: Call) -> Iterator[Call]:
    for body in _smaller_bodies(call.body):
        yield replace(call, body=body)
    video = SIMPLEST_BODY["train_video_url"]
    if call.body.get("train_video_url", video) != video:
        yield replace(call, body={**call.body, "train_video_url": video})


def _smaller_bodies(body: Json, is_nested: bool = False) -> Iterator[Json]:
    optional = [name for name in body if is_nested or name not in SIMPLEST_BODY]
    if len(optional) > 2:  # half of them at once, before each alone
        for half in (optional[: len(optional) // 2], optional[len(optional) // 2 :]):
            yield {name: value for name, value in body.items() if name not in half}
    for name in optional:
        yield {other: value for other, value in body.items() if other != name}
    for name, value in body.items():
        if isinstance(value, dict):
            for nested in _smaller_bodies(value, is_nested=True):
                yield {**body, name: nested}
