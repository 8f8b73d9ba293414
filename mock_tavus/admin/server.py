"""The emulator as a whole: health, contracts, reset, ledger."""

from __future__ import annotations

from mock_tavus.admin import actions
from mock_tavus.admin.context import AdminCall
from mock_tavus.emulator import Emulator
from mock_tavus.families.replicas.create import FAMILY
from mock_tavus.messages import JsonObject


def get_health(call: AdminCall, emulator: Emulator) -> JsonObject:
    """Tell that the emulator answers, how much it has, and whether it has room enough to send callbacks.

    Args:
        call: What was asked for, as the contract has accepted it.
        emulator: The emulator that it is about.
    """
    starved = emulator.deliveries.starved_count
    stores, background = emulator.stores, emulator.background
    return {
        "status": "degraded" if starved else "ok",
        "replicas": stores.resources.count(),
        "replicas_forgotten": stores.resources.forgotten_count,
        "callbacks_pending": stores.deliveries.pending_count,
        "accounts": len(stores.accounts.known()),
        "accounts_forgotten": stores.accounts.forgotten_count,
        "receivers_without_thread": starved,
        "threads_refused": background.refused_count,
        "faults": background.fault_count,
    }


def get_contract(call: AdminCall, emulator: Emulator) -> JsonObject:
    """Return the vendor's contract, with this server's address.

    Args:
        call: What was asked for, as the contract has accepted it.
        emulator: The emulator that it is about.
    """
    return emulator.contract.served(call.base_url)


def reset(call: AdminCall, emulator: Emulator) -> JsonObject:
    """Forget replicas, callbacks and time of one account, or of all; the journal only if asked to.

    Args:
        call: What was asked for, as the contract has accepted it.
        emulator: The emulator that it is about.
    """
    accounts = call.accounts(emulator)
    journal = bool(call.body.get("journal"))
    actions.reset(emulator, accounts, journal=journal)
    if call.account_id is None:  # what is armed for any account, and what no account has done
        emulator.scenarios.disarm()
        emulator.lines.disarm()
        if journal:
            emulator.journal.clear()
            emulator.lines.clear()
            emulator.stores.inboxes.clear()
    return {"reset": [account.account_id for account in accounts]}


def get_ledger(call: AdminCall, emulator: Emulator) -> JsonObject:
    """Return how many trainings were started, by account: what the real API would have billed.

    Args:
        call: What was asked for, as the contract has accepted it.
        emulator: The emulator that it is about.
    """
    accounts = [
        {"account": account_id, "trainings": count}
        for account_id, count in emulator.stores.accounts.creations(FAMILY).items()
        if call.account_id in (None, account_id)
    ]
    return {"trainings": sum(account["trainings"] for account in accounts), "accounts": accounts}
