"""What a control operation works with, and how it says no."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mock_tavus.emulator import Emulator
from mock_tavus.errors import ApiError
from mock_tavus.messages import OperationCall
from mock_tavus.store import Account
from mock_tavus.store.inboxes import Inboxes


class NotDone(ApiError):
    """Answer that something was not done, and why."""

    def __init__(self, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True, slots=True)
class ControlCall:
    """One call of a control operation.

    Args:
        call: What the control plane's own contract has accepted.
        account_id: The one account that it is about; None for all.
        base_url: How the caller calls this server.
    """

    call: OperationCall
    account_id: str | None
    base_url: str

    @property
    def body(self) -> Any:
        """Return the decoded body."""
        return self.call.body

    @property
    def query(self) -> Any:
        """Return the query parameters, in their types."""
        return self.call.query

    @property
    def path(self) -> Any:
        """Return the path parameters."""
        return self.call.path


@dataclass(frozen=True, slots=True)
class Control:
    """What control operations work with."""

    emulator: Emulator
    inboxes: Inboxes

    def accounts(self, call: ControlCall) -> Sequence[Account]:
        """Return the accounts that a change is about: one, or with `all=true` every one.

        Raises:
            NotDone: Neither is said.
        """
        if call.account_id is not None:
            return [self.emulator.accounts.open(call.account_id)]
        if not call.query.get("all"):
            raise NotDone("say which account: ?account=acct_…, or the header x-api-key, or ?all=true for every one")
        return self.emulator.accounts.all()
