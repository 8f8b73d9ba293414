"""How the server ends: by a signal, with its standard input, or with the process that started it."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
from collections.abc import Callable

from mock_tavus.background import Background


def stop_once(stop: Callable[[], None], *, ignores_hangup: bool) -> None:
    """Handle the first of several stop signals alone.

    granian's own handler takes a lock, and would wait for itself for ever if a second signal came while it holds it: a
    `make` that is ended hands the signal on to what it runs, which has it already. And on SIGHUP, which a terminal
    sends when it is closed, granian would start a second worker, with a state of its own.

    Args:
        stop: What stops the server.
        ignores_hangup: Whether SIGHUP was ignored when the server was started, as `nohup` has it.
    """
    stopping = False

    def handle(*_: object) -> None:
        nonlocal stopping
        if not stopping:
            stopping = True
            stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, handle)
    signal.signal(signal.SIGHUP, signal.SIG_IGN if ignores_hangup else handle)


def stop_at_end_of_input() -> None:
    """Stop this process when its standard input ends: whoever held the other end has closed it, or is no more."""
    with contextlib.suppress(OSError):
        while os.read(0, 65536):
            pass
    os.kill(os.getpid(), signal.SIGTERM)


def end_with_parent(background: Background) -> None:
    """End this process when its parent ends, however that happens: nobody could stop it any more."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        os._exit(0)

    background.keep_running("parent-watch", watch)
