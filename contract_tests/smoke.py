"""Is the kit itself in order? A broken set-up must never become a verdict on somebody's client."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from contract_tests.drivers import CommandDriver, Pace, callable_command
from contract_tests.emulator import Emulator
from contract_tests.exchange import Call, Situation
from contract_tests.failures import KitError
from contract_tests.lab import Lab

_STARTS_WITHIN = 30.0
_CANNOT_START = ("exit 126", "exit 127")
_WORKER_CANNOT_LOAD = "cannot be loaded: "


class ReferenceClientError(Exception):
    """What the reference client raises for an answer that is no success."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status_code = status


def reference_client(base_url: str, api_key: str, body: dict[str, Any], timeout: float = 10.0) -> dict[str, Any]:
    """Create a replica, by the standard library alone: the client that the kit tests itself with."""
    request = urllib.request.Request(  # noqa: S310 - the kit's own URL
        f"{base_url}/v2/replicas",
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json", "x-api-key": api_key},
        method="POST",
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=timeout) as response:
            return dict(json.load(response))
    except urllib.error.HTTPError as error:
        raise ReferenceClientError(error.code, error.read().decode("utf-8", "replace")) from None


def smoke_test(
    emulator: Emulator, command: Sequence[str], environment: Mapping[str, str], folder: Path | None = None
) -> Pace:
    """Play one normal call with a client that is known to be right, and two with the one that is to be judged.

    Returns:
        How long normal calls of that one take.

    Raises:
        KitError: The first does not succeed, or the second cannot be started.
    """
    ours = Path(__file__).parents[1]
    lab = Lab(emulator, CommandDriver(callable_command("contract_tests.smoke:reference_client"), folder=ours))
    try:
        played = lab.play(Situation()).last
        if not played.outcome.is_ok or played.created != 1:
            raise KitError(f"the kit does not work here: its own client reports {played.outcome}")
    finally:
        lab.close()
    try:
        lab = Lab(emulator, CommandDriver(command, environment, folder))
        try:
            outcome = lab.play(Situation((Call(patience=_STARTS_WITHIN),))).last.outcome
            if outcome.outcome != "crash":
                usual = lab.play(Situation()).last.outcome.seconds
                return Pace(max(0.0, outcome.seconds - usual), usual)
        finally:
            lab.close()
    except OSError as error:
        raise KitError(f"the client cannot be started: {error}") from error
    if _could_not_start(outcome.message, outcome.printed):
        raise KitError(f"the client cannot be started: {outcome.printed.strip() or outcome.message}")
    return Pace()


def _could_not_start(message: str, printed: str) -> bool:
    return any(code in message for code in _CANNOT_START) or _WORKER_CANNOT_LOAD in printed
