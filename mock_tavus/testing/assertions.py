"""Assertions about what a test's code has sent, whose messages show the nearest request and how it differs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from mock_tavus.messages import Delivery, MaskedExchange

_MAX_SHOWN = 10
"""How many requests, or callbacks, are shown."""

_MAX_TEXT = 500
"""How many characters of a value are shown."""

_MISSING = object()


class Seen(Protocol):
    """What was seen of an account."""

    @property
    def requests(self) -> Sequence[MaskedExchange]:
        """Return the account's requests."""
        ...

    @property
    def callbacks(self) -> Sequence[Delivery]:
        """Return the account's callbacks."""
        ...

    def strangers(self) -> Sequence[MaskedExchange]:
        """Return the requests that came meanwhile without the account's key."""
        ...


class Assertions:
    """Say what must have come, in place of a look through the requests."""

    def assert_created_once(self: Seen, **fields: Any) -> None:
        """Assert that one replica was created whose request had these `fields`, and no other replica.

        Raises:
            AssertionError: There was none, or more than one; the message shows what came.
        """
        __tracebackhide__ = True
        must_have_created(self, 1, fields)

    def assert_created(self: Seen, times: int, **fields: Any) -> None:
        """Assert how many replicas were created with these fields, and that no other was.

        Args:
            times: How many.
            fields: What each request's body has.

        Raises:
            AssertionError: There were more or fewer; the message shows what came.
        """
        __tracebackhide__ = True
        must_have_created(self, times, fields)

    def assert_not_created(self: Seen) -> None:
        """Assert that no replica was created.

        Raises:
            AssertionError: One was; the message shows what came.
        """
        __tracebackhide__ = True
        must_have_created(self, 0, {})


def must_have_created(seen: Seen, times: int, fields: Mapping[str, Any]) -> None:
    """Hold what was created against what was expected.

    Args:
        seen: The account.
        times: How many replicas.
        fields: What each request's body has.

    Raises:
        AssertionError: Something else was created.
    """
    __tracebackhide__ = True
    created = [one for one in seen.requests if one.operation_id == "createReplica" and one.response.status == 200]
    fitting = [one for one in created if not differences(one, fields)]
    if len(fitting) == len(created) == times:
        return
    expected = f"{times} create{'' if times == 1 else 's'}" + (f" with {_json(fields)}" if fields else "")
    lines = [f"expected {expected}, and no other; received {len(fitting) if fields else len(created)}"]
    if fields and len(created) > len(fitting):
        lines[0] += f", and {len(created) - len(fitting)} with other fields"
    lines += _nearest(seen, fields) if len(fitting) < times else []
    lines += ["", *described(seen)]
    raise AssertionError("\n".join(lines))


def differences(exchange: MaskedExchange, fields: Mapping[str, Any]) -> list[str]:
    """Return how the body of a request differs from what was expected, a line for each field.

    Args:
        exchange: The request.
        fields: What its body was expected to have.
    """
    body = _body(exchange.request.body)
    if exchange.request_length > len(exchange.request.body) and not isinstance(body, dict):
        return [
            f"the body cannot be compared: of {exchange.request_length} bytes, {len(exchange.request.body)} are kept"
        ]
    if not isinstance(body, dict):
        return [f"the body is {_json(body)}, and no object"] if fields else []
    return [
        f"{name}: expected {_json(value)}, received {'nothing' if found is _MISSING else _json(found)}"
        for name, value in fields.items()
        if not _is_same(found := body.get(name, _MISSING), value)
    ]


def described(seen: Seen) -> list[str]:
    """Return what an account has sent and was sent, in lines.

    Args:
        seen: The account.
    """
    lines = [_request_line(one) for one in seen.requests[-_MAX_SHOWN:]] or ["no request came with this test's key"]
    if len(seen.requests) > _MAX_SHOWN:
        lines.insert(0, f"… {len(seen.requests) - _MAX_SHOWN} earlier requests")
    strangers = seen.strangers()
    if strangers:
        lines.append(f"{len(strangers)} came with another key, or with none:")
        lines += [f"  {_request_line(one)}" for one in strangers[-_MAX_SHOWN:]]
    return [*lines, *(_callback_line(one) for one in seen.callbacks[-_MAX_SHOWN:])]


def _nearest(seen: Seen, fields: Mapping[str, Any]) -> list[str]:
    """Return which create came nearest, accepted or refused, and how it differs."""
    tried = [one for one in (*seen.requests, *seen.strangers()) if one.request.method == "POST"]
    if not tried:
        return []
    nearest = min(tried, key=lambda one: (len(differences(one, fields)), one.response.status != 200))
    found = differences(nearest, fields)
    if nearest.response.status != 200:
        found.append(f"it was answered {nearest.response.status} {nearest.response.body.decode('utf-8', 'replace')}")
    return ["", f"nearest: {nearest.request.method} {nearest.request.path}", *(f"  {line}" for line in found)]


def _request_line(exchange: MaskedExchange) -> str:
    request, response = exchange.request, exchange.response
    query = f"?{request.query}" if request.query else ""
    body = f" {_json(_body(request.body))}" if request.body else ""
    why = f": {exchange.violations[0].message}" if exchange.violations else ""
    said = "" if response.status == 200 else f" {response.body.decode('utf-8', 'replace')}{why}"
    return f"{request.method} {request.path}{query}{body} -> {response.status}{said}"


def _callback_line(delivery: Delivery) -> str:
    last = delivery.attempts[-1] if delivery.attempts else None
    why = delivery.note or (last.error if last is not None and last.error else "")
    return f"callback {_json(delivery.body)} to {delivery.url}: {delivery.state.value}{f', {why}' if why else ''}"


def _body(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return content.decode("utf-8", "replace")


def _is_same(found: Any, expected: Any) -> bool:
    """Return whether two values are the same JSON: `1` is not `true`."""
    if found is _MISSING or found != expected:
        return False
    return json.dumps(found, sort_keys=True, default=str) == json.dumps(expected, sort_keys=True, default=str)


def _json(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _MAX_TEXT else f"{text[:_MAX_TEXT]}…"
