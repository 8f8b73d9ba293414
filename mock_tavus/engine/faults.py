"""How an answer is spoiled, at the level of HTTP."""

from __future__ import annotations

import json
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from mock_tavus.engine.scenarios import Outcome
from mock_tavus.messages import ApiReply

_HTML = "<!DOCTYPE html>\n<html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>\n"


def forced_reply(outcome: Outcome, example: Any) -> ApiReply:
    """Return an answer that was asked for, whatever the request says.

    Args:
        outcome: With a status.
        example: What the contract shows for the status; None if it shows nothing.
    """
    status = outcome.status or 500
    body = outcome.body if outcome.body is not None else example
    if body is None:
        body = {"message": _phrase(status)}
    chosen = outcome.headers or {}
    headers = tuple((name, value) for name, value in chosen.items() if name.lower() != "content-type")
    content_type = next((value for name, value in chosen.items() if name.lower() == "content-type"), None)
    if isinstance(body, str):
        return ApiReply(status, body.encode(), headers, content_type=content_type or "text/plain; charset=utf-8")
    raw = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    return ApiReply(status, raw, headers, content_type=content_type or "application/json")


def spoil(reply: ApiReply, fault: str) -> ApiReply:
    """Return a reply with a fault: the request has been done, but its client cannot tell by the answer."""
    if fault == "empty":
        return replace(reply, body=b"")
    if fault == "truncated":
        return replace(reply, body=reply.body[: max(1, len(reply.body) // 2)])
    if fault == "malformed":
        return replace(reply, body=reply.body.replace(b'":', b'"=', 1))
    if fault == "wrong-content-type":
        return replace(reply, content_type="text/plain; charset=utf-8")
    page = _HTML.format(f"{reply.status} {_phrase(reply.status)}").encode()
    return replace(reply, body=page, content_type="text/html; charset=utf-8")


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Forced"
