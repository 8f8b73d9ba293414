"""Fields that the client does not know."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from contract_tests.http.script import JsonObject

EXTRA: SearchStrategy[JsonObject] = st.dictionaries(
    st.sampled_from(["model_name", "tags", "a_field_of_tomorrow", "é", "data", "id"]),
    st.one_of(st.none(), st.booleans(), st.integers(0, 9), st.text(max_size=5), st.just({"a": []})),
    max_size=3,
)
