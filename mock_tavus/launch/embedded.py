"""A run's own emulator, in the process of `mock-tavus run`."""

from __future__ import annotations

from functools import partial

from mock_tavus.background import Background
from mock_tavus.config import Config
from mock_tavus.families.replicas.create import FAMILY
from mock_tavus.launch.tally import Tally
from mock_tavus.messages import DeliveryState, Exchange
from mock_tavus.server.embedded import MockServer
from mock_tavus.store import Topic

_SENDS_WITHIN = 1.0
"""How long callbacks that are under way at the end of a run are waited for, in seconds."""


class OwnEmulator:
    """Serve an emulator for as long as a `with` block lasts.

    Args:
        config: How it behaves.
    """

    def __init__(self, config: Config) -> None:
        self._server = MockServer(config)
        self._count = 0
        self._server.emulator.journal.on_record(self._note)

    def __enter__(self) -> OwnEmulator:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()

    @property
    def base_url(self) -> str:
        """Return what stands before `/v2/replicas`."""
        return self._server.base_url

    @property
    def background(self) -> Background:
        """Return what starts the threads of the way to it."""
        return self._server.emulator.background

    def listening(self, address: str, port: int) -> None:
        """Take note that it can be reached at an `address` and a `port`, too: callbacks get to no /__admin there."""
        self._server.emulator.policy.add_door(address, port)

    def tally(self) -> Tally:
        """Return what has happened since it began."""
        emulator = self._server.emulator
        deliveries = emulator.stores.deliveries
        under_way = partial(deliveries.find, state=DeliveryState.SENDING)
        emulator.stores.changes.wait_for(Topic.CALLBACKS, lambda: not under_way(), _SENDS_WITHIN)
        trainings = sum(emulator.stores.accounts.creations(FAMILY).values())
        states = [one.state.value for one in deliveries.find()]
        return Tally(self._count, trainings, states)

    def _note(self, exchange: Exchange) -> None:
        """Count the request of an `exchange`: the journal forgets the oldest."""
        self._count += 1
