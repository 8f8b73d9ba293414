"""When callbacks are sent: one thread with a loop, in which each receiver is served by itself."""

from __future__ import annotations

import asyncio
import math
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from mock_tavus.background import Background
from mock_tavus.callbacks.outbox import Outbox
from mock_tavus.callbacks.sender import Sender
from mock_tavus.callbacks.targets import Target, TargetPolicy, TargetRefused
from mock_tavus.clock import BaseClock
from mock_tavus.loops import in_thread
from mock_tavus.messages import Delivery, DeliveryState

MAX_SENDING = 512
"""How many callbacks are under way at once: each has a socket."""

_MAX_CLAIMED = 1000
"""How many callbacks are claimed in one step; between two steps, what is under way goes on."""

_MAX_QUEUED = 20_000
"""How many may be claimed and not sent: others stay in the store until there is room."""

_LOOK_AGAIN = 0.02  # seconds until a full queue is looked at again
_LOOKS_EVERY = 1.0
"""The longest sleep before a moment that comes, in seconds: the computer may sleep meanwhile, or its clock be set."""

_NAP = 0.005
"""The shortest sleep in seconds: under load, callbacks that fall due one after the other share one awakening."""

_FIRST_BACKOFF = 1.0
_LONGEST_BACKOFF = 60.0
_ENDS_WITHIN = 2.0  # seconds

_Receiver = tuple[str, str, int]  # account, host, port


class _Run:
    """The dispatcher from one start to the next stop; one that is slow to end is not taken for the next."""

    def __init__(self) -> None:
        self.stopping = threading.Event()
        self.ended = threading.Event()
        self.has_begun = False
        self.tasks: set[asyncio.Task[None]] = set()


class CallbackDispatcher:
    """Send each callback when it is due, and try again as often as a failed one is to be.

    From one account to one receiver, they go one after the other, in the order in which they fell due; a receiver that
    hangs must not keep other receivers or accounts waiting.

    Args:
        outbox: Where callbacks come from.
        policy: Where they may go.
        sender: What posts them.
        clock: For real time, and for how long to wait.
        retries: How often a callback that failed is tried again, after 1, 2, 4, … seconds of the account's time, at
            most 60. The vendor documents no retries.
        background: What starts the thread.
    """

    def __init__(
        self,
        outbox: Outbox,
        policy: TargetPolicy,
        sender: Sender,
        clock: BaseClock,
        *,
        retries: int = 0,
        background: Background | None = None,
    ) -> None:
        self._background = background or Background()
        self._outbox = outbox
        self._policy = policy
        self._sender = sender
        self._clock = clock
        self._retries = retries
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_waking = False
        self._run = _Run()
        self._run.stopping.set()
        self._waits_until = (-math.inf, -math.inf)
        self._queues: defaultdict[_Receiver, deque[tuple[Delivery, Target]]] = defaultdict(deque)
        self._busy: set[_Receiver] = set()
        self._without_room: deque[_Receiver] = deque()
        self._queued = 0

    def start(self) -> None:
        """Begin to send callbacks.

        Raises:
            ServerError: The system cannot start a thread.
        """
        self._run = run = _Run()
        try:
            self._background.keep_running("callbacks", lambda: self._serve_until_stopped(run))
        except Exception:
            run.stopping.set()
            raise

    def stop(self) -> None:
        """Stop at once: what is under way is ended, what waits is not sent."""
        self._run.stopping.set()
        self.wake()
        if self._run.has_begun:
            self._run.ended.wait(_ENDS_WITHIN)

    @property
    def is_running(self) -> bool:
        """Return whether callbacks are sent."""
        return not self._run.stopping.is_set()

    @property
    def starved_count(self) -> int:
        """Return how many receivers have callbacks that are due, and no room to send them."""
        return len(self._without_room)

    def wake(self) -> None:
        """Look again for what is due: a callback was released, or a clock has jumped."""
        loop = self._loop
        if loop is None or self._is_waking:
            return
        self._is_waking = True
        try:
            loop.call_soon_threadsafe(self._awake.set)
        except RuntimeError:  # the loop has just ended
            self._is_waking = False

    def wake_for(self, base: float, monotonic: float) -> None:
        """Look again if a callback falls due before the one that is waited for.

        Args:
            base: Its moment on the base clock.
            monotonic: Before which real moment it must not be sent.
        """
        waits_base, waits_monotonic = self._waits_until
        if base < waits_base or monotonic < waits_monotonic:
            self.wake()

    def _serve_until_stopped(self, run: _Run) -> None:
        run.has_begun = True
        try:
            asyncio.run(self._serve(run))
        finally:
            if run is self._run:
                self._loop = None
            if run.stopping.is_set():  # else it runs again, after a fault
                run.ended.set()

    async def _serve(self, run: _Run) -> None:
        self._awake = asyncio.Event()
        self._is_waking = False
        self._loop = asyncio.get_running_loop()
        self._queues.clear()
        self._busy.clear()
        self._without_room.clear()
        self._queued = 0
        self._outbox.take_back()  # what another run had claimed and not sent
        while not run.stopping.is_set():
            self._is_waking = False
            self._awake.clear()
            self._waits_until = (math.inf, math.inf)  # what is released from now on wakes the loop
            wait = self._claim()
            if wait > 0:
                try:
                    async with asyncio.timeout(None if wait == math.inf else min(max(wait, _NAP), _LOOKS_EVERY)):
                        await self._awake.wait()
                except TimeoutError:
                    pass
            else:
                await asyncio.sleep(0)
        for task in list(run.tasks):
            task.cancel()
        await asyncio.gather(*run.tasks, return_exceptions=True)

    def _claim(self) -> float:
        """Begin with what is due, and return how long to wait until more will be, in real seconds."""
        if self._queued >= _MAX_QUEUED:
            return _LOOK_AGAIN
        claimed = self._outbox.claim_due(_MAX_CLAIMED)
        for delivery in claimed:
            try:
                self._begin(delivery)
            except Exception as error:
                self._background.report("callbacks", error)
                self._give_up(delivery)
        if len(claimed) == _MAX_CLAIMED:
            return 0.0
        base, monotonic = self._waits_until = self._outbox.next_due()
        real = math.inf if base == math.inf else self._clock.real_seconds_until(base)
        return min(real, math.inf if monotonic == math.inf else max(0.0, monotonic - self._clock.monotonic()))

    def _begin(self, delivery: Delivery) -> None:
        try:
            target = self._policy.target(delivery.url)
        except TargetRefused as refusal:
            self._outbox.finish(replace(delivery, state=DeliveryState.HELD_BACK, note=str(refusal)))
            return
        receiver = (delivery.account_id, *target.receiver)
        self._queues[receiver].append((delivery, target))
        self._queued += 1
        if receiver not in self._busy:
            self._serve_receiver(receiver)

    def _give_up(self, delivery: Delivery) -> None:
        """Tell of a callback that a fault of ours has stopped; whatever is wrong, the others must go on."""
        note = "a fault of the emulator; see its log"
        try:
            self._outbox.finish(replace(delivery, state=DeliveryState.FAILED, note=note))
        except Exception as error:
            self._background.report("callbacks", error)

    def _serve_receiver(self, receiver: _Receiver) -> None:
        """Send what is queued for a receiver, as soon as there is room."""
        self._busy.add(receiver)
        if len(self._run.tasks) >= MAX_SENDING:
            self._without_room.append(receiver)
            return
        self._start(self._send_queued(receiver))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        run = self._run
        run.tasks.add(task)
        task.add_done_callback(partial(self._has_ended, run))

    def _has_ended(self, run: _Run, task: asyncio.Task[None]) -> None:
        run.tasks.discard(task)
        if self._without_room and not run.stopping.is_set():
            self._start(self._send_queued(self._without_room.popleft()))

    async def _send_queued(self, receiver: _Receiver) -> None:
        queue = self._queues[receiver]
        while queue:
            delivery, target = queue.popleft()
            self._queued -= 1
            try:
                await self._send(delivery, target)
            except Exception as error:
                self._background.report(f"callback {delivery.delivery_id}", error)
                self._give_up(delivery)
            if queue and self._without_room:  # one turn each, where others have no room
                self._without_room.append(receiver)
                return
        self._busy.discard(receiver)
        if not queue:
            self._queues.pop(receiver, None)

    async def _looked_up(self, target: Target) -> Sequence[str]:
        """Return the addresses of a name, looked up in a thread that nobody waits for when the loop ends."""

        def submit(run: Callable[[], None]) -> None:
            if not self._background.try_start("look-up", run):
                raise TargetRefused(f"{target.host} cannot be looked up: the system has no room for one more thread")

        addresses: Sequence[str] = await in_thread(submit, partial(self._policy.addresses, target))
        return addresses

    async def _send(self, delivery: Delivery, target: Target) -> None:
        if not self._outbox.is_claimed(delivery):
            return
        try:
            addresses = self._policy.known_addresses(target)
            if addresses is None:  # a name is looked up in a thread: the system may take its time
                addresses = await self._looked_up(target)
                if not self._outbox.is_claimed(delivery):
                    return
        except TargetRefused as refusal:
            self._outbox.finish(replace(delivery, state=DeliveryState.HELD_BACK, note=str(refusal)))
            return
        attempt = await self._sender.send(
            target, addresses, delivery.body, self._outbox.account_now(delivery.account_id)
        )
        tried = replace(delivery, target_url=target.url, attempts=(*delivery.attempts, attempt))
        if attempt.error is None:
            self._outbox.finish(replace(tried, state=DeliveryState.DELIVERED))
        elif len(tried.attempts) > (self._retries if tried.retries is None else tried.retries):
            self._outbox.finish(replace(tried, state=DeliveryState.FAILED))
        else:
            backoff = min(_FIRST_BACKOFF * 2 ** (len(tried.attempts) - 1), _LONGEST_BACKOFF)
            due_at = self._outbox.account_now(delivery.account_id) + backoff
            self._outbox.finish(replace(tried, state=DeliveryState.PLANNED, due_at=due_at))
