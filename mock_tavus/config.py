"""Every setting of the emulator, with its default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mock_tavus.errors import ConfigError
from mock_tavus.settings import Kind, check_bounds, setting
from mock_tavus.training_errors import TRAINING_ERRORS

_TEN_YEARS = 10 * 366 * 86400.0  # beyond that, moments stop being dates
_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Config:
    """Say how the emulator behaves; each field's line below says what it is for, and durations are seconds.

    Raises:
        ConfigError: A setting is out of bounds.
    """

    openapi: Path | None = setting(None, "Serve this contract instead of the bundled one.", Kind.FILE)
    api_keys: tuple[str, ...] = setting(
        (),
        "Accept only this key; else any that does not begin with `invalid`.",
        Kind.TEXTS,
        option="api-key",
        metavar="KEY",
    )
    seed: int | None = setting(
        None, "Make replica ids reproducible: the n-th create with a key always gets the same id.", Kind.NUMBER
    )
    replica_id_digits: int = setting(
        9,
        "Hexadecimal digits after the `r`: 9 as on the reference page, 11 as seen since 2025; 8 to 32.",
        Kind.NUMBER,
        lowest=8,
        highest=32,
    )
    training_time: float = setting(
        2.0, "How long a training takes.", Kind.DURATION, lowest=0, highest=_TEN_YEARS, default_text="2s"
    )
    training_messages: Mapping[str, str] = setting(
        {}, "A JSON object from causes of failure to messages, in place of ours.", Kind.MESSAGES
    )
    max_replicas: int = setting(
        100_000,
        "How many replicas to keep, over all keys; beyond that, the oldest finished ones are forgotten.",
        Kind.NUMBER,
        lowest=1,
    )
    max_trainings: int | None = setting(
        None, "How many trainings each account may start; beyond that, creates are answered 402.", Kind.NUMBER, lowest=0
    )
    max_accounts: int = setting(
        10_000,
        "How many accounts (API keys) to keep; beyond that, the one unused for the longest time is forgotten.",
        Kind.NUMBER,
        lowest=1,
    )
    max_body_bytes: int = setting(
        1024 * 1024, "The largest request body that is taken, in bytes.", Kind.NUMBER, option="-", lowest=1
    )
    body_timeout: float = setting(
        10.0,
        "How long a request's body may pause, or, up to 64 KiB, take, before it is answered 408.",
        Kind.DURATION,
        lowest=0,
        highest=_HOUR,
        above_zero=True,
        default_text="10s",
    )
    accept_null: bool = setting(False, "Take `null` for an optional field that is left out.", Kind.FLAG)
    cors: tuple[str, ...] = setting(
        (),
        "Whose web pages may call the API: an origin, `*` for all, `none`; else those of this machine.",
        Kind.TEXTS,
        metavar="ORIGIN",
    )
    allow_callback_hosts: tuple[str, ...] = setting(
        (),
        "Call this host back, though it is not on this machine.",
        Kind.TEXTS,
        option="allow-callback-host",
        metavar="HOST",
    )
    callback_rewrites: tuple[tuple[str, str], ...] = setting(
        (),
        "Call TO where a callback URL begins with FROM. A host alone, as in `host.docker.internal`, takes the place of "
        "this machine: for an emulator in a container, whose callbacks are for its host.",
        Kind.REWRITES,
        option="callback-rewrite",
    )
    callback_timeout: float = setting(
        10.0,
        "The longest that a receiver may take for one attempt.",
        Kind.DURATION,
        lowest=0,
        highest=_HOUR,
        above_zero=True,
        default_text="10s",
    )
    callback_grace: float = setting(
        0.05,
        "How long a callback waits after its create has been answered, in real time.",
        Kind.DURATION,
        lowest=0,
        highest=60,
        default_text="50ms",
    )
    callback_retries: int = setting(
        0,
        "How often to try a failed callback again, after 1, 2, 4, … seconds, at most 60.",
        Kind.NUMBER,
        lowest=0,
        highest=1000,
    )
    admin_token: str | None = setting(
        None, "Ask for this token, as `Authorization: Bearer …`, below `/__admin`.", metavar="TOKEN"
    )
    admin_hosts: tuple[str, ...] = setting(
        (),
        "A name by which `/__admin` may be called, beside those of this machine, and whose web pages may call the API.",
        Kind.TEXTS,
        option="admin-host",
        former="control-host",
    )
    journal_size: int = setting(
        1000, "How many requests, and ended callbacks, to remember.", Kind.NUMBER, lowest=0, highest=1_000_000
    )
    control_hosts: tuple[str, ...] = ()
    """The former name of `admin_hosts`; to be removed with the next release."""

    def __post_init__(self) -> None:
        """Refuse what no emulator could work with."""
        hosts = tuple(dict.fromkeys((*self.admin_hosts, *self.control_hosts)))
        object.__setattr__(self, "admin_hosts", hosts)
        object.__setattr__(self, "control_hosts", hosts)
        check_bounds(self)
        self._check_texts()

    def _check_texts(self) -> None:
        if "" in self.api_keys:
            raise ConfigError("api-key: expected a key, received an empty one; leave the option out to accept any key")
        for host in self.allow_callback_hosts:
            if not host or "/" in host or " " in host:
                raise ConfigError(f"allow-callback-host: expected a host such as example.com, received {host!r}")
        for origin in self.cors:
            if origin not in ("*", "none") and not origin.startswith(("http://", "https://")):
                raise ConfigError(
                    f"cors: expected an origin such as http://app.example:3000, * or none, received {origin!r}"
                )
        for cause, message in self.training_messages.items():
            if cause not in TRAINING_ERRORS:
                known = ", ".join(TRAINING_ERRORS)
                raise ConfigError(f"training-messages: unknown cause {cause!r}; the documented ones are {known}")
            if not isinstance(message, str):
                raise ConfigError(f"training-messages: expected a string for {cause!r}, received {message!r}")
