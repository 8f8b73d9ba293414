"""Everything that judging one client needs, set up and cleared away."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from contract_tests.client.acquaintance import Acquaintance, get_acquainted, prove
from contract_tests.client.bench import ClientBench
from contract_tests.client.case import Call, ClientCase, one
from contract_tests.client.checks import ClientCheck, all_checks
from contract_tests.client.context import ClientContext
from contract_tests.client.drivers import CommandDriver
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

    def read_case(self, value: JsonObject) -> ClientCase:
        """Return the case that a report has written down.

        Args:
            value: The JSON object behind `--replay`.
        """
        return ClientCase.from_json(value)

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
    environment = client_environment(emulator.authority)

    def driver(known: Acquaintance | None = None) -> CommandDriver:
        takes_none = list(subject.command[: len(WORKER)]) == WORKER
        if known is None:
            return CommandDriver(
                subject.command, environment, subject.folder, longest_wait=setup.longest_wait, takes_none=takes_none
            )
        return CommandDriver(
            subject.command,
            environment,
            subject.folder,
            known.pace,
            known.capabilities,
            setup.longest_wait,
            takes_none=takes_none,
        )

    with contextlib.ExitStack() as stack:
        first_line = emulator.line()
        first_driver = driver()
        first = ClientBench(first_line, first_driver)
        stack.callback(_close, first)
        prove(emulator, first_line)
        known = get_acquainted(first, first_driver, subject.basic_body)
        first_driver.pace = known.pace
        benches, notice = [first], ""
        for _ in range(min(setup.jobs, SHARDS) - 1):
            try:
                another = ClientBench(emulator.line(), driver(known), known.basic_body)
            except KitError as error:
                notice = f"one job at a time: {error}"
                break
            stack.callback(_close, another)
            if not _can_join(another, known.call):
                notice = "one job at a time: the client cannot run twice at once"
                another.restart()
                benches = [first]
                break
            benches.append(another)
        oracle = Oracle.load()
        context = ClientContext(
            BodyStrategies(oracle.body_schema("createReplica")),
            oracle.schema("Replica"),
            frozenset(first.endpoints),
            known.capabilities,
            known.habits,
            setup.longest_wait,
        )
        saved = SavedCases(setup.database, subject.name, ClientCase.from_json)
        runner = Runner(benches, context, setup.options, saved, setup.on_judged)
        yield Run(runner, emulator.version, len(benches), notice, emulator.tls)


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
