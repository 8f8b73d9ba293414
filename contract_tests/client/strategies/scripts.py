"""Ways in which a server may send a response, all of them allowed: the simplest is the usual one."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from contract_tests.http.script import JsonObject

_PAUSE = 0.001
"""Between two writes, in seconds, so that they are read apart."""


def framings() -> SearchStrategy[JsonObject]:
    """Draw the part of a script that says how a response is sent, whole; it shrinks to an empty one."""
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
    ).map(_script)


def _script(drawn: JsonObject) -> JsonObject:
    told = {name: tuple(value) if isinstance(value, list) else value for name, value in drawn.items()}
    return {**told, "pause": _PAUSE} if drawn.keys() & {"split_at", "write_size"} else told
