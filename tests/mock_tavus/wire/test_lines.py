from __future__ import annotations

import pytest

from mock_tavus.clock import SystemClock
from mock_tavus.store.changes import Changes
from mock_tavus.wire import WireLines, WireLog, WireScript
from mock_tavus.wire.lines import MAX_LINES, LineError


class Ports:
    """Stand for what listens."""

    def __init__(self, log: WireLog) -> None:
        self.log = log
        self.is_open = True

    def stop(self) -> None:
        self.is_open = False


@pytest.fixture
def lines() -> WireLines:
    lines = WireLines(Changes(SystemClock()))
    lines.listen = Ports
    return lines


def test_what_is_armed_on_one_line_is_not_played_on_another(lines: WireLines) -> None:
    first, first_log = lines.open()
    second, second_log = lines.open()
    first_log.arm([WireScript(cut=1)], None)

    assert first != second
    assert second_log.pick(None).cut is None
    assert lines.main.pick(None).cut is None
    assert lines.log(first).pick(None).cut == 1


def test_a_line_that_is_closed_is_gone(lines: WireLines) -> None:
    name, _ = lines.open()
    lines.close(name)

    assert lines.logs == {}
    with pytest.raises(LineError, match="no line is called 'line-1'"):
        lines.log(name)
    with pytest.raises(LineError, match="no line is called"):
        lines.close(name)


def test_lines_are_bounded(lines: WireLines) -> None:
    for _ in range(MAX_LINES):
        lines.open()

    with pytest.raises(LineError, match="16 lines are open"):
        lines.open()
    lines.close_all()
    lines.open()


def test_without_a_wire_there_are_no_lines() -> None:
    with pytest.raises(LineError, match="start the server with --wire-port"):
        WireLines(Changes(SystemClock())).open()


def test_a_port_that_cannot_be_had_is_told(lines: WireLines) -> None:
    def listen(log: WireLog) -> Ports:
        raise OSError("too many files")

    lines.listen = listen
    with pytest.raises(LineError, match="too many files"):
        lines.open()


def test_forgetting_reaches_every_line(lines: WireLines) -> None:
    _, log = lines.open()
    log.arm([WireScript(cut=1)], None)
    log.begin("wire", 1, 0.0)
    lines.disarm()
    lines.clear()

    assert log.armed() == []
    assert log.exchanges() == []
