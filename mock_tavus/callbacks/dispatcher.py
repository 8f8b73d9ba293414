"""When callbacks are sent, and by whom: one thread that waits, and a pool that sends."""

from __future__ import annotations

import contextlib
import heapq
import itertools
import math
import threading
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import NamedTuple, Protocol

from mock_tavus.background import Background
from mock_tavus.callbacks.sender import CallbackSender
from mock_tavus.callbacks.targets import Target, TargetPolicy, TargetRefused
from mock_tavus.clock import Clock
from mock_tavus.messages import Delivery, DeliveryState

MAX_SENDERS = 128
MAX_SENDERS_PER_RECEIVER = 1
"""So many callbacks are under way at once, and of one account to one receiver: an account's go to a receiver one after
the other, in the order in which they fell due; one that hangs must not keep other receivers or accounts waiting."""

_NAP = 0.005
"""The shortest sleep in seconds: under load, callbacks that fall due one after the other share one awakening."""

_LOOK_AGAIN = 0.5
"""How soon callbacks are looked after again for which no thread could be started, in seconds."""

_FIRST_BACKOFF = 1.0
_LONGEST_BACKOFF = 60.0
_ENDS_WITHIN = 5.0  # seconds


class DeliveryBook(Protocol):
    """Where callbacks are recorded before they are tried; the store is one."""

    def claim_delivery(self, delivery: Delivery) -> Delivery | None:
        """Take a planned callback for sending; None if it was taken already, or cancelled."""
        ...

    def save_delivery(self, delivery: Delivery) -> bool:
        """Replace a claimed callback; False if it has been cancelled meanwhile."""
        ...

    def is_pending(self, delivery: Delivery) -> bool:
        """Return whether a callback still waits for its time."""
        ...

    @property
    def pending_count(self) -> int:
        """Return how many callbacks have not ended."""
        ...


_Receiver = tuple[str, str, int]  # account, host, port


class _Waiting(NamedTuple):
    wake_at: float  # monotonic
    number: int  # equal times keep their order
    not_before: float  # monotonic
    delivery: Delivery
    clock: Clock


class CallbackDispatcher:
    """Send each callback when its account's clock says so, and try again as told.

    Args:
        book: Where callbacks are recorded.
        policy: Where they may go.
        sender: What posts them.
        clock: For real time.
        retries: How often a callback that failed is tried again, after 1, 2, 4, … seconds of the account's time, at
            most 60. The vendor documents no retries.
        on_changed: Told of every callback that was tried or has ended.
        background: What starts threads.
    """

    def __init__(
        self,
        book: DeliveryBook,
        policy: TargetPolicy,
        sender: CallbackSender,
        clock: Clock,
        *,
        retries: int = 0,
        on_changed: Callable[[Delivery], None] = lambda delivery: None,
        background: Background | None = None,
    ) -> None:
        self._background = background or Background()
        self._book = book
        self._policy = policy
        self._sender = sender
        self._clock = clock
        self._retries = retries
        self._on_changed = on_changed
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._waiting: list[_Waiting] = []
        self._stopping = False
        self._has_started = False
        self._ended = threading.Event()
        self._queues: defaultdict[_Receiver, deque[tuple[Delivery, Target, Clock]]] = defaultdict(deque)
        self._busy: dict[_Receiver, int] = {}
        self._senders = 0
        self._crowded_out: deque[_Receiver] = deque()

    def start(self) -> None:
        """Start to send.

        Raises:
            ServerError: The system cannot start a thread.
        """
        self._background.keep_running("callback-deadlines", self._sender.watch_deadlines)
        self._background.keep_running("callbacks", self._run)
        self._has_started = True

    def stop(self) -> None:
        """Stop at once: what is under way is ended, what waits is not sent."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._sender.abort_all()
        if self._has_started:
            self._ended.wait(_ENDS_WITHIN)

    @property
    def starved_count(self) -> int:
        """Return how many receivers have callbacks that are due, and no thread to send them."""
        return len(self._crowded_out)

    def schedule(self, delivery: Delivery, clock: Clock, grace: float = 0.0) -> None:
        """Send a recorded callback when it is due.

        Args:
            delivery: What to send, and when.
            clock: Its account's.
            grace: How long it must wait in real seconds, whatever the account's clock says.
        """
        not_before = self._clock.monotonic() + grace
        with self._changed:
            self._push(delivery, clock, not_before)
            if self._waiting[0].delivery is delivery:
                self._changed.notify_all()

    def _push(self, delivery: Delivery, clock: Clock, not_before: float) -> None:
        wake_at = max(not_before, self._clock.monotonic() + clock.real_seconds_until(delivery.due_at))
        heapq.heappush(self._waiting, _Waiting(wake_at, next(self._numbers), not_before, delivery, clock))

    def look_again(self) -> None:
        """Work out anew when each waiting callback is due: a clock has jumped."""
        with self._changed:
            waiting, self._waiting = sorted(self._waiting, key=_in_order), []
            for item in waiting:
                self._push(item.delivery, item.clock, item.not_before)
            self._changed.notify_all()

    def _run(self) -> None:
        while (due := self._next_due()) is not None:
            try:
                self._begin(*due)
            except Exception as error:
                self._background.report("callbacks", error)
                self._give_up(due[0])
        self._ended.set()

    def _begin(self, delivery: Delivery, clock: Clock) -> None:
        try:
            target = self._policy.target(delivery.url)
        except TargetRefused as refusal:
            self._hold_back(delivery, str(refusal))
        else:
            self._enqueue(delivery, target, clock)

    def _give_up(self, delivery: Delivery) -> None:
        """Tell of a callback that a fault of ours has stopped; whatever is wrong, the others must go on."""
        with contextlib.suppress(Exception):
            self._end(replace(delivery, state=DeliveryState.FAILED, note="a fault of the emulator; see its log"))

    def _next_due(self) -> tuple[Delivery, Clock] | None:
        with self._changed:
            while not self._stopping:
                self._drop_cancelled()
                self._start_crowded_out()
                wait = self._waiting[0].wake_at - self._clock.monotonic() if self._waiting else math.inf
                if self._crowded_out and self._senders < MAX_SENDERS:  # there was no thread for them
                    wait = min(wait, _LOOK_AGAIN)
                if wait > 0:
                    self._changed.wait(min(max(wait, _NAP), threading.TIMEOUT_MAX))
                    continue
                item = heapq.heappop(self._waiting)
                if item.clock.real_seconds_until(item.delivery.due_at) > 0:  # its clock runs slower than real time
                    self._push(item.delivery, item.clock, item.not_before)
                    continue
                return item.delivery, item.clock
        return None

    def _drop_cancelled(self) -> None:
        # Cancelled callbacks stay until they are due; when they are the greater part, memory is worth a pass over all.
        if len(self._waiting) > 1000 and len(self._waiting) > 2 * self._book.pending_count:
            self._waiting = [item for item in self._waiting if self._book.is_pending(item.delivery)]
            heapq.heapify(self._waiting)

    def _enqueue(self, delivery: Delivery, target: Target, clock: Clock) -> None:
        receiver = (delivery.account_id, *target.receiver)
        with self._changed:
            self._queues[receiver].append((delivery, target, clock))
            self._busy.setdefault(receiver, 0)
            self._start_senders(receiver)

    def _start_senders(self, receiver: _Receiver) -> bool:
        """Start one more sender for a receiver, if it may have one; return False if there is no thread for it.

        Another receiver's end makes room for it, and `_next_due` looks again for threads.
        """
        if self._stopping or self._busy[receiver] >= MAX_SENDERS_PER_RECEIVER:
            return True
        if self._senders < MAX_SENDERS:
            self._busy[receiver] += 1
            self._senders += 1
            if self._background.try_start("callback", partial(self._send_queued, receiver)):
                return True
            self._busy[receiver] -= 1
            self._senders -= 1
        if receiver not in self._crowded_out:
            self._crowded_out.append(receiver)
        return False

    def _send_queued(self, receiver: _Receiver) -> None:
        turn = 0
        while (item := self._next_queued(receiver, turn)) is not None:
            turn += 1
            delivery, target, clock = item
            try:
                self._send(delivery, target, clock)
            except Exception as error:
                self._background.report(f"callback {delivery.delivery_id}", error)
                self._give_up(delivery)

    def _next_queued(self, receiver: _Receiver, turn: int) -> tuple[Delivery, Target, Clock] | None:
        with self._changed:
            queue = self._queues[receiver]
            # One turn each, where others were crowded out: no receiver keeps its senders while another has none.
            if queue and not self._stopping and not (turn and self._crowded_out):
                return queue.popleft()
            self._busy[receiver] -= 1
            self._senders -= 1
            if queue and receiver not in self._crowded_out:
                self._crowded_out.append(receiver)
            elif not queue and not self._busy[receiver]:
                del self._busy[receiver], self._queues[receiver]
            self._start_crowded_out()
            return None

    def _start_crowded_out(self) -> None:
        """Start senders for receivers that have callbacks and none, as far as there is room for them."""
        for _ in range(len(self._crowded_out)):
            if self._senders >= MAX_SENDERS:
                return
            receiver = self._crowded_out.popleft()
            if self._queues.get(receiver) and not self._start_senders(receiver):
                return

    def _send(self, delivery: Delivery, target: Target, clock: Clock) -> None:
        claimed = self._book.claim_delivery(delivery)
        if claimed is None:
            return
        try:
            addresses = self._policy.addresses(target)
        except TargetRefused as refusal:
            self._end(replace(claimed, state=DeliveryState.HELD_BACK, note=str(refusal)))
            return
        attempt = self._sender.send(target, addresses, claimed.body, clock.now())
        if self._stopping:
            return
        tried = replace(claimed, target_url=target.url, attempts=(*claimed.attempts, attempt))
        if attempt.error is None:
            self._end(replace(tried, state=DeliveryState.DELIVERED))
        elif len(tried.attempts) > (self._retries if tried.retries is None else tried.retries):
            self._end(replace(tried, state=DeliveryState.FAILED))
        else:
            backoff = min(_FIRST_BACKOFF * 2 ** (len(tried.attempts) - 1), _LONGEST_BACKOFF)
            again = replace(tried, state=DeliveryState.PLANNED, due_at=clock.now() + backoff)
            if self._book.save_delivery(again):
                self.schedule(again, clock)
                self._on_changed(again)

    def _hold_back(self, delivery: Delivery, why: str) -> None:
        claimed = self._book.claim_delivery(delivery)
        if claimed is not None:
            self._end(replace(claimed, state=DeliveryState.HELD_BACK, note=why))

    def _end(self, delivery: Delivery) -> None:
        if self._book.save_delivery(delivery):
            self._on_changed(delivery)


def _in_order(item: _Waiting) -> tuple[float, int]:
    return item.delivery.due_at, item.number
