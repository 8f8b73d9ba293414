"""One feed of changes, for whoever waits for one."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable
from enum import StrEnum
from typing import TypeVar

from mock_tavus.clock import Clock

_T = TypeVar("_T")


class Topic(StrEnum):
    """What has changed."""

    REQUESTS = "requests"
    CALLBACKS = "callbacks"
    INBOXES = "inboxes"
    WIRE = "wire"


class _Feed:
    """The changes of one topic."""

    __slots__ = ("condition", "version", "waiting")

    def __init__(self) -> None:
        self.condition = threading.Condition()
        self.version = 0
        self.waiting = 0


class Changes:
    """Wake whoever waits for a change.

    Args:
        clock: For real time.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._feeds: defaultdict[Topic, _Feed] = defaultdict(_Feed)
        for topic in Topic:
            self._feeds[topic] = _Feed()

    def publish(self, topic: Topic) -> None:
        """Say that something of `topic` has changed, once it can be seen; it costs little if nobody waits."""
        feed = self._feeds[topic]
        feed.version += 1
        if feed.waiting:
            with feed.condition:
                feed.condition.notify_all()

    def wait_for(self, topic: Topic, look: Callable[[], _T], timeout: float) -> _T:
        """Return what `look` gives as soon as that is true, or what it gives after `timeout` real seconds.

        Args:
            topic: What `look` depends on: it is called again after each change of that.
            look: Gives what is waited for, false as long as it is not there.
            timeout: How long to wait at most, in real seconds.
        """
        feed = self._feeds[topic]
        deadline = self._clock.monotonic() + timeout
        with feed.condition:
            feed.waiting += 1
        try:
            while True:
                seen = feed.version
                found = look()
                left = deadline - self._clock.monotonic()
                if found or left <= 0:
                    return found
                with feed.condition:
                    # a change since `look` was called may have been published before anybody waited
                    feed.condition.wait_for(lambda seen=seen: feed.version != seen, left)  # type: ignore[misc]
        finally:
            with feed.condition:
                feed.waiting -= 1
