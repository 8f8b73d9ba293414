"""How things look through the control plane."""

from __future__ import annotations

import json
import math
from dataclasses import fields
from typing import Any

from mock_tavus.clock import format_moment
from mock_tavus.emulator import Emulator
from mock_tavus.engine.masking import Masker
from mock_tavus.families.lifecycle import progress_at, status_at
from mock_tavus.messages import Delivery, DeliveryAttempt, JsonObject, MaskedExchange, Replica
from mock_tavus.outcomes import Outcome, Scenario
from mock_tavus.store.inboxes import Message


def request_view(exchange: MaskedExchange, emulator: Emulator) -> JsonObject:
    """Return one request with its response and the explanation.

    Args:
        exchange: The request and its response.
        emulator: What explains it.
    """
    request, response = exchange.request, exchange.response
    return {
        "id": exchange.exchange_id,
        "at": format_moment(exchange.at),
        "account": exchange.account_id,
        "operation": exchange.operation_id,
        "verdict": "accepted" if response.status < 400 else "refused" if response.status < 500 else "failed",
        "step": exchange.step.value,
        "scenario": exchange.scenario_id,
        "method": request.method,
        "path": request.path,
        "query": request.query,
        "headers": dict(request.headers),
        "body": text_view(request.body),
        "body_length": exchange.request_length,
        "response": {
            "status": response.status,
            "headers": dict(response.headers),
            "body": body_view(response.body),
        },
        "response_length": exchange.response_length,
        "duration_ms": round(exchange.duration * 1000, 3),
        **emulator.explainer.explain(exchange),
    }


def delivery_view(delivery: Delivery) -> JsonObject:
    """Return one callback with every attempt.

    Args:
        delivery: The callback.
    """
    return {
        "id": delivery.delivery_id,
        "account": delivery.account_id,
        "replica_id": delivery.replica_id,
        "url": delivery.url,
        "target_url": delivery.target_url or None,
        "state": delivery.state.value,
        "due_at": format_moment(delivery.due_at),
        "body": delivery.body,
        "note": delivery.note or None,
        "attempts": [attempt_view(attempt) for attempt in delivery.attempts],
    }


def attempt_view(attempt: DeliveryAttempt) -> JsonObject:
    """Return one try at sending a callback.

    Args:
        attempt: The attempt.
    """
    return {
        "at": format_moment(attempt.at),
        "duration_ms": round(attempt.duration * 1000, 3),
        "status": attempt.status,
        "error": attempt.error,
        "response_body": text_view(attempt.response_body),
        "response_length": attempt.response_length,
    }


def replica_view(replica: Replica, now: float) -> JsonObject:
    """Return one replica as the control plane sees it.

    Args:
        replica: The replica, with its plan.
        now: The account's moment, in seconds since 1970.
    """
    return {
        "replica_id": replica.replica_id,
        "account": replica.account_id,
        "replica_name": replica.name,
        "status": status_at(replica.plan, now),
        "progress": progress_at(replica.plan, now),
        "created_at": format_moment(replica.plan.begins_at),
        "ends_at": None if replica.plan.ends_at == math.inf else format_moment(replica.plan.ends_at),
        "error_message": replica.plan.error_message if now >= replica.plan.ends_at else None,
    }


def message_view(message: Message, masker: Masker) -> JsonObject:
    """Return one request that an inbox took, with its body decoded where it is JSON, and what is secret masked.

    Args:
        message: What is said.
        masker: Knows what is secret.
    """
    mask = masker.for_request(message.headers)
    return {
        "at": format_moment(message.at),
        "method": message.method,
        "query": mask.query(message.query),
        "headers": mask.headers(message.headers),
        "body": body_view(mask.body(message.body, message.headers.get("content-type", ""))),
        "body_length": message.length,
        "status": message.status,
    }


def scenario_view(scenario: Scenario) -> JsonObject:
    """Return one armed scenario.

    Args:
        scenario: The scenario.
    """
    return {
        "id": scenario.scenario_id,
        "account": scenario.account_id,
        "match": {"operation": scenario.operation_id, "body": dict(scenario.body)},
        "times": scenario.times,
        "probability": scenario.probability,
        "outcome": _outcome_view(scenario.outcome),
    }


def _outcome_view(outcome: Outcome) -> JsonObject:
    shown: dict[str, Any] = {one.name: getattr(outcome, one.name) for one in fields(outcome)}
    if outcome.training_time is not None:
        shown["training_time"] = "stuck" if outcome.training_time == float("inf") else f"{outcome.training_time:g}s"
    if outcome.delay is not None:
        shown["delay"] = f"{outcome.delay[0]:g}s..{outcome.delay[1]:g}s"
    return {name: value for name, value in shown.items() if value is not None}


def body_view(body: bytes) -> Any:
    """Return a body as the value it says, as text where it is not JSON, or JSON that could not be written again.

    Args:
        body: The bytes of the body.
    """
    try:
        value = json.loads(body)
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return text_view(body)
    return value


def text_view(body: bytes) -> str:
    """Return bytes as text, those that are no text escaped.

    Args:
        body: The bytes of the body.
    """
    return body.decode("utf-8", "backslashreplace")
