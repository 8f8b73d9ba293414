"""The control plane as a whole: its own contract, and what answers each operation."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping

from mock_tavus.admin import callbacks, clock, inboxes, replicas, requests, scenarios, server, wire
from mock_tavus.admin.context import AdminCall, AdminError
from mock_tavus.auth import ACCOUNT_ID_LENGTH
from mock_tavus.contract import Contract, bundled_contract
from mock_tavus.emulator import Emulator
from mock_tavus.errors import ApiError
from mock_tavus.messages import ApiRequest, ApiResponse, JsonObject

MAX_WAITERS = 96
"""The most calls that may block in `…/wait` at once, and in `…/clock/advance`; other threads stay free to answer."""

Handler = Callable[[AdminCall, Emulator], JsonObject]

HANDLERS: Mapping[str, Handler] = {
    "getHealth": server.get_health,
    "getContract": server.get_contract,
    "reset": server.reset,
    "getLedger": server.get_ledger,
    "listRequests": requests.list_requests,
    "clearRequests": requests.clear_requests,
    "waitForRequests": requests.wait_for_requests,
    "findRequests": requests.find_requests,
    "countRequests": requests.count_requests,
    "getRequest": requests.get_request,
    "listCallbacks": callbacks.list_callbacks,
    "waitForCallbacks": callbacks.wait_for_callbacks,
    "replayCallback": callbacks.replay_callback,
    "getClock": clock.get_clock,
    "advanceClock": clock.advance_clock,
    "freezeClock": clock.freeze_clock,
    "resumeClock": clock.resume_clock,
    "listAllReplicas": replicas.list_all_replicas,
    "completeReplica": replicas.complete_replica,
    "failReplica": replicas.fail_replica,
    "armScenario": scenarios.arm_scenario,
    "listScenarios": scenarios.list_scenarios,
    "disarmScenarios": scenarios.disarm_scenarios,
    "disarmScenario": scenarios.disarm_scenario,
    "getWire": wire.get_wire,
    "openLine": wire.open_line,
    "closeLine": wire.close_line,
    "armWire": wire.arm_wire,
    "disarmWire": wire.disarm_wire,
    "listExchanges": wire.list_exchanges,
    "clearExchanges": wire.clear_exchanges,
    "readInbox": inboxes.read_inbox,
    "waitForInbox": inboxes.wait_for_inbox,
    "configureInbox": inboxes.configure_inbox,
    "clearInbox": inboxes.clear_inbox,
}


class AdminPlane:
    """Answer what is asked below `/__admin` and `/__inbox`, by the control plane's own contract.

    Args:
        emulator: What is seen and decided about.
    """

    def __init__(self, emulator: Emulator) -> None:
        self.contract = Contract.load(bundled_contract("control.yaml"), is_ours=True)
        self.emulator = emulator
        self._waiters = threading.BoundedSemaphore(MAX_WAITERS)
        self._jumps = threading.BoundedSemaphore(MAX_WAITERS)

    def handle(
        self,
        operation_id: str,
        path_parameters: Mapping[str, str],
        request: ApiRequest,
        account_id: str | None,
        base_url: str,
    ) -> ApiResponse:
        """Answer one call.

        Args:
            operation_id: The operation of the control plane's contract.
            path_parameters: What the path gives for its template.
            request: The request.
            account_id: The account of the caller's own key; a query parameter goes before it.
            base_url: How the caller calls this server.
        """
        try:
            if "name" in path_parameters:
                inboxes.must_be_short(path_parameters["name"])
            call = self.contract.operations[operation_id].accept(request, path_parameters)
            named = call.query.get("account")
            chosen = account_id if named is None else self._full_account_id(named)
            return ApiResponse(200, _encode(self._answer(operation_id, AdminCall(call, chosen, base_url))))
        except ApiError as refusal:
            faults = "; ".join(f"{violation.field}: {violation.message}" for violation in refusal.violations)
            return ApiResponse(refusal.status, _encode({"message": faults or refusal.text}))
        except Exception as error:
            self.emulator.background.report(f"admin {operation_id}", error)
            return ApiResponse(500, _encode({"message": "Internal server error; see the server's log"}))

    def _full_account_id(self, named: str) -> str:
        """Return the id of the account that a query names, by all of its digits or by the first of them.

        Raises:
            AdminError: No account, or more than one, begins so.
        """
        if len(named) == ACCOUNT_ID_LENGTH:
            return named
        found = self.emulator.accounts.beginning_with(named)
        if len(found) == 1:
            return found[0]
        raise AdminError(
            f"{len(found) or 'no'} accounts begin with {named}; give all 24 digits", status=409 if found else 404
        )

    def _answer(self, operation_id: str, call: AdminCall) -> JsonObject:
        if operation_id == "getControlContract":
            return self.contract.served(call.base_url)
        if operation_id.startswith("waitFor"):
            return self._wait(operation_id, call, self._waiters)
        if operation_id == "advanceClock":  # it waits for the callbacks that fall due
            return self._wait(operation_id, call, self._jumps)
        return HANDLERS[operation_id](call, self.emulator)

    def _wait(self, operation_id: str, call: AdminCall, room: threading.BoundedSemaphore) -> JsonObject:
        if not room.acquire(blocking=False):
            raise AdminError(f"{MAX_WAITERS} others are waiting already; come back later", status=503)
        try:
            return HANDLERS[operation_id](call, self.emulator)
        finally:
            room.release()


def _encode(body: JsonObject) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")
