from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract_tests.http.messages import read_request

HEAD = b"POST /v2/replicas?a=1 HTTP/1.1\r\nHost: a\r\nX-Api-Key:  k \r\n"


def test_a_request_is_read() -> None:
    request = read_request(HEAD + b"Content-Length: 2\r\n\r\n{}")

    assert request is not None
    assert (request.method, request.target, request.body) == ("POST", "/v2/replicas?a=1", b"{}")
    assert request.header("x-api-key") == "k"
    assert request.faults == ()


@given(body=st.binary(max_size=50), sizes=st.lists(st.integers(1, 20), max_size=4))
def test_chunks_are_read(body: bytes, sizes: list[int]) -> None:
    parts, rest = [], body
    for size in [*sizes, len(body)]:
        part, rest = rest[:size], rest[size:]
        if part:
            parts.append(b"%x;a=b\r\n%b\r\n" % (len(part), part))
    request = read_request(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"".join(parts) + b"0\r\n\r\n")

    assert request is not None
    assert (request.body, request.faults) == (body, ())


@pytest.mark.parametrize(
    ("rest", "fault"),
    [
        (b"Content-Length: 3\r\n\r\n{}", "Content-Length says 3 bytes, and there are 2"),
        (b"Content-Length: 1\r\n\r\n{}", "Content-Length says 1 bytes, and there are 2"),
        (b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", "Content-Length: 2, 3"),
        (b"Content-Length: +2\r\n\r\n{}", "Content-Length: +2"),
        (b"\r\n{}", "nothing that frames them"),
        (b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "beside Transfer-Encoding"),
        (b"Transfer-Encoding: gzip, chunked\r\n\r\n", "Transfer-Encoding"),
        (b"Transfer-Encoding: chunked\r\n\r\nx\r\n", "a chunk begins with"),
        (b"Transfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n", "does not end after them"),
        (b"Transfer-Encoding: chunked\r\n\r\n0\r\n", "the last chunk does not end"),
        (b"bad header: x\r\n\r\n", "the header line"),
        (b"a: b\nc: d\r\n\r\n", "the header line"),
        (b"", "the head does not end"),
    ],
)
def test_what_breaks_the_rules_is_told(rest: bytes, fault: str) -> None:
    request = read_request(HEAD + rest)

    assert request is not None
    assert any(fault in one for one in request.faults)


@pytest.mark.parametrize("raw", [b"", b"\x16\x03\x01", b"GET /\r\n\r\n", b"GET / FTP/1.1\r\n\r\n"])
def test_what_is_no_request_is_none(raw: bytes) -> None:
    assert read_request(raw) is None


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b"\xef\xbb\xbf{}", "byte order mark"),
        (b'{"a": 1, "a": 2}', "a key comes twice"),
        (b'{"a": NaN}', "NaN is not JSON"),
        (b'{"a": -Infinity}', "-Infinity is not JSON"),
        (b'{"a": "\xe9"}', "utf-8"),
        (b"{'a': 1}", "Expecting"),
    ],
)
def test_a_body_is_read_strictly(body: bytes, fault: str) -> None:
    request = read_request(HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)

    assert request is not None
    with pytest.raises(ValueError, match=fault):
        request.json()
