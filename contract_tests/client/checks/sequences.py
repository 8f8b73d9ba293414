"""Calls after bad moments: what AUT-02 and TRN-08 are judged on."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from contract_tests.client.case import MAX_CALLS, Call, ClientCase
from contract_tests.client.checks._check import made
from contract_tests.client.checks.assertions import SHORT, created
from contract_tests.client.context import ClientContext
from contract_tests.http.script import Cut, Script, responds

_FIRST = "rfirst0000"

FAULTS = (
    Script(),
    responds({"error": "first"}, 400),
    responds({"message": "first"}, 401),
    responds("", 500),
    responds("<html>\n<body>\n<p>Sorry</p>\n</body>\n</html>\n", 502),
    responds(created(_FIRST), cut=60),
    responds(created(_FIRST), end="fin"),
    Script(cut=0, end="rst"),
    Script(cut=0, end="fin"),
    Script(cut=Cut.IN_HEAD),
)
"""What may happen to a call before another one."""

UNASKED = (
    responds(created(_FIRST), twice=True),
    responds(created(_FIRST), length_offset=-3),
    responds(created(_FIRST), 400, twice=True),
)
"""Servers that send what nobody asked for; httpx takes it for the next response, whoever uses it."""

OWN = Call(scripts=(responds(created()),))
"""The call that matters, with a response of its own."""

_LATE = Call(timeout=SHORT, scripts=(responds(created(_FIRST), delay=0.6),))


def _after_each(context: ClientContext) -> Iterator[ClientCase]:
    yield ClientCase((*(Call(),) * (MAX_CALLS - 1), OWN))  # a key may go missing only after some calls
    for fault in (*FAULTS, *UNASKED):
        yield ClientCase((Call(scripts=(fault,)), OWN))
    if context.capabilities.takes_timeout:
        yield ClientCase((_LATE, OWN))
    for first, second in itertools.pairwise(FAULTS):
        yield ClientCase((Call(), Call(scripts=(first,)), Call(scripts=(second,)), OWN))


def _after_some(context: ClientContext) -> SearchStrategy[ClientCase]:
    faults = st.lists(st.sampled_from(FAULTS), min_size=1, max_size=MAX_CALLS - 1)
    return faults.map(lambda drawn: ClientCase((*(Call(scripts=(fault,)) for fault in drawn), OWN)))


AFTER_FAULTS = made(_after_each, _after_some)
