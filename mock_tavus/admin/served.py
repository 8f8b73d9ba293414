"""What an emulator in a test's own process shows, whichever way it is called."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from mock_tavus.admin.account import TavusAccount
from mock_tavus.emulator import Emulator
from mock_tavus.messages import Delivery, MaskedExchange


class Served(ABC):
    """An emulator that can be called, over a socket or in process."""

    emulator: Emulator

    @property
    @abstractmethod
    def base_url(self) -> str:
        """Return what stands before `/v2/replicas`."""

    @property
    def requests(self) -> Sequence[MaskedExchange]:
        """Return what was asked and answered, the oldest first, with keys masked."""
        return self.emulator.journal.entries()

    @property
    def callbacks(self) -> Sequence[Delivery]:
        """Return the callbacks that are planned, under way or ended, the oldest first."""
        return self.emulator.stores.deliveries.find()

    def account(self, key: str) -> TavusAccount:
        """Return the account of an API key: what `/__admin` does over HTTP, as methods with types.

        Args:
            key: Any key that the emulator accepts.
        """
        return TavusAccount(self.emulator, key, lambda: self.base_url)
