"""Which other hosts a program that uses this proxy may reach through it, and how."""

from __future__ import annotations

import asyncio
import base64
import socket
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from ipaddress import ip_address
from typing import Any
from urllib.parse import unquote, urlsplit

from mock_tavus.background import Background
from mock_tavus.errors import ConfigError, MockTavusError
from mock_tavus.loops import in_thread
from mock_tavus.origins import METADATA_ADDRESSES, carried, is_loopback, is_on_this_machine
from mock_tavus.proxy.hosts import VENDOR_HOST

_CONNECTS_WITHIN = 30.0  # seconds
_MAX_REPLY = 64 * 1024  # bytes that another proxy may say before a tunnel
_MAX_HOSTS = 1000
"""How many hosts are counted, each by itself."""

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class TunnelRefused(MockTavusError):
    """A tunnel is not made. The message says why, and how to have it where that is possible."""


@dataclass(frozen=True, slots=True)
class FormerProxy:
    """The proxy that the user's programs use otherwise.

    Args:
        host: Where it is.
        port: Its port.
        authorization: What it is given as `Proxy-Authorization`; empty for nothing.
    """

    host: str
    port: int
    authorization: str = ""

    @classmethod
    def parse(cls, url: str) -> FormerProxy:
        """Return a proxy.

        Args:
            url: `http://user:password@host:port`, or `host:port`.

        Raises:
            ConfigError: It is not one that speaks http; the message has nothing of the URL, which may have a password.
        """
        try:
            parts = urlsplit(url if "://" in url else f"http://{url}")
            host, port = parts.hostname, parts.port or 80
        except ValueError:
            host = None
        if not host or parts.scheme != "http":
            raise ConfigError(
                "the proxy in your environment cannot be used for other hosts: expected http://HOST:PORT; unset it, or "
                "give --only-tavus"
            )
        if parts.username is None:
            return cls(host, port)
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        return cls(host, port, f"Basic {base64.b64encode(pair.encode()).decode()}")

    async def connect(self) -> Streams:
        """Return the streams of a connection to it."""
        return await asyncio.open_connection(self.host, self.port)


@dataclass(slots=True)
class Tunnels:
    """Judge and make tunnels to hosts that are not the vendor's.

    Args:
        hosts: To which hosts there may be tunnels.
        to_all: Whether there may be tunnels to every host: for a program that reaches them without a proxy as well.
        former_proxy: The proxy that the user's programs use for https otherwise; None for none.
        former_http_proxy: The one that they use for http; None for none.
        hint: How to have a tunnel that is not made; `{host}` stands for its host.
    """

    hosts: Sequence[str] = ()
    to_all: bool = False
    former_proxy: FormerProxy | None = None
    former_http_proxy: FormerProxy | None = None
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

    async def open_for_http(self, host: str, peer: str) -> tuple[FormerProxy, Streams]:
        """Return the user's own proxy for http, and the streams of a connection to it.

        Args:
            host: Whom the request is for.
            peer: The address of who asks.

        Raises:
            TunnelRefused: The user has no such proxy, or this peer may not use it.
            OSError: It cannot be reached.
        """
        if not self.to_all or self.former_http_proxy is None or not is_loopback(peer.partition("%")[0]):
            self._count(self.refused, host)
            raise TunnelRefused(f"mock-tavus passes requests to {VENDOR_HOST} on, and none to {host}")
        async with asyncio.timeout(_CONNECTS_WITHIN):
            streams = await self.former_http_proxy.connect()
        self._count(self.counts, host)
        return self.former_http_proxy, streams

    def so_far(self) -> tuple[Counter[str], Counter[str]]:
        """Return copies of the two counts, from any thread, while tunnels are still being made."""
        with self._lock:
            return self.counts.copy(), self.refused.copy()

    async def _open(self, host: str, port: int, peer: str) -> Streams:
        if not (self.to_all or host in self.hosts):
            raise TunnelRefused(f"mock-tavus makes no tunnel to {host}; {self.hint.format(host=host)}")
        if not is_loopback(peer.partition("%")[0]):
            raise TunnelRefused("mock-tavus makes tunnels for programs of its own machine only")
        async with asyncio.timeout(_CONNECTS_WITHIN):
            if self.former_proxy is not None:
                return await _through_proxy(self.former_proxy, host, port)
            return await self._directly(host, port)

    async def _directly(self, host: str, port: int) -> Streams:
        """Connect to one of the addresses that were judged: who judges is who connects."""
        found = await _looked_up(host, port)
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
        found = carried(ip_address(address.partition("%")[0]))
        never = found.is_link_local or found.is_multicast or found.is_unspecified or found in METADATA_ADDRESSES
        if never or not (self.to_all or (found.is_global and not is_on_this_machine(found))):
            raise TunnelRefused(
                f"mock-tavus makes no tunnel to {host}: {address} is this machine's, or of a private network"
            )

    def _count(self, counter: Counter[str], host: str) -> None:
        with self._lock:
            if host in counter or len(counter) < _MAX_HOSTS:
                counter[host] += 1


async def _looked_up(host: str, port: int) -> list[Any]:
    """Return what the system's resolver says, asked in a thread that nobody waits for at the end."""
    found: list[Any] = await in_thread(
        lambda run: Background().try_start("look-up", run),
        partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM),
    )
    return found


async def _through_proxy(proxy: FormerProxy, host: str, port: int) -> Streams:
    """Ask another proxy for the tunnel (RFC 9110, section 9.3.6)."""
    reader, writer = await proxy.connect()
    try:
        await _ask_for_tunnel(proxy, host, port, reader, writer)
    except BaseException:  # whoever waited may have given up, or the loop may be ending
        writer.transport.abort()
        raise
    return reader, writer


async def _ask_for_tunnel(
    proxy: FormerProxy, host: str, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    authority = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    head = f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n"
    if proxy.authorization:
        head += f"Proxy-Authorization: {proxy.authorization}\r\n"
    writer.write(f"{head}\r\n".encode())
    try:
        reply = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
        raise OSError(f"the proxy {proxy.host} did not answer as HTTP asks") from error
    status = reply[:_MAX_REPLY].split(b"\r\n", 1)[0].decode("latin-1")
    if not status.partition(" ")[2].startswith("2"):
        raise OSError(f"the proxy {proxy.host} said {status[:100]!r}")
