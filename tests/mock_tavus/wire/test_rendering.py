from __future__ import annotations

import gzip
from typing import Any

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_tavus.wire import WireScript
from mock_tavus.wire.rendering import cut_point, render, writes
from mock_tavus.wire.script import WireAnswer

HELLO = WireAnswer(200, (("Content-Type", "text/plain"),), b"hello")


def parsed(data: bytes) -> tuple[h11.Response, bytes]:
    """Return a final answer as h11 understands it; it must be whole."""
    client = h11.Connection(h11.CLIENT)
    client.send(h11.Request(method="GET", target="/", headers=[("Host", "a")]))
    client.send(h11.EndOfMessage())
    client.receive_data(data)
    if b"connection: close" in data.lower():
        client.receive_data(b"")
    final, body = None, b""
    while not isinstance(event := client.next_event(), h11.EndOfMessage):
        assert event is not h11.NEED_DATA
        if isinstance(event, h11.Response):
            final = event
        elif isinstance(event, h11.Data):
            body += event.data
    assert final is not None
    return final, body


def test_an_answer_as_it_is() -> None:
    assert render(HELLO, WireScript(), takes_gzip=False) == (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"
    )


bodies = st.binary(max_size=200)
sizes = st.lists(st.integers(1, 50), max_size=5)


@given(
    body=bodies,
    framing=st.sampled_from(["length", "chunked", "close"]),
    chunks=sizes,
    header_case=st.sampled_from(["as-is", "lower", "upper"]),
    interim=st.lists(st.sampled_from([100, 103]), max_size=2),
)
def test_however_it_is_framed_it_says_the_same(body: bytes, **how: Any) -> None:
    final, read = parsed(render(WireAnswer(200, (), body), WireScript(**how), takes_gzip=False))

    assert (final.status_code, read) == (200, body)


def test_gzip_if_it_was_asked_for() -> None:
    script = WireScript(gzip="if-advertised")
    final, body = parsed(render(HELLO, script, takes_gzip=True))

    assert dict(final.headers)[b"content-encoding"] == b"gzip"
    assert gzip.decompress(body) == b"hello"
    assert parsed(render(HELLO, script, takes_gzip=False))[1] == b"hello"


def test_a_length_that_is_wrong() -> None:
    assert b"Content-Length: 7\r\n" in render(HELLO, WireScript(length_offset=2), takes_gzip=False)
    assert b"Content-Length: 0\r\n" in render(HELLO, WireScript(length_offset=-9), takes_gzip=False)


def test_twice() -> None:
    once = render(HELLO, WireScript(), takes_gzip=False)

    assert render(HELLO, WireScript(twice=True), takes_gzip=False) == once * 2


def test_raw_bytes_are_left_alone() -> None:
    assert render(HELLO, WireScript(raw=b"\x00nonsense", interim=(100,)), takes_gzip=False) == b"\x00nonsense"


def test_a_204_has_no_body() -> None:
    assert render(WireAnswer(204, (), b"x"), WireScript(), takes_gzip=False) == b"HTTP/1.1 204 No Content\r\n\r\n"


@given(
    answer=bodies,
    split_at=st.lists(st.integers(0, 250), max_size=5),
    write_size=st.integers(0, 20),
    cut=st.none() | st.integers(0, 250),
)
def test_the_parts_are_the_answer_up_to_the_cut(
    answer: bytes, split_at: list[int], write_size: int, cut: int | None
) -> None:
    parts = list(writes(answer, WireScript(split_at=split_at, write_size=write_size, cut=cut)))

    assert b"".join(parts) == (answer if cut is None else answer[:cut])
    assert all(parts)
    assert not write_size or max(map(len, parts), default=0) <= write_size


@pytest.mark.parametrize("interim", [(), (100, 103)])
def test_named_cut_points_are_where_they_say(interim: tuple[int, ...]) -> None:
    whole = render(HELLO, WireScript(interim=interim), takes_gzip=False)
    head = len(whole) - len(HELLO.body)
    begin = whole.rfind(b"HTTP/1.1 200")

    assert begin < cut_point(whole, "in-head") < head - 4
    assert cut_point(whole, "after-head") == head
    assert head < cut_point(whole, "in-body") < len(whole)
    assert cut_point(whole, 7) == 7
