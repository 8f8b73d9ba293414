from __future__ import annotations

import threading
from collections.abc import Iterator

from mock_tavus.loading import Lazy


def test_a_value_is_built_once_however_many_ask() -> None:
    built: list[int] = []
    together = threading.Barrier(8)
    lazy = Lazy(lambda: built.append(1) or object())  # type: ignore[func-returns-value]
    found: list[object] = []

    def ask() -> None:
        together.wait()
        found.append(lazy.get())

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert built == [1]
    assert len(set(map(id, found))) == 1


def test_what_could_not_be_built_is_tried_again() -> None:
    answers: Iterator[ValueError | int] = iter([ValueError("not yet"), 3])

    def build() -> int:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    lazy = Lazy(build)
    try:
        lazy.get()
    except ValueError:
        assert lazy.get() == 3
