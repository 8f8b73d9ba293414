"""The emulator as a whole: health, contracts, reset, ledger."""

from __future__ import annotations

from mock_tavus.admin.context import Control, ControlCall
from mock_tavus.messages import Json


def get_health(call: ControlCall, control: Control) -> Json:
    """Tell that the emulator answers, how much it has, and whether it has threads enough to send callbacks."""
    emulator = control.emulator
    starved = emulator.dispatcher.starved_count
    background = emulator.background
    return {
        "status": "degraded" if starved else "ok",
        "replicas": emulator.store.replica_count,
        "replicas_forgotten": emulator.store.forgotten_count,
        "callbacks_pending": emulator.store.pending_count,
        "accounts": len(emulator.accounts.all()),
        "accounts_forgotten": emulator.accounts.forgotten_count,
        "receivers_without_thread": starved,
        "threads_refused": background.refused_count,
        "faults": background.fault_count,
    }


def get_contract(call: ControlCall, control: Control) -> Json:
    """Return the vendor's contract, with this server's address."""
    return control.emulator.contract.served(call.base_url)


def reset(call: ControlCall, control: Control) -> Json:
    """Forget replicas, callbacks and time of one account, or of all; the journal only if asked to."""
    accounts = control.accounts(call)
    for account in accounts:
        control.emulator.accounts.reset(account.account_id)
        control.emulator.scenarios.disarm(account_id=account.account_id)
        control.emulator.wire.disarm(account.account_id)
    if call.account_id is None:
        control.emulator.scenarios.disarm()
        control.emulator.wire.disarm()
    if call.body.get("journal"):
        control.emulator.journal.clear(call.account_id)
        control.emulator.wire.clear(call.account_id)
        if call.account_id is None:
            control.inboxes.clear()
    return {"reset": [account.account_id for account in accounts]}


def get_ledger(call: ControlCall, control: Control) -> Json:
    """Return how many trainings were started, by account: what the real API would have billed."""
    accounts = [
        {"account": account_id, "trainings": count}
        for account_id, count in control.emulator.store.training_counts().items()
        if call.account_id in (None, account_id)
    ]
    return {"trainings": sum(account["trainings"] for account in accounts), "accounts": accounts}
