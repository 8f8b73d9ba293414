"""Everything that judging one client needs, set up and cleared away."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from contract_tests.client.acquaintance import smoke_test
from contract_tests.client.bench import Lab
from contract_tests.client.case import Json
from contract_tests.client.checks import Setting
from contract_tests.client.drivers import CommandDriver
from contract_tests.client.strategies import BodyStrategies
from contract_tests.emulator import Emulator
from contract_tests.engine.run import Budget, Runner
from contract_tests.failures import KitError
from contract_tests.oracle import Oracle

DATABASE = Path(".hypothesis") / "tavus-conformance"
"""Where counterexamples are kept, below the folder in which the kit runs."""


@dataclass(frozen=True, slots=True)
class Subject:
    """One client, and how it is judged.

    Args:
        name: What it is called in reports.
        command: What drives it.
        budget: How much is tried.
        seed: What situations are drawn from.
        database: The folder in which counterexamples are kept; None for nowhere.
        folder: Where it runs; None for here.
        basic_body: The smallest body that it sends; None to find that out.
    """

    name: str
    command: Sequence[str]
    budget: Budget
    seed: int = 0
    database: Path | None = None
    folder: Path | None = None
    basic_body: Json | None = None


def read_basic_body(text: str, option: str) -> Json:
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
def open_session(
    emulator: Emulator, subject: Subject, on_example: Callable[[str, int], None] = lambda check_id, count: None
) -> Iterator[Runner]:
    """Give what runs checks against a client, once it is sure that kit and client can be started.

    Args:
        emulator: A running one.
        subject: The client.
        on_example: Told of a check's id and how many of its situations were judged.

    Raises:
        KitError: The kit does not work here; or the client cannot be started, or sends nothing to the emulator.
    """
    environment = client_environment(emulator.authority)
    known = smoke_test(emulator, subject.command, environment, subject.folder, subject.basic_body)
    driver = CommandDriver(subject.command, environment, subject.folder, known.pace)
    lab = Lab(emulator, driver, known.basic_body)
    try:
        yield Runner(
            lab,
            Setting(BodyStrategies(Oracle.load().body_schema("createReplica")), lab.doors, subject.budget.longest_wait),
            subject.budget,
            seed=subject.seed,
            database=subject.database,
            client=subject.name,
            on_example=on_example,
        )
    finally:
        lab.close()


def client_environment(authority: Path | None) -> Mapping[str, str]:
    """Return what makes common stacks take the kit's own certificate authority, and no proxy to the emulator."""
    trusted = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
    return {
        **dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1,localhost"),
        **({} if authority is None else dict.fromkeys(trusted, str(authority))),
    }
