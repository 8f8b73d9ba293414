"""Heads of requests to a proxy."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_tavus.proxy.heads import HeadError, ProxyHead


@pytest.mark.parametrize(
    ("line", "host", "port"),
    [
        (b"CONNECT tavusapi.com:443 HTTP/1.1", "tavusapi.com", 443),
        (b"CONNECT TavusAPI.com:8443 HTTP/1.0", "tavusapi.com", 8443),
        (b"CONNECT tavusapi.com. HTTP/1.1", "tavusapi.com", 443),
        (b"CONNECT [::1]:443 HTTP/1.1", "::1", 443),
        (b"POST https://tavusapi.com/v2/replicas HTTP/1.1", "tavusapi.com", 443),
        (b"POST https://user@tavusapi.com:444/v2/replicas HTTP/1.1", "tavusapi.com", 444),
        (b"GET /v2/replicas HTTP/1.1", "", 0),
    ],
)
def test_whom_a_request_is_for(line: bytes, host: str, port: int) -> None:
    head = ProxyHead.parse(line + b"\r\nx-api-key: k")

    assert (head.host, head.port) == (host, port)


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"hello",
        b"GET / HTTP/2",
        b"CONNECT :443 HTTP/1.1",
        b"CONNECT a:port HTTP/1.1",
        b"GET https:/// HTTP/1.1",
        b"CONNECT a:0 HTTP/1.1",
    ],
)
def test_what_is_no_request_to_a_proxy_is_refused(head: bytes) -> None:
    with pytest.raises(HeadError, match="expected"):
        ProxyHead.parse(head)


def test_what_is_passed_on_is_one_request_to_the_server_itself() -> None:
    head = ProxyHead.parse(
        b"POST https://tavusapi.com/v2/replicas?a=b HTTP/1.1\r\nHost: other\r\nConnection: keep-alive\r\n"
        b"Proxy-Authorization: Basic x\r\nx-api-key: k\r\nContent-Length: 2"
    )

    assert head.passed_on() == (
        b"POST /v2/replicas?a=b HTTP/1.1\r\nHost: tavusapi.com\r\nConnection: close\r\n"
        b"x-api-key: k\r\nContent-Length: 2\r\n\r\n"
    )


def test_what_is_passed_to_another_proxy_keeps_its_whole_url() -> None:
    head = ProxyHead.parse(
        b"GET http://other.example/a?b HTTP/1.1\r\nHost: x\r\nProxy-Authorization: Basic mine\r\nAccept: */*"
    )

    assert head.passed_to_proxy("Basic theirs") == (
        b"GET http://other.example/a?b HTTP/1.1\r\nHost: other.example\r\nConnection: close\r\n"
        b"Proxy-Authorization: Basic theirs\r\nAccept: */*\r\n\r\n"
    )


@given(st.binary(max_size=200))
def test_whatever_comes_is_a_head_or_is_refused(head: bytes) -> None:
    try:
        ProxyHead.parse(head)
    except HeadError:
        return
