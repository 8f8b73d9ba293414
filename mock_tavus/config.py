"""Every setting of the emulator, with its default."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mock_tavus.errors import ConfigError
from mock_tavus.training_errors import TRAINING_ERRORS


@dataclass(frozen=True, slots=True)
class Config:
    """Say how the emulator behaves.

    Args:
        openapi: The contract to serve; None for the one that comes with the package.
        api_keys: The only keys to accept; none means every key that does not begin with `invalid`.
        seed: Makes replica ids reproducible; None draws new ones for each run.
        replica_id_digits: How many hexadecimal digits follow the `r`, 8 to 32.
        training_time: How long a training takes, in seconds; 0 to ten years.
        training_messages: Messages that replace our own, by cause (the 26 that are documented).
        max_replicas: How many replicas are kept over all accounts; 1 or more.
        max_trainings: How many trainings each account may start before it is answered 402; None for any number.
        max_accounts: How many accounts are kept; beyond that, the one not used for the longest time is forgotten.
        max_body_bytes: The largest request body that is taken; 1 or more.
        body_timeout: How long a request's body may pause before it is answered 408, in seconds; more than 0, at most an
            hour.
        accept_null: Whether null stands for an optional field that was left out.
        allow_callback_hosts: Names or addresses outside this machine that may be called back.
        callback_rewrites: Beginnings of callback URLs and what to put in their place.
        callback_timeout: The longest a receiver may take for one attempt, in seconds; more than 0, at most an hour.
        callback_retries: How often a failed callback is tried again; 0 or more.
        callback_grace: How long a callback waits after the create's answer has been written, in real seconds, 0 to 60.
        admin_token: What the control plane asks for as a bearer token; None lets everyone in who can reach it.
        control_hosts: Names, beside those of this machine, by which the control plane may be called; their pages may
            call the vendor's API.
        journal_size: How many requests, and how many ended callbacks, are remembered; 0 or more.

    Raises:
        ConfigError: A setting is out of bounds.
    """

    openapi: Path | None = None
    api_keys: tuple[str, ...] = ()
    seed: int | None = None
    replica_id_digits: int = 9
    training_time: float = 2.0
    training_messages: Mapping[str, str] = field(default_factory=dict)
    max_replicas: int = 100_000
    max_trainings: int | None = None
    max_accounts: int = 10_000
    max_body_bytes: int = 1024 * 1024
    body_timeout: float = 10.0
    accept_null: bool = False
    allow_callback_hosts: tuple[str, ...] = ()
    callback_rewrites: tuple[tuple[str, str], ...] = ()
    callback_timeout: float = 10.0
    callback_retries: int = 0
    callback_grace: float = 0.05
    admin_token: str | None = None
    control_hosts: tuple[str, ...] = ()
    journal_size: int = 1000

    def __post_init__(self) -> None:
        """Refuse what no emulator could work with."""
        self._check_numbers()
        self._check_texts()

    def _check_numbers(self) -> None:
        for name, (lowest, highest) in _BOUNDS.items():
            value = getattr(self, name)
            if not lowest <= value <= highest:
                expected = f"{lowest:g} or more" if highest == math.inf else f"{lowest:g} to {highest:g}"
                raise ConfigError(f"{name.replace('_', '-')}: expected {expected}, received {value}")
        for name in ("callback_timeout", "body_timeout"):
            if not getattr(self, name) > 0:
                raise ConfigError(
                    f"{name.replace('_', '-')}: expected more than 0 seconds, received {getattr(self, name)}"
                )

    def _check_texts(self) -> None:
        if "" in self.api_keys:
            raise ConfigError("api-key: expected a key, received an empty one; leave the option out to accept any key")
        for host in self.allow_callback_hosts:
            if not host or "/" in host or " " in host:
                raise ConfigError(f"allow-callback-host: expected a host such as example.com, received {host!r}")
        for cause, message in self.training_messages.items():
            if cause not in TRAINING_ERRORS:
                known = ", ".join(TRAINING_ERRORS)
                raise ConfigError(f"training-messages: unknown cause {cause!r}; the documented ones are {known}")
            if not isinstance(message, str):
                raise ConfigError(f"training-messages: expected a string for {cause!r}, received {message!r}")


_TEN_YEARS = 10 * 366 * 86400
_BOUNDS: Mapping[str, tuple[float, float]] = {
    "replica_id_digits": (8, 32),
    "training_time": (0, _TEN_YEARS),  # beyond that, moments stop being dates
    "max_replicas": (1, math.inf),
    "max_accounts": (1, math.inf),
    "max_body_bytes": (1, math.inf),
    "body_timeout": (0, 3600),
    "callback_timeout": (0, 3600),
    "callback_retries": (0, 1000),
    "callback_grace": (0, 60),
    "journal_size": (0, 1_000_000),
}
