from __future__ import annotations

import json
from typing import Any

import pytest

from mock_tavus.engine.faults import apply_fault, forced_response
from mock_tavus.messages import ApiResponse
from mock_tavus.outcomes import Outcome

REPLY = ApiResponse(200, b'{"replica_id":"r783537ef5","status":"started"}')


@pytest.mark.parametrize(
    ("outcome", "example", "status", "body", "content_type"),
    [
        (
            Outcome(status=401),
            {"message": "Invalid access token"},
            401,
            {"message": "Invalid access token"},
            "application/json",
        ),
        (Outcome(status=503), None, 503, {"message": "Service Unavailable"}, "application/json"),
        (Outcome(status=499), None, 499, {"message": "Forced"}, "application/json"),
        (Outcome(status=500, body={"a": 1}), {"b": 2}, 500, {"a": 1}, "application/json"),
    ],
)
def test_an_answer_can_be_forced(outcome: Outcome, example: Any, status: int, body: Any, content_type: str) -> None:
    reply = forced_response(outcome, example)

    assert (reply.status, json.loads(reply.body), reply.content_type) == (status, body, content_type)


def test_text_and_headers_can_be_forced() -> None:
    reply = forced_response(Outcome(status=429, body="slow down", headers={"Retry-After": "30"}), None)

    assert (reply.body, reply.content_type) == (b"slow down", "text/plain; charset=utf-8")
    assert reply.headers == (("Retry-After", "30"),)


@pytest.mark.parametrize("fault", ["empty", "truncated", "malformed", "html"])
def test_a_spoiled_answer_is_no_json(fault: str) -> None:
    spoiled = apply_fault(REPLY, fault)

    assert spoiled.status == 200
    with pytest.raises(ValueError, match=r"\S"):
        json.loads(spoiled.body)


def test_a_wrong_content_type_leaves_the_body_alone() -> None:
    spoiled = apply_fault(REPLY, "wrong-content-type")

    assert (spoiled.body, spoiled.content_type) == (REPLY.body, "text/plain; charset=utf-8")
    assert apply_fault(REPLY, "html").content_type == "text/html; charset=utf-8"
