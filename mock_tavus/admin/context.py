"""What an admin operation works with, and how it says no."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mock_tavus.emulator import Emulator
from mock_tavus.errors import ApiError
from mock_tavus.messages import OperationCall
from mock_tavus.store import Account


class AdminError(ApiError):
    """Something was not done; the message says why.

    Args:
        text: Why.
        status: The HTTP status that goes with it, 4xx or 503.
    """

    def __init__(self, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True, slots=True)
class AdminCall:
    """One call of an admin operation.

    Args:
        call: What the contract of the control plane has accepted.
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

    def must_have(self, found: Sequence[object], what: str) -> None:
        """Refuse a wait that ended with less than it was for.

        Args:
            found: What there was at its end.
            what: What it was for, in words: `requests came`.

        Raises:
            AdminError: There is less of it than the query's `count`.
        """
        count, timeout = self.query["count"], self.query["timeout"]
        if len(found) < count:
            raise AdminError(f"{len(found)} of {count} {what} within {timeout:g} s", status=408)

    def accounts(self, emulator: Emulator) -> Sequence[Account]:
        """Return the accounts that a change is about: one, or with `all=true` every one.

        Args:
            emulator: Whose accounts.

        Raises:
            AdminError: The caller says neither.
        """
        if self.account_id is not None:
            return [emulator.accounts.open(self.account_id)]
        if not self.query.get("all"):
            raise AdminError("say which account: ?account=acct_…, or the header x-api-key, or ?all=true for every one")
        return emulator.accounts.all()
