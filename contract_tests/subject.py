"""What can be judged, whatever it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from contract_tests.engine.model import Check, JsonObject, Options
from contract_tests.engine.run import Runner


@dataclass(frozen=True, slots=True)
class Setup:
    """How a subject is judged.

    Args:
        options: How much is tried.
        jobs: How many checks may run at once.
        longest_wait: How long a subject is waited for at most that sets its own pace, in seconds.
        database: The folder in which counterexamples are kept; None for nowhere.
        emulator: Where an emulator runs; None to start one.
        admin_token: What its /__admin asks for.
        on_judged: Told of a check's id and how many of its cases have been judged.
    """

    options: Options = Options()
    jobs: int = 1
    longest_wait: float = 0.0
    database: Path | None = None
    emulator: str | None = None
    admin_token: str | None = None
    on_judged: Callable[[str, int], None] = lambda check_id, count: None


@dataclass(frozen=True, slots=True)
class Run:
    """What judges one subject, once it is sure that kit and subject can be started.

    Args:
        runner: What runs checks.
        against: What the subject is judged against, in words.
        jobs: How many checks run at once.
        notice: What the user should know of this run; empty for nothing.
        tls: The PEM texts of the authority and of the certificate with its key; None if they do not exist.
    """

    runner: Runner
    against: str
    jobs: int = 1
    notice: str = ""
    tls: tuple[str, str] | None = None


class Subject(Protocol):
    """Something that can be judged."""

    @property
    def kind(self) -> str:
        """Return `client` or `receiver`."""

    @property
    def name(self) -> str:
        """Return what it is called in reports."""

    @property
    def naming(self) -> Sequence[str]:
        """Return the options that name it on the command line."""

    def checks(self) -> Sequence[Check[Any, Any, Any]]:
        """Return every check for subjects of this kind, in the order of the catalogue."""

    def read_case(self, value: JsonObject, group: str) -> Any:
        """Return the case that a report has written down.

        Args:
            value: The JSON object behind `--replay`.
            group: The group of the check that is to judge it, such as `SEC`.
        """

    def open(self, setup: Setup) -> AbstractContextManager[Run]:
        """Give what judges it.

        Args:
            setup: How.
        """
