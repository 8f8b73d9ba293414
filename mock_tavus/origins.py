"""Whose web pages may call the emulator: those of this machine, and of hosts that were named."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit


class Origins:
    """Judge the values of `Origin` headers.

    Args:
        hosts: Names of hosts, beside this machine, whose pages may call.
    """

    def __init__(self, hosts: Sequence[str] = ()) -> None:
        self._hosts = frozenset(host.lower() for host in hosts)

    def admits(self, origin: str) -> bool:
        """Return whether pages of an origin may call: `http://localhost:3000` may, `https://evil.example` may not.

        `null`, which sandboxed frames and files send, says nothing of where a page comes from, and is not admitted.

        Args:
            origin: The header's value.
        """
        try:
            parts = urlsplit(origin)
            host = (parts.hostname or "").rstrip(".")
        except ValueError:
            return False
        if parts.scheme not in ("http", "https"):
            return False
        return host in self._hosts or is_loopback(host)


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


def unmapped(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address that an IPv6 `address` stands for, or the address itself.

    Args:
        address: As it was written.
    """
    return getattr(address, "ipv4_mapped", None) or address
