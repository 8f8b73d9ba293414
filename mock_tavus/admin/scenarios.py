"""Decide what happens to the next requests."""

from __future__ import annotations

import difflib

from mock_tavus.admin.context import Control, ControlCall, NotDone
from mock_tavus.admin.views import scenario_view
from mock_tavus.engine.scenarios import Scenario, ScenarioError, outcome_from
from mock_tavus.messages import Json


def arm_scenario(call: ControlCall, control: Control) -> Json:
    """Arm an outcome for the requests that match, and return it with its id.

    Raises:
        NotDone: The outcome cannot be read, or the contract has no such operation.
    """
    match = call.body.get("match", {})
    _must_know(match.get("operation"), control)
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
        return scenario_view(control.emulator.scenarios.arm(scenario))
    except ScenarioError as error:
        raise NotDone(str(error)) from error


def list_scenarios(call: ControlCall, control: Control) -> Json:
    """Return what is armed, the oldest first."""
    return {"scenarios": [scenario_view(scenario) for scenario in control.emulator.scenarios.armed(call.account_id)]}


def disarm_scenarios(call: ControlCall, control: Control) -> Json:
    """Forget what is armed, for one account or for all."""
    return {"disarmed": control.emulator.scenarios.disarm(account_id=call.account_id)}


def disarm_scenario(call: ControlCall, control: Control) -> Json:
    """Forget one scenario."""
    if not control.emulator.scenarios.disarm(call.path["scenario_id"], call.account_id):
        raise NotDone(f"no scenario {call.path['scenario_id']!r} is armed", status=404)
    return {"disarmed": 1}


def _must_know(operation_id: str | None, control: Control) -> None:
    known = control.emulator.contract.operations
    if operation_id is not None and operation_id not in known:
        near = difflib.get_close_matches(operation_id, known, n=1, cutoff=0.4)
        hint = f"did you mean {near[0]}?" if near else f"the contract has {', '.join(known)}"
        raise NotDone(f"match.operation: unknown operation {operation_id!r}; {hint}")
