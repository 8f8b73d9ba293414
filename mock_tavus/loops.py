"""Between threads and the loop of an asynchronous server: each may wait for the other, and neither for ever."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

_TURNS = 10
"""How often a loop goes round at its end: a connection takes two or three turns to open, and as many to close."""

_WRITES_WITHIN = 60.0
"""How long a client may take to read a part of a response, in seconds."""


async def closed() -> None:
    """Let a loop close what has been ended, and open what has been accepted, before it ends itself."""
    for _ in range(_TURNS):
        await asyncio.sleep(0)


async def readable(descriptor: int) -> None:
    """Wait until there is something to read, or to accept; nothing is taken, so that a cancellation loses nothing.

    Args:
        descriptor: Of a socket that does not block.
    """
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()
    loop.add_reader(descriptor, partial(_settle, ready, ready.set_result, None))
    try:
        await ready
    finally:
        loop.remove_reader(descriptor)


async def in_thread(submit: Callable[[Callable[[], None]], object], job: Callable[[], Any]) -> Any:
    """Run `job` in a thread, and return what it gives or raise what it raises.

    Args:
        submit: Runs what it is given in a thread, soon; what it raises comes out of this.
        job: What to do.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Any] = loop.create_future()

    def run() -> None:
        try:
            tell = partial(_settle, done, done.set_result, job())
        except Exception as error:
            tell = partial(_settle, done, done.set_exception, error)
        with contextlib.suppress(RuntimeError):  # the loop has ended, and nobody waits
            loop.call_soon_threadsafe(tell)

    submit(run)
    return await done


def await_on(loop: asyncio.AbstractEventLoop, make: Callable[[], Coroutine[Any, Any, Any]]) -> None:
    """Run a coroutine on a loop, from another thread, and wait until it has ended.

    Args:
        loop: The loop.
        make: Makes the coroutine; it is called on the loop, so that none is left over if the loop has ended.

    Raises:
        RuntimeError: The loop has ended.
        TimeoutError: The client has not taken it within a minute.
    """
    done: concurrent.futures.Future[None] = concurrent.futures.Future()

    def tell(task: asyncio.Task[Any]) -> None:
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)

    loop.call_soon_threadsafe(lambda: loop.create_task(make()).add_done_callback(tell))
    done.result(_WRITES_WITHIN)


def _settle(done: asyncio.Future[Any], settle: Callable[[Any], None], value: Any) -> None:
    if not done.done():
        settle(value)
