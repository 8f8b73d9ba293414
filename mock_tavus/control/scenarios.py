"""Decide what happens to the next requests."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from mock_tavus.control.context import Control, ControlCall, NotDone
from mock_tavus.models import Json
from mock_tavus.scenarios import Outcome, Scenario, ScenarioError, outcome_from


def arm_scenario(call: ControlCall, control: Control) -> Json:
    """Arm an outcome for the requests that match, and return it with its id."""
    match = call.body.get("match", {})
    try:
        scenario = Scenario(
            scenario_id="",
            outcome=outcome_from(call.body["outcome"]),
            account_id=call.account_id,
            operation_id=match.get("operation"),
            body=match.get("body", {}),
            times=call.body.get("times"),
            probability=call.body.get("probability", 1.0),
        )
        return _view(control.emulator.scenarios.arm(scenario))
    except ScenarioError as error:
        raise NotDone(str(error)) from error


def list_scenarios(call: ControlCall, control: Control) -> Json:
    """Return what is armed, the oldest first."""
    return {"scenarios": [_view(scenario) for scenario in control.emulator.scenarios.armed(call.account_id)]}


def disarm_scenarios(call: ControlCall, control: Control) -> Json:
    """Forget what is armed, for one account or for all."""
    return {"disarmed": control.emulator.scenarios.disarm(account_id=call.account_id)}


def disarm_scenario(call: ControlCall, control: Control) -> Json:
    """Forget one scenario."""
    if not control.emulator.scenarios.disarm(call.path["scenario_id"], call.account_id):
        raise NotDone(f"no scenario {call.path['scenario_id']!r} is armed", status=404)
    return {"disarmed": 1}


def _view(scenario: Scenario) -> Json:
    return {
        "id": scenario.scenario_id,
        "account": scenario.account_id,
        "match": {"operation": scenario.operation_id, "body": dict(scenario.body)},
        "times": scenario.times,
        "probability": scenario.probability,
        "outcome": _outcome_view(scenario.outcome),
    }


def _outcome_view(outcome: Outcome) -> Json:
    shown: dict[str, Any] = {one.name: getattr(outcome, one.name) for one in fields(outcome)}
    if outcome.training_time is not None:
        shown["training_time"] = "stuck" if outcome.training_time == float("inf") else f"{outcome.training_time:g}s"
    if outcome.delay is not None:
        shown["delay"] = f"{outcome.delay[0]:g}s..{outcome.delay[1]:g}s"
    return {name: value for name, value in shown.items() if value is not None}
