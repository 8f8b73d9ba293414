from __future__ import annotations

import threading

import pytest

from mock_tavus.background import Background
from mock_tavus.http.workers import Workers
from tests.support import wait_until


def test_jobs_that_wait_have_threads_up_to_the_size_and_the_rest_its_turn() -> None:
    workers = Workers("test", 4, Background())
    go_on, running, done = threading.Event(), [], []

    def job() -> None:
        running.append(1)
        go_on.wait(20)
        done.append(1)

    for _ in range(10):
        workers.submit(job)
    wait_until(lambda: len(running) == 4)

    go_on.set()
    wait_until(lambda: len(done) == 10)


def test_a_job_that_raises_takes_no_thread_with_it() -> None:
    background = Background()
    workers = Workers("test", 2, background)
    done = threading.Event()
    for _ in range(5):
        workers.submit(lambda: [].pop())
    workers.submit(done.set)

    assert done.wait(20)
    assert background.fault_count == 5


def test_without_another_thread_the_first_ones_do_it_all(monkeypatch: pytest.MonkeyPatch) -> None:
    background = Background()
    workers = Workers("test", 100, background)
    monkeypatch.setattr(background, "try_start", lambda name, target: False)
    done: list[int] = []
    for number in range(50):
        workers.submit(lambda number=number: done.append(number))  # type: ignore[misc]

    wait_until(lambda: len(done) == 50)
