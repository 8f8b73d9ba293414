"""What a request is to end in, as data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from mock_tavus.messages import ApiRequest


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a request is to end in. What is None is left to whatever comes next in the order of precedence.

    Args:
        training_error: The cause for which training fails.
        training_time: How long training takes, in seconds; infinity for one that is stuck for ever.
        callback: `once`, `never`, `twice`, `out-of-order`: then, again, as the opposite; or `before-answer`.
        callback_delay: How much later than the end of training the callback is sent, in seconds.
        callback_body: What the callback says instead.
        callback_retries: How often a failed callback is tried again.
        status: The status to respond with, without doing anything.
        body: What to respond with that status: any JSON value, or text; by default the contract's example.
        headers: The headers beside it.
        fault: How the response is spoiled, once the request has been done.
        delay: How long the response takes, at least and at most, in real seconds.
    """

    training_error: str | None = None
    training_time: float | None = None
    callback: str | None = None
    callback_delay: float | None = None
    callback_body: Any = None
    callback_retries: int | None = None
    status: int | None = None
    body: Any = None
    headers: Mapping[str, str] | None = None
    fault: str | None = None
    delay: tuple[float, float] | None = None

    def over(self, other: Outcome) -> Outcome:
        """Return this outcome, with what it leaves open taken from `other`."""
        mine = {one.name: value for one in fields(self) if (value := getattr(self, one.name)) is not None}
        return replace(other, **mine)


NOTHING = Outcome()


@dataclass(frozen=True, slots=True)
class Scenario:
    """An outcome that is armed for some requests.

    Args:
        scenario_id: What it is called in URLs; the store gives it.
        outcome: What it does to a request.
        account_id: Only requests of this account; None for all.
        operation_id: Only requests for this operation; None for all.
        body: Only requests whose body has these fields with these values.
        times: How many more requests it is for; None for any number.
        probability: The share of these requests that it touches, 0 to 1.
    """

    scenario_id: str
    outcome: Outcome
    account_id: str | None = None
    operation_id: str | None = None
    body: Mapping[str, Any] = field(default_factory=dict)
    times: int | None = None
    probability: float = 1.0

    def matches(self, account_id: str, operation_id: str, request: ApiRequest) -> bool:
        """Return whether a request is one of those that the scenario is for.

        Args:
            account_id: Whose key the request carries.
            operation_id: What it asks for.
            request: The request.
        """
        return (
            self.account_id in (None, account_id)
            and self.operation_id in (None, operation_id)
            and (not self.body or _has(request.body, self.body))
        )


def _has(raw: bytes, wanted: Mapping[str, Any]) -> bool:
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        return False
    return isinstance(body, dict) and all(name in body and body[name] == value for name, value in wanted.items())
