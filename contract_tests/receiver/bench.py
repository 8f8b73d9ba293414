"""Where stories are played: the kit in the vendor's part, a receiver in the user's."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from contract_tests.failures import KitError
from contract_tests.http.script import JsonObject
from contract_tests.receiver.application import Application
from contract_tests.receiver.case import Event, EventKind, ReceiverCase
from contract_tests.receiver.endpoint import Endpoint
from contract_tests.receiver.model import Belief, Expected
from contract_tests.receiver.observation import EventStep, ReceiverObservation, Response, State

ACKNOWLEDGES_WITHIN = 15.0
"""How long a receiver may take to answer, in seconds."""

_TIMEOUT = ACKNOWLEDGES_WITHIN + 3.0
_SETTLES_WITHIN = 2.0
"""How long a state is waited for after an event, in seconds: an application may act behind its response."""

_ENOUGH = 10
_QUICK = 0.4
"""How long a state is waited for once the application has been quick so many times, in seconds."""

_FIRST_ID = 0x4711C0FFE
_STEP = 0x9E3779B1  # odd, so that no id comes twice
_EARLY = (Belief.EARLY_READY, Belief.EARLY_ERROR, Belief.EARLY_BOTH)


class ReceiverBench:
    """Play stories.

    Args:
        endpoint: Where callbacks go.
        application: What is behind it.
        seed: What ids of replicas are made from.
        settles_within: How long a state is waited for after an event, in seconds.
    """

    def __init__(
        self, endpoint: Endpoint, application: Application, seed: int = 0, settles_within: float = _SETTLES_WITHIN
    ) -> None:
        self._endpoint = endpoint
        self._application = application
        # An application that keeps its state has met the ids of earlier runs: real time makes these others.
        self._numbers = itertools.count(_FIRST_ID + seed + time.time_ns() // 1000)
        self._settles_within = settles_within
        self._settled_count = 0
        self._is_patient = True

    @property
    def has_state(self) -> bool:
        """Return whether states can be judged: they can be asked for, and the application learns of creates."""
        hooks = self._application.hooks
        return hooks.state is not None and hooks.created is not None

    def play(self, case: ReceiverCase, *, patiently: bool = False) -> ReceiverObservation:
        """Play a story and return the observation.

        Args:
            case: The story.
            patiently: Whether to wait for states as long as may be. Otherwise, once the application has been seen to
                act quickly, it is not waited for that long: stories of which many are played fail slowly.
        """
        self._is_patient = patiently or self._settled_count < _ENOUGH
        missing = self._missing(case)
        if missing is not None:
            return ReceiverObservation(case, missing=missing)
        self._application.must_run()
        steps: list[EventStep] = []
        try:
            relied = self._play(case, steps)
        except KitError:  # its hooks do not answer, for it is gone
            if self._endpoint.accepts():
                raise
            return ReceiverObservation(case, tuple(steps), has_died=True)
        has_died = not self._endpoint.accepts()
        return ReceiverObservation(case, tuple(steps), relied_on_redelivery=relied, has_died=has_died)

    def _play(self, case: ReceiverCase, steps: list[EventStep]) -> bool:
        """Play a story, note its steps, and return whether an early callback had to be sent again."""
        ids = {event.replica: self._id(case.digits) for event in case.events}
        expected: dict[str, Expected] = dict.fromkeys(ids, Expected())
        refused: dict[str, list[Event]] = {replica: [] for replica in ids}
        relied = False
        for event in case.events:
            before = expected[event.replica]
            step, expected[event.replica] = self._step(event, ids, before)
            steps.append(step)
            if _was_refused_early(step):
                expected[event.replica] = before
                if before.belief is Belief.UNKNOWN:  # of one that was taken, this was a duplicate
                    refused[event.replica].append(event)
            if event.kind is EventKind.CREATED:
                for again in refused[event.replica]:
                    relied = True
                    step, expected[event.replica] = self._step(again, ids, expected[event.replica], is_again=True)
                    steps.append(step)
                refused[event.replica].clear()
        if self.has_state:
            steps[:] = self._watched(steps, ids, case.watch_seconds)
        return relied

    def restart(self) -> None:
        """Do nothing: each story has replicas of its own."""

    def close(self) -> None:
        """End the application, if the kit has started it."""
        self._application.end()

    def _missing(self, case: ReceiverCase) -> str | None:
        hooks = self._application.hooks
        needs = {
            EventKind.RESTART: (hooks.restart is not None and hooks.start is not None, "--start and --restart"),
            EventKind.FAIL_NEXT: (hooks.fail_next is not None, "--fail-next"),
        }
        for event in case.events:
            is_given, what = needs.get(event.kind, (True, ""))
            if not is_given:
                return f"needs {what}, which was not given"
            if event.is_forged and not self._endpoint.has_secret:
                return "the receiver's URL has no query, so that no secret can be left out"
        return None

    def _id(self, digits: int) -> str:
        number = next(self._numbers) * _STEP % 16**digits
        return f"r{number:0{digits}x}"

    def _step(
        self, event: Event, ids: Mapping[str, str], before: Expected, *, is_again: bool = False
    ) -> tuple[EventStep, Expected]:
        replica_id = ids[event.replica]
        responses: list[Response] = []
        if event.kind is EventKind.CREATED:
            if self._application.hooks.created is not None:
                self._application.created(replica_id)
        elif event.kind is EventKind.RESTART:
            self._application.restart()
        elif event.kind is EventKind.FAIL_NEXT:
            self._application.fail_next(replica_id)
        else:
            responses = self._send(event, ids)
        expected = before.after(event)
        if responses and all(one.has_failed for one in responses):
            expected = before  # it was not taken: it is to be sent again
        state = self._settled(replica_id, expected) if self.has_state else None
        return EventStep(event, replica_id, tuple(responses), state, expected, is_again), expected

    def _send(self, event: Event, ids: Mapping[str, str]) -> list[Response]:
        text = json.dumps(_filled(event.body, ids)) if event.text is None else _replaced(event.text, ids)
        body = text.encode("utf-8", "surrogatepass") + b" " * event.padding
        head = self._endpoint.head(event.method, event.content_type, len(body), is_forged=event.is_forged)
        if event.times == 1:
            return [self._endpoint.send(head, body, _TIMEOUT + event.stalls, event.stalls)]
        together = threading.Barrier(event.times)

        def send() -> Response:
            together.wait()
            return self._endpoint.send(head, body, _TIMEOUT)

        with ThreadPoolExecutor(event.times) as pool:
            return [one.result() for one in [pool.submit(send) for _ in range(event.times)]]

    def _settled(self, replica_id: str, expected: Expected) -> State:
        """Return the state once it is what was expected, or after some seconds."""
        within = self._settles_within if self._is_patient else min(_QUICK, self._settles_within)
        started, pause = time.monotonic(), threading.Event()
        deadline = started + within
        while not (state := self._application.state(replica_id)).fits(expected) and time.monotonic() < deadline:
            pause.wait(0.02)
        if state.fits(expected):
            is_quick = time.monotonic() - started < _QUICK / 2
            self._settled_count = self._settled_count + 1 if is_quick else -10_000  # one that was slow may be again
        return state

    def _watched(self, steps: list[EventStep], ids: Mapping[str, str], seconds: float) -> list[EventStep]:
        """Return steps with the last one of each replica looked at once more, for what comes late."""
        if seconds:
            threading.Event().wait(seconds)
        found = list(steps)
        for replica_id in ids.values():
            last = max(number for number, step in enumerate(found) if step.replica_id == replica_id)
            found[last] = replace(found[last], state=self._application.state(replica_id))
        return found


def _was_refused_early(step: EventStep) -> bool:
    """Return whether a callback before the create's response was not taken, so that it is to be sent again."""
    is_end = step.event.kind is EventKind.CALLBACK and step.event.status is not None and not step.event.is_forged
    is_early = step.expected.belief in (*_EARLY, Belief.UNKNOWN)
    return is_end and is_early and not step.is_again and not any(one.is_taken for one in step.responses)


def _filled(body: JsonObject, ids: Mapping[str, str]) -> JsonObject:
    return {name: _replaced(value, ids) if isinstance(value, str) else value for name, value in body.items()}


def _replaced(text: str, ids: Mapping[str, str]) -> str:
    for replica, replica_id in ids.items():
        text = text.replace(f"{{{replica}}}", replica_id)
    return text
