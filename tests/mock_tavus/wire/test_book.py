from __future__ import annotations

import pytest

from mock_tavus.wire import WireBook, WireScript
from mock_tavus.wire.book import MAX_ARMED, MAX_RECORDED_BYTES, Traffic
from mock_tavus.wire.script import NORMAL, ScriptError

CUT, RESET = WireScript(cut=1), WireScript(end="rst")


def test_the_oldest_that_fits_is_played_once() -> None:
    book = WireBook()
    book.arm([CUT], "acct_1")
    book.arm([RESET], None)

    assert book.pick("acct_2") == RESET
    assert book.pick("acct_1") == CUT
    assert book.pick("acct_1") == NORMAL


def test_a_script_may_be_for_several() -> None:
    book = WireBook()
    book.arm([WireScript(cut=1, times=2)], None)

    assert [book.pick(None).cut for _ in range(3)] == [1, 1, None]


def test_only_a_script_for_any_account_can_be_known_before_anything_was_read() -> None:
    book = WireBook()
    book.arm([WireScript(read="nothing")], "acct_1")
    assert book.pick_unread() is None
    book.disarm()
    book.arm([CUT, WireScript(read="nothing")], None)
    assert book.pick_unread() is None
    book.pick(None)

    script = book.pick_unread()

    assert script is not None
    assert script.read == "nothing"
    assert book.armed() == []


def test_so_many_may_be_armed() -> None:
    book = WireBook()
    book.arm([CUT] * MAX_ARMED, None)
    with pytest.raises(ScriptError, match="disarm some first"):
        book.arm([CUT], None)

    assert book.disarm("acct_1") == 0
    assert book.disarm() == MAX_ARMED


def test_exchanges_of_one_account_can_be_forgotten() -> None:
    book = WireBook()
    mine, other = book.begin("wire", 1, 0.0), book.begin("wire", 2, 0.0)
    mine.account_id, other.account_id = "acct_1", "acct_2"
    assert book.last_id == other.exchange_id == "wx_000002"

    assert book.clear("acct_1") == 1
    assert list(book.exchanges()) == [other]
    assert list(book.exchanges(since=2)) == []


def test_the_first_end_counts() -> None:
    book = WireBook()
    exchange = book.begin("wire", 1, 0.0)
    book.wait_until_ended(0, 0.01)
    book.end(exchange, "rst")
    book.end(exchange, "client")
    book.wait_until_ended(0, 60)

    assert exchange.ended == "rst"


def test_what_is_kept_is_bounded() -> None:
    traffic = Traffic()
    for _ in range(3):
        traffic.add(b"x" * MAX_RECORDED_BYTES, 1.0)

    assert len(traffic.data) == MAX_RECORDED_BYTES
    assert traffic.length == 3 * MAX_RECORDED_BYTES
