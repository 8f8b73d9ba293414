"""Ways in which a server may send an answer, all of them allowed: the simplest is the usual one."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from contract_tests.client.case import Json

_PAUSE = 0.001
"""Between two writes, in seconds, so that they are read apart."""


def deliveries() -> SearchStrategy[Json]:
    """Draw the part of a script that says how an answer is sent, whole; it shrinks to an empty one."""
    return st.fixed_dictionaries(
        {},
        optional={
            "framing": st.sampled_from(["length", "chunked", "close"]),
            "chunks": st.lists(st.integers(1, 30), max_size=5),
            "header_case": st.sampled_from(["as-is", "lower", "upper"]),
            "split_at": st.lists(st.integers(1, 200), max_size=4),
            "write_size": st.sampled_from([0, 40, 17]),
            "end": st.sampled_from(["keep", "fin"]),
        },
    ).map(lambda drawn: {**drawn, "pause": _PAUSE} if drawn.keys() & {"split_at", "write_size"} else drawn)
