"""Which hosts a proxy leads to."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from mock_tavus.proxy.tunnels import FormerProxy, TunnelRefused, Tunnels


def opened(tunnels: Tunnels, host: str, port: int = 443, peer: str = "127.0.0.1") -> None:
    async def run() -> None:
        _, writer = await tunnels.open(host, port, peer)
        writer.close()
        await writer.wait_closed()

    asyncio.run(run())


def resolving(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Have every name resolve to these addresses."""
    found: list[Any] = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in addresses]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)


@pytest.fixture
def other() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


def test_a_host_that_was_not_named_is_refused_with_how_to_name_it() -> None:
    tunnels = Tunnels(["a.example"])

    with pytest.raises(TunnelRefused, match=r"no tunnel to b\.example; allow it with --tunnel b\.example"):
        opened(tunnels, "b.example")
    assert tunnels.refused == {"b.example": 1}


def test_other_machines_get_none(other: socket.socket) -> None:
    with pytest.raises(TunnelRefused, match="its own machine only"):
        opened(Tunnels(["a.example"]), "a.example", peer="192.168.1.7")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "::1",
        "10.1.2.3",
        "192.168.0.1",
        "169.254.169.254",
        "fe80::1",
        "0.0.0.0",
        "::ffff:10.0.0.1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b::a00:1",
    ],
)
def test_a_name_that_leads_into_a_private_network_is_refused(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    resolving(monkeypatch, address)

    with pytest.raises(TunnelRefused, match="private network"):
        opened(Tunnels(["a.example"]), "a.example")


def test_one_private_address_among_others_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, "93.184.216.34", "10.0.0.1")

    with pytest.raises(TunnelRefused, match=r"10\.0\.0\.1"):
        opened(Tunnels(["a.example"]), "a.example")


@pytest.mark.parametrize("address", ["169.254.169.254", "fe80::1", "224.0.0.1", "fd00:ec2::254", "64:ff9b::a9fe:a9fe"])
def test_a_run_leads_to_private_networks_and_not_to_where_clouds_keep_credentials(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    resolving(monkeypatch, address)

    with pytest.raises(TunnelRefused, match="private network"):
        opened(Tunnels(to_all=True), "a.example")


def test_a_run_leads_anywhere_and_counts(monkeypatch: pytest.MonkeyPatch, other: socket.socket) -> None:
    tunnels = Tunnels(to_all=True)
    resolving(monkeypatch, "127.0.0.1")

    opened(tunnels, "a.example", other.getsockname()[1])

    assert tunnels.counts == {"a.example": 1}
    assert not tunnels.refused


def test_the_proxy_that_was_set_before_is_asked(other: socket.socket) -> None:
    heard: list[bytes] = []

    def answer() -> None:
        connected, _ = other.accept()
        with connected:
            heard.append(connected.recv(4096))
            connected.sendall(b"HTTP/1.1 204 Fine\r\n\r\n")

    thread = threading.Thread(target=answer)
    thread.start()
    proxy = FormerProxy.parse(f"http://me:secret@127.0.0.1:{other.getsockname()[1]}")

    opened(Tunnels(to_all=True, former_proxy=proxy), "a.example")

    thread.join()
    assert heard[0].startswith(b"CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n")
    assert b"Proxy-Authorization: Basic bWU6c2VjcmV0" in heard[0]


@pytest.mark.parametrize("answer", [b"HTTP/1.1 407 No\r\n\r\n", b"nonsense", b""])
def test_a_proxy_that_refuses_is_an_error(other: socket.socket, answer: bytes) -> None:
    def say() -> None:
        connected, _ = other.accept()
        with connected:
            connected.recv(4096)
            connected.sendall(answer)

    thread = threading.Thread(target=say)
    thread.start()

    with pytest.raises(OSError, match="the proxy 127"):
        opened(Tunnels(to_all=True, former_proxy=FormerProxy("127.0.0.1", other.getsockname()[1])), "a.example")
    thread.join()


def test_a_proxy_that_says_nothing_is_left_in_time(other: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mock_tavus.proxy.tunnels._CONNECTS_WITHIN", 0.1)
    heard: list[bytes] = []

    def say_nothing() -> None:
        connected, _ = other.accept()
        connected.settimeout(20)
        with connected, contextlib.suppress(ConnectionResetError):
            while data := connected.recv(4096):
                heard.append(data)

    thread = threading.Thread(target=say_nothing)
    thread.start()

    with pytest.raises(TimeoutError):
        opened(Tunnels(to_all=True, former_proxy=FormerProxy("127.0.0.1", other.getsockname()[1])), "a.example")
    thread.join(20)
    assert not thread.is_alive()
    assert heard[0].startswith(b"CONNECT a.example:443")


def test_an_address_of_this_machine_is_refused_though_it_is_public(monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, "8.8.4.4")
    monkeypatch.setattr("mock_tavus.proxy.tunnels.is_on_this_machine", lambda address: str(address) == "8.8.4.4")

    with pytest.raises(TunnelRefused, match="is this machine's"):
        opened(Tunnels(["a.example"]), "a.example")


def test_a_name_that_is_none_is_an_error() -> None:
    with pytest.raises((OSError, ValueError)):
        opened(Tunnels(to_all=True), "a..b")
