"""A test's account of an emulator in its own process."""

from __future__ import annotations

from collections.abc import Sequence

from mock_tavus.admin.account import Inbox, TavusAccount
from mock_tavus.admin.served import Served
from mock_tavus.messages import MaskedExchange
from mock_tavus.testing.assertions import Assertions
from mock_tavus.testing.names import inbox_name


class Tavus(Assertions, TavusAccount):
    """The account of one test: what the test's code sees, what happened to it, and what happens next.

    Args:
        served: The emulator.
        key: The account's API key.
    """

    def __init__(self, served: Served, key: str) -> None:
        super().__init__(served.emulator, key, lambda: served.base_url)
        self._served = served
        self.reset()
        self.inbox().clear()
        self._first = served.emulator.journal.next_number()

    @property
    def base_url(self) -> str:
        """Return what stands before `/v2/replicas`."""
        return self._served.base_url

    @property
    def api_key(self) -> str:
        """Return the account's key."""
        return self.key

    def inbox(self, name: str = "") -> Inbox:
        """Return a receiver of callbacks that is built in.

        Args:
            name: Its name; by default one that is the test's own.
        """
        return super().inbox(name or inbox_name(self.key))

    def strangers(self) -> Sequence[MaskedExchange]:
        """Return the requests that came since the test began without its key."""
        found = self._served.emulator.journal.entries()
        return [one for one in found if one.number > self._first and one.account_id != self.account_id]
