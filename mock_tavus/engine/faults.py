"""How a response is spoiled, at the level of HTTP."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from mock_tavus.messages import ApiResponse, phrase
from mock_tavus.outcomes import Outcome

_HTML = "<!DOCTYPE html>\n<html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>\n"


_WITHOUT_BODY = (204, 205, 304)
"""Statuses whose responses have no body (RFC 9110, section 6.4.1)."""


def forced_response(outcome: Outcome, example: Any) -> ApiResponse:
    """Return a response that was asked for, whatever the request says.

    Args:
        outcome: With a status.
        example: What the contract shows for the status; None if it shows nothing.
    """
    status = outcome.status or 500
    if status in _WITHOUT_BODY:
        return ApiResponse(status, b"", tuple((outcome.headers or {}).items()))
    body = outcome.body if outcome.body is not None else example
    if body is None:
        body = {"message": phrase(status, "Forced")}
    chosen = outcome.headers or {}
    headers = tuple((name, value) for name, value in chosen.items() if name.lower() != "content-type")
    content_type = next((value for name, value in chosen.items() if name.lower() == "content-type"), None)
    if isinstance(body, str):
        return ApiResponse(status, body.encode(), headers, content_type=content_type or "text/plain; charset=utf-8")
    raw = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    return ApiResponse(status, raw, headers, content_type=content_type or "application/json")


def apply_fault(response: ApiResponse, fault: str) -> ApiResponse:
    """Return a response with a fault: the request has been done, but its client cannot tell by the response.

    Args:
        response: As it would be.
        fault: One of `FAULTS`.
    """
    if fault == "empty":
        return replace(response, body=b"")
    if fault == "truncated":
        return replace(response, body=response.body[: max(1, len(response.body) // 2)])
    if fault == "malformed":
        return replace(response, body=response.body.replace(b'":', b'"=', 1))
    if fault == "wrong-content-type":
        return replace(response, content_type="text/plain; charset=utf-8")
    page = _HTML.format(f"{response.status} {phrase(response.status, 'Forced')}").encode()
    return replace(response, body=page, content_type="text/html; charset=utf-8")
