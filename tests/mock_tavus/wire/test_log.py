from __future__ import annotations

import pytest

from mock_tavus.clock import SystemClock
from mock_tavus.store.changes import Changes
from mock_tavus.wire import WireLog, WireScript
from mock_tavus.wire.log import MAX_ARMED, MAX_RECORDED_BYTES, Traffic
from mock_tavus.wire.script import NORMAL, ScriptError

CUT, RESET = WireScript(cut=1), WireScript(end="rst")


def test_the_oldest_that_fits_is_played_once() -> None:
    log = WireLog(Changes(SystemClock()))
    log.arm([CUT], "acct_1")
    log.arm([RESET], None)

    assert log.pick("acct_2") == RESET
    assert log.pick("acct_1") == CUT
    assert log.pick("acct_1") == NORMAL


def test_a_script_may_be_for_several() -> None:
    log = WireLog(Changes(SystemClock()))
    log.arm([WireScript(cut=1, times=2)], None)

    assert [log.pick(None).cut for _ in range(3)] == [1, 1, None]


def test_only_a_script_for_any_account_can_be_known_before_anything_was_read() -> None:
    log = WireLog(Changes(SystemClock()))
    log.arm([WireScript(read="nothing")], "acct_1")
    assert log.pick_unread() is None
    log.disarm()
    log.arm([CUT, WireScript(read="nothing")], None)
    assert log.pick_unread() is None
    log.pick(None)

    script = log.pick_unread()

    assert script is not None
    assert script.read == "nothing"
    assert log.armed() == []


def test_so_many_may_be_armed() -> None:
    log = WireLog(Changes(SystemClock()))
    log.arm([CUT] * MAX_ARMED, None)
    with pytest.raises(ScriptError, match="disarm some first"):
        log.arm([CUT], None)

    assert log.disarm("acct_1") == 0
    assert log.disarm() == MAX_ARMED


def test_exchanges_of_one_account_can_be_forgotten() -> None:
    log = WireLog(Changes(SystemClock()))
    mine, other = log.begin("wire", 1, 0.0), log.begin("wire", 2, 0.0)
    mine.account_id, other.account_id = "acct_1", "acct_2"
    assert log.last_id == other.exchange_id == "wx_000002"

    assert log.clear("acct_1") == 1
    assert list(log.exchanges()) == [other]
    assert list(log.exchanges(since=2)) == []


def test_the_first_end_counts() -> None:
    log = WireLog(Changes(SystemClock()))
    exchange = log.begin("wire", 1, 0.0)
    log.wait_until_ended(0, 0.01)
    log.end(exchange, "rst")
    log.end(exchange, "client")
    log.wait_until_ended(0, 60)

    assert exchange.ended == "rst"


def test_what_is_kept_is_bounded() -> None:
    traffic = Traffic()
    for _ in range(3):
        traffic.add(b"x" * MAX_RECORDED_BYTES, 1.0)

    assert len(traffic.data) == MAX_RECORDED_BYTES
    assert traffic.length == 3 * MAX_RECORDED_BYTES
