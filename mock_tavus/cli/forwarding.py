"""`mock-tavus listen` and `trigger`: callbacks sent from here, by the emulator's own policy and sender."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import click

from mock_tavus.callbacks import H11Sender, TargetPolicy, TargetRefused
from mock_tavus.cli.client import AdminClient, ServerRefused
from mock_tavus.cli.options import OneLineErrorCommand, admin_token_option, option, url_option
from mock_tavus.clock import SystemClock
from mock_tavus.contract import Contract
from mock_tavus.errors import ServerError
from mock_tavus.families.lifecycle import callback_body
from mock_tavus.families.replicas.create import OPERATION_ID as CREATE
from mock_tavus.messages import DeliveryAttempt
from mock_tavus.terminal import plain, without_secrets
from mock_tavus.training_errors import TRAINING_ERRORS
from mock_tavus.version import USER_AGENT

NOT_TAKEN = 1
"""The exit code if a receiver has not taken a callback."""

_TIMEOUT = 10.0  # seconds that a receiver may take
_POLL_SECONDS = 0.2
_ENDED = ("delivered", "failed", "held back")

_allow = option(
    "--allow-callback-host", "Call this host, though it is not on this machine.", multiple=True, metavar="HOST"
)


class Poster:
    """Send callbacks to one URL.

    Args:
        url: Where to.
        allowed: Hosts that may be called, though they are not on this machine.

    Raises:
        ServerError: The URL may not be called.
    """

    def __init__(self, url: str, allowed: tuple[str, ...]) -> None:
        self._clock = SystemClock()
        self._policy = TargetPolicy(allowed)
        self._sender = H11Sender(self._clock, _TIMEOUT, USER_AGENT)
        try:
            self._target = self._policy.target(url)
        except TargetRefused as refusal:
            raise ServerError(str(refusal)) from refusal

    def post(self, body: Any) -> DeliveryAttempt:
        """Try once to post a callback, and return the attempt.

        Args:
            body: The JSON value.

        Raises:
            ServerError: The URL may not be called.
        """
        try:
            addresses = self._policy.addresses(self._target)
        except TargetRefused as refusal:
            raise ServerError(str(refusal)) from refusal
        return asyncio.run(self._sender.send(self._target, addresses, body, self._clock.now()))


@click.command("trigger", cls=OneLineErrorCommand)
@click.argument("status", type=click.Choice(["ready", "error"]))
@option("--to", "Where to send it.", required=True, metavar="URL")
@option("--replica", "Whose training has ended.", default="r783537ef5", show_default=True, metavar="ID")
@option("--cause", "Why it failed.", type=click.Choice(list(TRAINING_ERRORS)), default="video_fps", show_default=True)
@_allow
def trigger_command(status: str, to: str, replica: str, cause: str, allow_callback_host: tuple[str, ...]) -> None:
    """Send a callback by hand, as at the end of a training; it needs no server. End with 1 if it was not taken.

    Args:
        status: What it says.
        to: Where to.
        replica: Whose training has ended.
        cause: Why it failed, if it did.
        allow_callback_host: Hosts that may be called, though they are not on this machine.
    """
    words = Contract.load().operations[CREATE].callback
    if words is None:
        raise ServerError("the contract has no callback")
    body = callback_body(replica, TRAINING_ERRORS[cause] if status == "error" else None, words)
    attempt = Poster(to, allow_callback_host).post(body)
    click.echo(_line(to, replica, status, attempt))
    if attempt.error is not None:
        raise SystemExit(NOT_TAKEN)


@click.command("listen", cls=OneLineErrorCommand)
@option("--forward-to", "Where to send the callbacks.", required=True, metavar="URL")
@option("--key", "The API key whose callbacks they are.", required=True)
@url_option
@admin_token_option
@_allow
def listen_command(
    forward_to: str, key: str, url: str, admin_token: str | None, allow_callback_host: tuple[str, ...]
) -> None:
    """Forward the callbacks of a key, each once, whatever became of it at its own target, until Ctrl-C.

    Args:
        forward_to: Where to.
        key: Whose callbacks.
        url: Where the server listens.
        admin_token: Its admin token; None if it has none.
        allow_callback_host: Hosts that may be called, though they are not on this machine.
    """
    poster = Poster(forward_to, allow_callback_host)
    ended = Ended(AdminClient(url, token=admin_token, key=key, timeout=_TIMEOUT))
    click.echo(f"forwarding to {without_secrets(forward_to)}")
    pause = threading.Event()
    is_lost = False
    with suppress(KeyboardInterrupt):  # Ctrl-C is how it is meant to end
        while True:
            try:
                for callback in ended.new():
                    body = callback["body"]
                    said = body.get("status", "") if isinstance(body, dict) else ""
                    click.echo(_line(forward_to, callback["replica_id"], said, poster.post(body)))
                is_lost = False
            except ServerRefused as error:  # it may come back
                if not is_lost:
                    click.echo(f"waiting: {error}", err=True)
                is_lost = True
            pause.wait(_POLL_SECONDS)


class Ended:
    """The callbacks that have ended, each once.

    Args:
        client: Calls the server.

    Raises:
        ServerRefused: Nothing like it answers there.
    """

    def __init__(self, client: AdminClient) -> None:
        self._client = client
        self._known = {_identity(callback) for callback in self._ended()}

    def new(self) -> Iterator[Any]:
        """Yield the callbacks that have ended since it was last asked.

        Raises:
            ServerRefused: The server does not answer now.
        """
        found = self._ended()
        for callback in found:
            if (identity := _identity(callback)) not in self._known:
                self._known.add(identity)
                yield callback
        self._known &= {_identity(callback) for callback in found}  # what the server has forgotten does not come again

    def _ended(self) -> list[Any]:
        return [each for each in self._client.get("/callbacks")["callbacks"] if each["state"] in _ENDED]


def _identity(callback: Any) -> tuple[str, str]:
    """Return what tells a callback from every other one, even from one that had its id before a reset."""
    return callback["id"], callback["due_at"]


def _line(url: str, replica: str, said: str, attempt: DeliveryAttempt) -> str:
    why = f"  {attempt.error}" if attempt.error is not None else ""
    return plain(f"{attempt.status or 'fail'}  {replica} {said}  {without_secrets(url)}{why}")
