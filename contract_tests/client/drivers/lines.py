"""The lines of the driver protocol, as docs/conformance.md describes them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from contract_tests.client.case import CREATE, Call
from contract_tests.client.observation import Outcome
from contract_tests.http.script import JsonObject

_KINDS = ("http", "transport", "timeout", "invalid_response", "rejected_locally")


def request_line(number: int, call: Call, base_url: str, api_key: str) -> JsonObject:
    """Return what a client is asked.

    Args:
        number: The id of the request.
        call: What it is to do.
        base_url: Where.
        api_key: With which key.
    """
    arguments = {"body": call.body} if call.operation == CREATE else call.body
    return {
        "id": number,
        "operation": call.operation,
        "base_url": base_url,
        "api_key": api_key,
        "timeout": call.timeout,
        **arguments,
    }


def outcome_of(answer: Mapping[str, Any], printed: str = "", seconds: float = 0.0) -> Outcome:
    """Return what an answer line says, without a status or kind that is not documented.

    Args:
        answer: The answer line.
        printed: What the client has printed meanwhile.
        seconds: How long it took.
    """
    http_status = answer.get("http_status")
    understood = isinstance(http_status, int) and not isinstance(http_status, bool) and 100 <= http_status <= 599
    kind = answer.get("kind")
    return Outcome(
        outcome=str(answer.get("outcome")),
        replica_id=answer.get("replica_id"),
        status=answer.get("status"),
        http_status=http_status if understood else None,
        kind=kind if kind in _KINDS else None,
        message=_text(answer.get("message")),
        error_type=_text(answer.get("error_type")) or None,
        answer=answer,
        printed=printed,
        seconds=seconds,
    )


def _text(message: Any) -> str:
    return message if isinstance(message, str) else "" if message is None else json.dumps(message)
