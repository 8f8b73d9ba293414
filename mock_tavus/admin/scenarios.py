"""Decide what happens to the next requests."""

from __future__ import annotations

from mock_tavus.admin import actions
from mock_tavus.admin.context import AdminCall, AdminError
from mock_tavus.admin.views import scenario_view
from mock_tavus.emulator import Emulator
from mock_tavus.messages import JsonObject


def arm_scenario(call: AdminCall, emulator: Emulator) -> JsonObject:
    """Arm an outcome for the requests that match, and return it with its id.

    Args:
        call: What was asked for, as the contract has accepted it.
        emulator: The emulator that it is about.

    Raises:
        AdminError: The outcome cannot be read, or the contract has no such operation.
    """
    match = call.body.get("match", {})
    armed = actions.arm(
        emulator,
        call.body["outcome"],
        account_id=call.account_id,
        operation_id=match.get("operation"),
        body=match.get("body", {}),
        times=call.body.get("times"),
        probability=call.body.get("probability", 1.0),
    )
    return scenario_view(armed)


def list_scenarios(call: AdminCall, emulator: Emulator) -> JsonObject:
    """Return what is armed, the oldest first.

    Args:
        call: What was asked for, as the contract has accepted it.
        emulator: The emulator that it is about.
    """
    return {"scenarios": [scenario_view(scenario) for scenario in emulator.scenarios.armed(call.account_id)]}


def disarm_scenarios(call: AdminCall, emulator: Emulator) -> JsonObject:
    """Forget what is armed, for one account or for all.

    Args:
        call: What was asked for, as the contract has accepted it.
        emulator: The emulator that it is about.
    """
    return {"disarmed": emulator.scenarios.disarm(account_id=call.account_id)}


def disarm_scenario(call: AdminCall, emulator: Emulator) -> JsonObject:
    """Forget one scenario.

    Args:
        call: What was asked for, as the contract has accepted it.
        emulator: The emulator that it is about.

    Raises:
        AdminError: It is not armed.
    """
    if not emulator.scenarios.disarm(call.path["scenario_id"], call.account_id):
        raise AdminError(f"no scenario {call.path['scenario_id']!r} is armed", status=404)
    return {"disarmed": 1}
