"""Bodies of all kinds: what most checks of REQ are judged on."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from contract_tests.client.case import MAX_CALLS, Call, ClientCase, one
from contract_tests.client.checks._check import made
from contract_tests.client.context import ClientContext
from contract_tests.client.strategies import nasty_bodies
from contract_tests.http.script import JsonObject

_SECOND = Call({"train_video_url": "https://example.com/second.mp4"})


def _nasty(context: ClientContext) -> Iterator[ClientCase]:
    bodies = nasty_bodies(context.bodies.schema)
    for body in bodies:
        yield one(Call(body))
    for body in itertools.islice(nasty_bodies(context.bodies.schema), 1, 8):  # for what is carried over
        yield ClientCase((Call(), Call(body), _SECOND, _SECOND), is_batch=True)


def _valid(context: ClientContext) -> SearchStrategy[ClientCase]:
    return st.builds(_sequence, st.lists(context.bodies.valid(), min_size=1, max_size=MAX_CALLS))


def _sequence(bodies: list[JsonObject]) -> ClientCase:
    return ClientCase(tuple(Call(body) for body in bodies), is_batch=True)


BODIES = made(_nasty, _valid)
"""Bodies of all kinds, alone and one after the other, for REQ-03 to REQ-09, REQ-12 and REQ-15."""
