"""What judges of receivers know beside what they see."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReceiverContext:
    """What judges know, and what stories are made from.

    Args:
        has_state: Whether states can be judged.
        has_secret: Whether the receiver's URL has a query, which may be a secret.
        takes_ready: Whether a plain `ready` was taken; what needs that is not judged otherwise.
        takes_error: Whether a plain `error` was taken.
        stall_seconds: How long a body stalls; 0 for not to try that.
    """

    has_state: bool = False
    has_secret: bool = False
    takes_ready: bool = True
    takes_error: bool = True
    stall_seconds: float = 0.0
