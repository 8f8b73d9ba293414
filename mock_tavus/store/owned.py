"""What belongs to accounts, and is forgotten with them."""

from __future__ import annotations

from collections import deque
from typing import Protocol, TypeVar


class Owned(Protocol):
    """What belongs to an account, or to none."""

    @property
    def account_id(self) -> str | None:
        """Return whose it is."""
        ...


_Item = TypeVar("_Item", bound=Owned)


def without(items: deque[_Item], account_id: str | None) -> tuple[deque[_Item], int]:
    """Return what is left without one account's items, or without any, and how many those were.

    Args:
        items: What there is.
        account_id: Whose items go; None for everybody's.
    """
    kept = deque((one for one in items if account_id not in (None, one.account_id)), maxlen=items.maxlen)
    return kept, len(items) - len(kept)
