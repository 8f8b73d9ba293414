from __future__ import annotations

import threading

import pytest

from mock_tavus.background import Background
from mock_tavus.errors import ServerError
from tests.support import wait_until


def no_thread(self: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")


def test_a_loop_that_raises_goes_on_and_is_told_of(caplog: pytest.LogCaptureFixture) -> None:
    background = Background()
    turns: list[int] = []
    ended = threading.Event()

    def loop() -> None:
        turns.append(1)
        if len(turns) == 1:
            raise ValueError("mishap")
        ended.set()

    background.keep_running("test", loop)

    assert ended.wait(10)
    assert (len(turns), background.fault_count, background.last_fault) == (2, 1, "test: ValueError: mishap")
    assert "mishap" in caplog.text


def test_what_a_thread_raises_is_told_of() -> None:
    background = Background()

    assert background.try_start("test", lambda: [].pop())

    wait_until(lambda: background.fault_count == 1)


def test_a_thread_that_cannot_be_started_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading.Thread, "start", no_thread)
    background = Background()

    assert not background.try_start("test", lambda: None)
    assert (background.refused_count, background.last_fault) == (1, "test: can't start new thread")
    with pytest.raises(ServerError, match="the thread 'test' cannot be started"):
        background.keep_running("test", lambda: None)


def test_no_loop_begins_again_once_it_is_stopped() -> None:
    background = Background()
    turns: list[int] = []

    def loop() -> None:
        turns.append(1)
        background.stop()
        raise ValueError

    background.keep_running("test", loop)

    wait_until(lambda: background.fault_count == 1 and threading.active_count() >= 1)
    assert turns == [1]
