"""Where cases are played: the client on one side, a line of the emulator's wire on the other."""

from __future__ import annotations

import contextlib
import itertools
import re
import socket
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace

from contract_tests.client.case import CREATE, SIMPLEST_BODY, Call, ClientCase
from contract_tests.client.drivers.driver import Driver
from contract_tests.client.observation import ClientObservation, Outcome, Step
from contract_tests.client.reference import reference_client
from contract_tests.emulator import Line
from contract_tests.http.exchange import Exchange
from contract_tests.http.script import JsonObject, Script

_ENDPOINT = re.compile(r"\{(wire|other|tls|untrusted-tls)\}")
_OWN_KEY = re.compile(r"kit-key-[0-9]{6,}")
_HANGS = 2
"""After how many calls without an answer the rest of a case is not played."""

_POLLS = 2
_LOOKS_EVERY = 0.02  # seconds
_NUMBERS = itertools.count(1)


class ClientBench:
    """Play cases with one client.

    Args:
        line: Where the client is led to; nobody else uses it.
        driver: What calls the client.
        basic_body: The smallest body that the client sends; its options are added to each create that does not have
            them.
    """

    def __init__(self, line: Line, driver: Driver, basic_body: JsonObject = SIMPLEST_BODY) -> None:
        self._line = line
        self._driver = driver
        self.basic_body = basic_body
        # Held, but not listened on: whoever connects is refused, and nobody else gets the port meanwhile.
        self._closed = socket.socket()
        self._closed.bind(("127.0.0.1", 0))
        self.endpoints: Mapping[str, str] = {
            **line.endpoints,
            "prefix": f"{line.endpoints['wire']}/prefix",
            "refused": f"http://127.0.0.1:{self._closed.getsockname()[1]}",
        }

    def play(self, case: ClientCase, *, patiently: bool = False) -> ClientObservation:
        """Play a case and return the observation.

        Args:
            case: What to ask of the client.
            patiently: Of no use here: a case says itself how long is waited.
        """
        own_key = f"kit-key-{next(_NUMBERS):06d}"  # for all its calls: some clients keep a session for each key
        steps: list[Step] = []
        for number, call in enumerate(case.calls):
            is_last = number == len(case.calls) - 1
            steps.append(self._play(call, own_key, case.watch_seconds if is_last else 0.0))
            if sum(step.outcome.has_hung for step in steps) >= _HANGS:
                break  # each takes seconds, and these say it all
        if case.then_exit:
            last = steps[-1]
            printed = last.outcome.printed + self._driver.finish()
            steps[-1] = replace(last, outcome=replace(last.outcome, printed=printed))
        return ClientObservation(case, tuple(steps))

    def restart(self) -> None:
        """End the client: the next call is the first of a new one."""
        self._driver.close()

    def close(self) -> None:
        """End the client, and give the line back."""
        self._driver.end()
        self._closed.close()
        self._line.close()

    def _completed(self, call: Call) -> Call:
        """Return a create whose body has what the client's interface wants of every one."""
        if call.operation != CREATE:
            return call
        simplest, basic = SIMPLEST_BODY["train_video_url"], self.basic_body
        body = dict(call.body)
        if body.get("train_video_url") == simplest:
            body["train_video_url"] = basic.get("train_video_url", simplest)
        needed = {name: value for name, value in basic.items() if name != "train_video_url"}
        return replace(call, body={**needed, **body})

    def _play(self, call: Call, own_key: str, watch_seconds: float) -> Step:
        call = self._completed(call)
        api_key = own_key if call.api_key is None else call.api_key
        base_url = self.endpoints[call.endpoint]
        if call.is_real:
            created = reference_client(base_url, api_key, dict(SIMPLEST_BODY))
            call = replace(call, body={**call.body, "replica_id": created["replica_id"]})
        is_anew = call.is_real or call.api_key is not None
        self._line.arm([self._placed(script) for script in call.scripts], anew=is_anew)
        with self._training(api_key) if call.is_real else contextlib.nullcontext():
            outcome = self._driver.call(call, base_url, api_key, lambda: bool(self._line.exchanges(settle=0)))
        if watch_seconds:
            threading.Event().wait(watch_seconds)
        exchanges = [one for one in self._line.exchanges(_settle(call, outcome)) if not _is_late(one, api_key)]
        return Step(call, api_key, base_url, outcome, tuple(exchanges))

    @contextlib.contextmanager
    def _training(self, api_key: str) -> Iterator[None]:
        """End an account's trainings, by a jump of its clock, once the client has polled twice."""
        is_over = threading.Event()

        def watch() -> None:
            while not is_over.wait(_LOOKS_EVERY):
                if sum(exchange.request is not None for exchange in self._line.exchanges(settle=0)) >= _POLLS:
                    self._line.end_trainings(api_key)
                    return

        watching = threading.Thread(target=watch, daemon=True)
        watching.start()
        try:
            yield
        finally:
            is_over.set()
            watching.join()

    def _placed(self, script: Script) -> Script:
        """Return a script with the names of endpoints in its headers replaced by where they are."""
        if script.answer is None or not script.answer.headers:
            return script
        headers = tuple(
            (name, _ENDPOINT.sub(lambda found: self.endpoints[found[1]], value))
            for name, value in script.answer.headers
        )
        return replace(script, answer=replace(script.answer, headers=headers))


def _is_late(exchange: Exchange, api_key: str) -> bool:
    """Return whether a request belongs to an earlier case: it has that one's own key."""
    request = exchange.request
    key = None if request is None else request.header("x-api-key")
    return key is not None and key != api_key and _OWN_KEY.fullmatch(key) is not None


def _settle(call: Call, outcome: Outcome) -> float:
    """Return how long to wait for the end of exchanges: those that are held up go on when the client has given up."""
    return 1.0 if outcome.is_ok or any(script.delay for script in call.scripts) else 0.3
