"""Whose web pages may call the emulator: those of this machine, and of hosts that were named."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

_FOR_ALL = ("content-type", "x-api-key", "authorization", "accept")
"""Headers that pages of every admitted origin may send."""

_OURS = "x-mock-tavus-"
_MAX_AGE = "600"  # seconds for which a browser may remember a preflight


class Origins:
    """Judge the values of `Origin` headers, and say to browsers whose pages may read (CORS).

    That the vendor's API answers preflights, and how, is assumed: browser code that calls it is public.

    Args:
        hosts: Names of hosts, beside this machine, whose pages may call.
        cors: Origins whose pages may call, too; `*` for all, `none` so that no page may read. Empty: those of this
            machine and of `hosts`.
    """

    def __init__(self, hosts: Sequence[str] = (), cors: Sequence[str] = ()) -> None:
        self._hosts = frozenset(host.lower() for host in hosts)
        self._cors = frozenset(origin.lower().rstrip("/") for origin in cors)

    def admits(self, origin: str) -> bool:
        """Return whether pages of an origin may call: `http://localhost:3000` may, `https://evil.example` may not.

        `null`, which sandboxed frames and files send, says nothing of where a page comes from, and is only admitted
        where every origin is.

        Args:
            origin: The header's value.
        """
        return "*" in self._cors or origin.lower() in self._cors or self._is_near(origin)

    def headers(self, origin: str) -> tuple[tuple[str, str], ...]:
        """Return the header fields that let an admitted page read a response; none where no page may.

        Args:
            origin: The header's value.
        """
        if not self._may_read(origin):
            return ()
        allowed = "*" if "*" in self._cors and not self._is_near(origin) else origin
        exposed = (("Access-Control-Expose-Headers", "X-Mock-Tavus-Explain"),) if self._is_near(origin) else ()
        return (("Access-Control-Allow-Origin", allowed), ("Vary", "Origin"), *exposed)

    def preflight(self, origin: str, wanted: str, methods: Sequence[str]) -> tuple[tuple[str, str], ...]:
        """Return the header fields that answer a preflight of an admitted page; none where no page may read.

        Args:
            origin: The header's value.
            wanted: The names of the headers that the page wants to send, with commas between them.
            methods: The path's.
        """
        if not self._may_read(origin):
            return ()
        names = [name.strip().lower() for name in wanted.split(",") if name.strip()]
        if not self._is_near(origin):  # what happens to a request is decided by pages of this machine alone
            names = [name for name in names if not name.startswith(_OURS)]
        safe = [name for name in dict.fromkeys([*_FOR_ALL, *names]) if name.replace("-", "").replace("_", "").isalnum()]
        return (
            *self.headers(origin),
            ("Access-Control-Allow-Methods", ", ".join(methods)),
            ("Access-Control-Allow-Headers", ", ".join(safe)),
            ("Access-Control-Max-Age", _MAX_AGE),
        )

    def _may_read(self, origin: str) -> bool:
        return "none" not in self._cors and self.admits(origin)

    def _is_near(self, origin: str) -> bool:
        """Return whether an origin is this machine, or a host that was named."""
        try:
            parts = urlsplit(origin)
            host = (parts.hostname or "").rstrip(".")
        except ValueError:
            return False
        if parts.scheme not in ("http", "https"):
            return False
        return host in self._hosts or is_loopback(host)


def reachable_address(address: str) -> str:
    """Return where to connect to what listens at an address: `0.0.0.0` and `::` stand for all of this machine.

    Args:
        address: An IP address.
    """
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address)  # noqa: S104 - nothing is bound


def is_loopback(host: str) -> bool:
    """Return whether a host, a name or an address, is this machine itself.

    Args:
        host: In lower case, without brackets and without a port.
    """
    if is_loopback_name(host):
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return unmapped(address).is_loopback


def is_loopback_name(host: str) -> bool:
    """Return whether `host` is a name that stands for this machine (RFC 6761).

    Args:
        host: In lower case.
    """
    return host == "localhost" or host.endswith(".localhost")


METADATA_ADDRESSES = frozenset(map(ip_address, ("fd00:ec2::254", "fd20:ce::254")))
"""Where clouds keep credentials, among the private addresses; the one for IPv4 is link-local."""

_CARRIERS_OF_IPV4 = (ip_network("64:ff9b::/96"), ip_network("::/96"))
"""Networks whose addresses stand for IPv4 addresses: translated (RFC 6052), and the ancient compatible ones."""


def is_on_this_machine(address: IPv4Address | IPv6Address) -> bool:
    """Return whether an address is one of this machine's: only those can be bound.

    Args:
        address: Any address.
    """
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((str(address), 0))
        except OSError:
            return False
    return True


def carried(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address that an IPv6 `address` leads to, mapped or translated, or the address itself."""
    if (
        isinstance(address, IPv6Address)
        and any(address in network for network in _CARRIERS_OF_IPV4)
        and int(address) > 1
    ):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return unmapped(address)


def unmapped(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address that an IPv6 `address` stands for, or the address itself.

    Args:
        address: As it was written.
    """
    return getattr(address, "ipv4_mapped", None) or address
