"""Which other hosts a program that uses this proxy may reach through it, and how."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import socket
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

from mock_tavus.errors import MockTavusError
from mock_tavus.origins import is_loopback, unmapped

_CONNECTS_WITHIN = 30.0  # seconds
_MAX_REPLY = 64 * 1024  # bytes that another proxy may say before a tunnel
_MAX_HOSTS = 1000
"""How many hosts are counted, each by itself."""

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class TunnelRefused(MockTavusError):
    """A tunnel is not made. The message says why, and how to have it where that is possible."""


@dataclass(slots=True)
class Tunnels:
    """Judge and make tunnels to hosts that are not the vendor's.

    Args:
        hosts: To which hosts there may be tunnels.
        to_all: Whether there may be tunnels to every host: for a program that reaches them without a proxy as well.
        former_proxy: The proxy that the user's programs use otherwise, `http://host:port`; empty for none.
        hint: How to have a tunnel that is not made; `{host}` stands for its host.
    """

    hosts: Sequence[str] = ()
    to_all: bool = False
    former_proxy: str = ""
    hint: str = "allow it with --tunnel {host}"
    counts: Counter[str] = field(default_factory=Counter)
    """How many tunnels were made, by host."""
    refused: Counter[str] = field(default_factory=Counter)
    """How many were refused, by host."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    async def open(self, host: str, port: int, peer: str) -> Streams:
        """Return the streams of a connection to a host.

        Args:
            host: In lower case.
            port: Its port.
            peer: The address of who asks.

        Raises:
            TunnelRefused: Nobody may have it, or not this peer.
            OSError: It cannot be reached.
        """
        try:
            streams = await self._open(host, port, peer)
        except TunnelRefused:
            self._count(self.refused, host)
            raise
        self._count(self.counts, host)
        return streams

    async def _open(self, host: str, port: int, peer: str) -> Streams:
        if not (self.to_all or host in self.hosts):
            raise TunnelRefused(f"mock-tavus makes no tunnel to {host}; {self.hint.format(host=host)}")
        if not is_loopback(peer.partition("%")[0]):
            raise TunnelRefused("mock-tavus makes tunnels for programs of its own machine only")
        async with asyncio.timeout(_CONNECTS_WITHIN):
            if self.former_proxy:
                return await _through_proxy(self.former_proxy, host, port)
            return await self._directly(host, port)

    async def _directly(self, host: str, port: int) -> Streams:
        """Connect to one of the addresses that were judged: who judges is who connects."""
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
        for address in addresses:
            self._judge(host, address)
        failure: OSError = OSError(f"{host} has no address")
        for address in addresses:
            try:
                return await asyncio.open_connection(address, port)
            except OSError as error:
                failure = error
        raise failure

    def _judge(self, host: str, address: str) -> None:
        """Refuse addresses that only this machine reaches: a proxy must not lend its place in the network.

        `to_all` is for a proxy whose one program runs beside it, and reaches private networks without a proxy; what is
        link-local (where clouds keep credentials) is refused there, too.
        """
        found = unmapped(ip_address(address.partition("%")[0]))
        never = found.is_link_local or found.is_multicast or found.is_unspecified
        if never or (not self.to_all and not found.is_global):
            raise TunnelRefused(f"mock-tavus makes no tunnel to {host}: {address} is an address of a private network")

    def _count(self, counter: Counter[str], host: str) -> None:
        with self._lock:
            if host in counter or len(counter) < _MAX_HOSTS:
                counter[host] += 1


async def _through_proxy(proxy: str, host: str, port: int) -> Streams:
    """Ask another proxy for the tunnel (RFC 9110, section 9.3.6)."""
    parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    if parts.hostname is None or parts.scheme != "http":
        raise OSError(f"the proxy that was set before, {parts.hostname or proxy}, cannot be used: expected http://HOST")
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port or 80)
    authority = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    head = f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n"
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        head += f"Proxy-Authorization: Basic {base64.b64encode(pair.encode()).decode()}\r\n"
    writer.write(f"{head}\r\n".encode())
    try:
        reply = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
        writer.close()
        raise OSError(f"the proxy {parts.hostname} did not answer as HTTP asks") from error
    status = reply[:_MAX_REPLY].split(b"\r\n", 1)[0].decode("latin-1")
    if status.split(" ", 2)[1:2] != ["200"]:
        with contextlib.suppress(OSError):
            writer.close()
        raise OSError(f"the proxy {parts.hostname} said {status[:100]!r}")
    return reader, writer
