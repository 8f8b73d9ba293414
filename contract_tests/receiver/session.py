"""Everything that judging one receiver needs, set up and cleared away."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from contract_tests.engine.run import Runner
from contract_tests.engine.saved import SavedCases
from contract_tests.http.script import JsonObject
from contract_tests.receiver.application import Application, Hooks
from contract_tests.receiver.bench import ReceiverBench
from contract_tests.receiver.case import ReceiverCase
from contract_tests.receiver.checks import ReceiverCheck, all_checks
from contract_tests.receiver.checks.assertions import NO_STATE
from contract_tests.receiver.checks.stories import ERROR, READY
from contract_tests.receiver.context import ReceiverContext
from contract_tests.receiver.endpoint import Endpoint
from contract_tests.subject import Run, Setup

_STALLS = 15.0
"""How long the body of a callback stalls, in seconds, if that is tried."""


@dataclass(frozen=True, slots=True)
class ReceiverSubject:
    """One receiver.

    Args:
        url: Where it takes callbacks.
        hooks: What the kit may do to the application behind it.
        allowed_hosts: Hosts that may be anywhere.
        naming: The options that name it on the command line, for replays.
    """

    url: str
    hooks: Hooks = field(default_factory=Hooks)
    allowed_hosts: Sequence[str] = ()
    naming: Sequence[str] = ()

    @property
    def kind(self) -> str:
        """Return `receiver`."""
        return "receiver"

    @property
    def name(self) -> str:
        """Return its URL, without the query, in which receivers keep their secrets."""
        return self.url.partition("?")[0]

    def checks(self) -> Sequence[ReceiverCheck]:
        """Return every check of receivers, in the order of the catalogue."""
        return all_checks()

    def read_case(self, value: JsonObject, group: str) -> ReceiverCase:
        """Return the case that a report has written down.

        Args:
            value: The JSON object behind `--replay`.
            group: Of no use here: there is one group.
        """
        return ReceiverCase.from_json(value)

    @contextlib.contextmanager
    def open(self, setup: Setup) -> Iterator[Run]:
        """Start the application, if a command was given, and give what judges the receiver.

        Args:
            setup: How.

        Raises:
            KitError: The URL is not valid, its host is not allowed, or nobody listens there.
        """
        endpoint = Endpoint.read(self.url, self.allowed_hosts)
        application = Application(self.hooks, endpoint.accepts)
        bench = ReceiverBench(endpoint, application, setup.options.seed)
        try:
            application.start()
            context = ReceiverContext(
                bench.has_state,
                endpoint.has_secret,
                _is_fine(bench, READY),
                _is_fine(bench, ERROR),
                _STALLS if setup.longest_wait else 0.0,
            )
            saved = SavedCases(setup.database, self.url, ReceiverCase.from_json)
            runner = Runner([bench], context, setup.options, saved, setup.on_judged)
            yield Run(runner, "the kit in the vendor's place", notice="" if bench.has_state else NO_STATE)
        finally:
            bench.close()


def _is_fine(bench: ReceiverBench, case: ReceiverCase) -> bool:
    """Return whether a plain callback is taken and believed."""
    last = bench.play(case).last
    return all(one.is_taken for one in last.responses) and (last.state is None or last.state.fits(last.expected))
