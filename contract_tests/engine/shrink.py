"""Make a case that fails as small as it can be."""

from __future__ import annotations

from collections.abc import Callable

from contract_tests.engine.model import C


def shrink(case: C, still_fails: Callable[[C], bool], tries: int) -> C:
    """Return a case that still fails, and of which nothing can be left out, as far as `tries` suffice.

    Args:
        case: One that fails.
        still_fails: Tells whether a smaller one does.
        tries: How many smaller cases may be played.
    """
    smaller = case.smaller()
    while tries > 0 and (candidate := next(smaller, None)) is not None:
        tries -= 1
        if still_fails(candidate):
            case, smaller = candidate, candidate.smaller()
    return case
