"""Where situations are played: the client on one side, the emulator's wire on the other."""

from __future__ import annotations

import itertools
import re
import socket
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

from contract_tests.client.case import SIMPLEST_BODY, Call, Episode, Json, Outcome, Played, Situation
from contract_tests.client.drivers import CommandDriver
from contract_tests.emulator import Emulator

_REMEMBERED = 3
_DOOR = re.compile(r"\{(wire|other|tls|untrusted-tls)\}")


class Lab:
    """Play situations, each once: what came of one is remembered.

    Args:
        emulator: A running one.
        driver: What calls the client.
        basic_body: The smallest body that the client sends; what it has is added to each call that does not say
            otherwise.
    """

    def __init__(self, emulator: Emulator, driver: CommandDriver, basic_body: Json = SIMPLEST_BODY) -> None:
        self._basic_body = basic_body
        self.hung_seconds = 0.0
        """How long the client has been waited for in vain, in all."""
        self._emulator = emulator
        self._driver = driver
        self._numbers = itertools.count(1)
        self._episodes: dict[str, Episode] = {}
        # Held, but not listened on: whoever connects is refused, and nobody else gets the port meanwhile.
        self._closed = socket.socket()
        self._closed.bind(("127.0.0.1", 0))
        wire = emulator.doors["wire"]
        self.doors: Mapping[str, str] = {
            **emulator.doors,
            "prefix": f"{wire}/prefix",
            "refused": f"http://127.0.0.1:{self._closed.getsockname()[1]}",
        }
        self._latest: list[Situation] = []

    def close(self) -> None:
        """End the client."""
        self._driver.close()
        self._closed.close()

    def knows(self, situation: Situation) -> bool:
        """Return whether a situation has been played."""
        return situation.key in self._episodes

    def play(self, situation: Situation, *, again: bool = False) -> Episode:
        """Return what comes of a situation.

        Args:
            situation: What to ask of the client.
            again: Whether to play it even if it has been played before.
        """
        key = situation.key
        if again or key not in self._episodes:
            played: list[Played] = []
            own_key = f"kit-key-{next(self._numbers):06d}"  # the same for all: some keep a session for each key
            for number, call in enumerate(situation.calls):
                is_last = number == len(situation.calls) - 1
                played.append(self._play(call, own_key, situation.quiet if is_last else 0.0))
            if situation.ends:
                last = played[-1]
                printed = last.outcome.printed + self._driver.finish()
                played[-1] = replace(last, outcome=replace(last.outcome, printed=printed))
            self._latest = [*self._latest, situation][-_REMEMBERED:]
            self._episodes[key] = Episode(situation, tuple(played))
        return self._episodes[key]

    def restart(self) -> None:
        """End the client: the next call is the first of a new one."""
        self._driver.close()

    @property
    def latest(self) -> Sequence[Situation]:
        """Return the situations that were played last, the latest at the end."""
        return self._latest

    def _completed(self, call: Call) -> Call:
        """Return a call whose body has what the client's interface wants of every one."""
        simplest, basic = SIMPLEST_BODY["train_video_url"], self._basic_body
        body = dict(call.body)
        if body.get("train_video_url") == simplest:
            body["train_video_url"] = basic.get("train_video_url", simplest)
        needed = {name: value for name, value in basic.items() if name != "train_video_url"}
        return replace(call, body={**needed, **body})

    def _play(self, call: Call, own_key: str, quiet: float) -> Played:
        call = self._completed(call)
        api_key = own_key if call.api_key is None else call.api_key
        base_url = self.doors[call.door]
        since = self._emulator.arm([self._placed(script) for script in call.scripts])
        began = time.monotonic()
        outcome = self._driver.call(
            base_url,
            api_key,
            call.body,
            call.timeout,
            lambda: bool(self._emulator.exchanges(since, settle=0)),
            call.patience,
        )
        if outcome.has_hung:
            self.hung_seconds += time.monotonic() - began
        exchanges = self._emulator.exchanges(since, settle=_settle(call, outcome))
        if quiet:
            threading.Event().wait(quiet)
            exchanges = self._emulator.exchanges(since)
        return Played(call, api_key, base_url, outcome, tuple(exchanges))

    def _placed(self, script: Json) -> Json:
        """Return a script with the names of doors in its headers replaced by where they are."""
        answer = script.get("answer")
        if answer is None or "headers" not in answer:
            return script
        headers = [[name, _DOOR.sub(lambda found: self.doors[found[1]], value)] for name, value in answer["headers"]]
        return {**script, "answer": {**answer, "headers": headers}}


def _settle(call: Call, outcome: Outcome) -> float:
    """Return how long to wait for the end of exchanges: those that are held up go on when the client has given up."""
    return 1.0 if outcome.outcome == "ok" or any("delay" in script for script in call.scripts) else 0.3
