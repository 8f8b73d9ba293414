"""Everything that judging one client needs, set up and cleared away."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from contract_tests.client.acquaintance import Acquaintance, get_acquainted, prove
from contract_tests.client.bench import ClientBench
from contract_tests.client.capabilities import OPERATIONS, Capabilities
from contract_tests.client.case import CREATE, Call, ClientCase, one
from contract_tests.client.checks import ClientCheck, all_checks
from contract_tests.client.context import ClientContext
from contract_tests.client.drivers import CommandDriver, Pace
from contract_tests.client.drivers.callables import WORKER
from contract_tests.client.strategies import BodyStrategies
from contract_tests.client.trust import client_environment
from contract_tests.emulator import Emulator
from contract_tests.engine.run import SHARDS, Runner
from contract_tests.engine.saved import SavedCases
from contract_tests.failures import CannotStart, KitError
from contract_tests.http.script import JsonObject
from contract_tests.oracle import Oracle
from contract_tests.subject import Run, Setup

DATABASE = Path(".hypothesis") / "tavus-conformance"
"""Where counterexamples are kept, below the folder in which the kit runs."""


_BY_ID = ("get_replica", "rename_replica", "delete_replica")
_OPERATIONS: Mapping[str, Sequence[str]] = {
    **dict.fromkeys(("REQ", "OKP", "ERR", "TRN"), (CREATE,)),
    "GET": _BY_ID,
    "LST": ("list_replicas",),
    "REN": ("rename_replica",),
    "DEL": ("delete_replica", "rename_replica"),
    "POL": ("wait_for_replica",),
}
"""Which operations a group of checks judges; the others judge any."""

_ENDPOINTS = ("wire", "other", "prefix", "refused", "tls", "untrusted-tls", "tls-other-name")


@dataclass(frozen=True, slots=True)
class ClientSubject:
    """One client.

    Args:
        name: What it is called in reports.
        command: What drives it.
        folder: Where it runs; None for here.
        basic_body: The smallest body that it sends; None to find that out.
        naming: The options that name it on the command line, for replays.
    """

    name: str
    command: Sequence[str]
    folder: Path | None = None
    basic_body: JsonObject | None = None
    naming: Sequence[str] = field(default=())

    @property
    def kind(self) -> str:
        """Return `client`."""
        return "client"

    def checks(self) -> Sequence[ClientCheck]:
        """Return every check of clients, in the order of the catalogue."""
        return all_checks()

    def read_case(self, value: JsonObject, group: str) -> ClientCase:
        """Return the case that a report has written down.

        Args:
            value: The JSON object behind `--replay`.
            group: The group of the check that is to judge it, such as `SEC`.

        Raises:
            ValueError: It is no case of that group.
        """
        case = ClientCase.from_json(value)
        for call in case.calls:
            if call.operation not in _OPERATIONS.get(group, OPERATIONS):
                raise ValueError(f"{group} does not judge {call.operation}")
            if call.endpoint not in _ENDPOINTS:
                raise ValueError(f"expected one of {', '.join(_ENDPOINTS)}, received {call.endpoint!r}")
        return case

    @contextlib.contextmanager
    def open(self, setup: Setup) -> Iterator[Run]:
        """Start an emulator, or use one that runs, and give what judges the client.

        Args:
            setup: How.
        """
        with Emulator(setup.emulator, setup.admin_token) as emulator, open_client(emulator, self, setup) as run:
            yield run


def read_basic_body(text: str, option: str) -> JsonObject:
    """Return the smallest body that a client sends, as an option has it.

    Args:
        text: A JSON object with a `train_video_url`.
        option: What the option is called, for messages.

    Raises:
        KitError: It is something else.
    """
    try:
        body = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise KitError(f"{option}: expected a JSON object ({error}), received {text[:80]!r}") from error
    if not isinstance(body, dict) or not isinstance(body.get("train_video_url"), str):
        raise KitError(f"{option}: expected an object with a train_video_url, received {text[:80]!r}")
    return body


@contextlib.contextmanager
def open_client(emulator: Emulator, subject: ClientSubject, setup: Setup) -> Iterator[Run]:
    """Give what judges a client.

    Args:
        emulator: A running one.
        subject: The client.
        setup: How it is judged.

    Raises:
        KitError: The kit does not work here; or the client cannot be started, or sends nothing to the emulator.
    """
    drivers = _Drivers(subject, client_environment(emulator.authority), setup.longest_wait)
    with contextlib.ExitStack() as stack:
        line, driver = emulator.line(), drivers.make()
        first = ClientBench(line, driver)
        stack.callback(_close, first)
        prove(emulator, line)
        known = get_acquainted(first, driver, subject.basic_body)
        driver.pace = known.pace
        others, notice = _more_benches(emulator, drivers, known, min(setup.jobs, SHARDS) - 1)
        for bench in others:
            stack.callback(_close, bench)
        saved = SavedCases(setup.database, subject.name, ClientCase.from_json)
        context = _context(first, known, setup.longest_wait)
        runner = Runner([first, *others], context, setup.options, saved, setup.on_judged)
        yield Run(runner, emulator.version, 1 + len(others), notice, emulator.tls)


@dataclass(frozen=True, slots=True)
class _Drivers:
    """Make drivers for one client.

    Args:
        subject: The client.
        environment: What to add to its environment.
        longest_wait: How long it is waited for if it takes no timeout, in seconds.
    """

    subject: ClientSubject
    environment: Mapping[str, str]
    longest_wait: float

    def make(self, known: Acquaintance | None = None) -> CommandDriver:
        """Return a driver.

        Args:
            known: What is known of the client; None before anything is.
        """
        return CommandDriver(
            self.subject.command,
            self.environment,
            self.subject.folder,
            Pace() if known is None else known.pace,
            Capabilities() if known is None else known.capabilities,
            self.longest_wait,
            takes_none=list(self.subject.command[: len(WORKER)]) == WORKER,
        )


def _more_benches(
    emulator: Emulator, drivers: _Drivers, known: Acquaintance, count: int
) -> tuple[list[ClientBench], str]:
    """Return further benches, each with a client beside the others; none, and why, if it cannot run beside itself."""
    benches: list[ClientBench] = []
    for _ in range(count):
        try:
            benches.append(ClientBench(emulator.line(), drivers.make(known), known.basic_body))
        except KitError as error:
            return benches, f"{len(benches) + 1} jobs at a time: {error}"
        if not _can_join(benches[-1], known.call):
            for bench in benches:
                _close(bench)
            return [], "one job at a time: the client cannot run twice at once"
    return benches, ""


def _context(bench: ClientBench, known: Acquaintance, longest_wait: float) -> ClientContext:
    oracle = Oracle.load()
    return ClientContext(
        BodyStrategies(oracle.body_schema("createReplica")),
        oracle.schema("Replica"),
        frozenset(bench.endpoints),
        known.capabilities,
        known.habits,
        longest_wait,
    )


def _can_join(bench: ClientBench, call: Call) -> bool:
    """Return whether a client can be started beside another one that runs, by a plain create."""
    try:
        step = bench.play(one(call)).last
    except OSError as error:
        raise CannotStart(f"the client cannot be started: {error}") from error
    return bool(step.requests) and step.outcome.outcome != "crash"


def _close(bench: ClientBench) -> None:
    with contextlib.suppress(KitError):  # the emulator may be gone; its lines are, too, then
        bench.close()
