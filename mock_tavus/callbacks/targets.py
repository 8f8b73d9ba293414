"""Where a callback may go. A test must not post to somebody's real web site."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from posixpath import normpath
from urllib.parse import unquote, urlsplit

from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from mock_tavus.callbacks.rewrites import Rewrite, rewritten
from mock_tavus.errors import ConfigError, MockTavusError
from mock_tavus.origins import METADATA_ADDRESSES, is_loopback_name, is_on_this_machine, unmapped

Address = IPv4Address | IPv6Address
Resolver = Callable[[str, int], Sequence[str]]

_LOCAL_NAMES = ("localhost", "host.docker.internal")
_LOCAL_SUFFIXES = (".localhost", ".test")
_PRIVATE_SUFFIXES = (".internal", ".local", ".lan", ".home.arpa", ".svc.cluster.local")
"""How names end that only private networks have (RFC 6762, RFC 8375, ICANN's `internal`, Kubernetes)."""

_LOCAL_NETWORKS = tuple(
    ip_network(network)
    for network in ("127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
)
_INBOX = re.compile(r"/__inbox/[^/]+")
_DEFAULT_PORTS = {"http": 80, "https": 443}
_UNSAFE = re.compile(r"[\x00-\x20\x7f\\]")
_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+")


class TargetRefused(MockTavusError):
    """A callback may not be sent there. The message says why, and how to allow it where that is possible."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a callback goes.

    Args:
        url: After rewriting.
        scheme: `http` or `https`.
        host: The name or address in the URL, in lower case, in ASCII.
        port: The URL's, or its scheme's own.
    """

    url: str
    scheme: str
    host: str
    port: int

    @property
    def host_header(self) -> str:
        """Return what the receiver is told it is called."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def receiver(self) -> tuple[str, int]:
        """Return what tells receivers apart: all names of this machine are one host."""
        return ("localhost" if self.host.endswith((".localhost", "localhost")) else self.host), self.port


def resolve_name(host: str, port: int) -> Sequence[str]:
    """Return the addresses of a name, from the system's resolver; `localhost` and below are this machine (RFC 6761).

    Args:
        host: A name or an address.
        port: The port.
    """
    if is_loopback_name(host):
        return ["127.0.0.1", "::1"]
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(info[4][0]) for info in found))


class TargetPolicy:
    """Judge callback URLs, first by name and then by every address that the name has.

    Args:
        allowed_hosts: Names or addresses outside this machine that may be called back.
        rewrites: Beginnings of URLs and what to put in their place, the first that fits; `THIS_MACHINE` and a host, for
            an emulator in a container, whose own machine is another than its clients'.
        doors: Addresses and ports at which the emulator itself listens: only its inboxes are called back there.
        resolve: From a name and a port to addresses.
    """

    def __init__(
        self,
        allowed_hosts: Sequence[str] = (),
        rewrites: Sequence[Rewrite] = (),
        doors: Iterable[tuple[str, int]] = (),
        resolve: Resolver = resolve_name,
    ) -> None:
        try:
            self._allowed = {plain_host(host) for host in allowed_hosts}
        except UnicodeError as error:
            raise ConfigError(f"allow-callback-host: not a host ({error})") from error
        self._rewrites = tuple(rewrites)
        self._resolve = resolve
        self._doors: frozenset[tuple[Address, int]] = frozenset()
        for address, port in doors:
            self.add_door(address, port)

    def add_door(self, address: str, port: int) -> None:
        """Take note that the emulator listens somewhere: of callbacks to it, only those to an inbox are sent.

        Args:
            address: The IP address that the listening socket is bound to; `0.0.0.0` and `::` stand for all of this
                machine.
            port: Its port.
        """
        self._doors |= {(unmapped(ip_address(address.partition("%")[0])), port)}

    def remove_door(self, address: str, port: int) -> None:
        """Take note that the emulator listens there no more.

        Args:
            address: As it was added.
            port: As it was added.
        """
        self._doors -= {(unmapped(ip_address(address.partition("%")[0])), port)}

    def target(self, url: str) -> Target:
        """Return where a callback URL leads, after rewriting, if its name may be called at all.

        No name is looked up here, so that nothing leaves this machine for a target that is held back.

        Args:
            url: The URL.

        Raises:
            TargetRefused: It is not a URL that can be called, or not an allowed one.
        """
        target = self.parsed(url)
        address = _as_address(target.host)
        if address is not None:
            self._judge_address(target, address)
        elif not self._name_is_allowed(target.host):
            raise TargetRefused(f"{target.host} is not on this machine. {self._hint(target)}")
        elif is_loopback_name(target.host):  # what it resolves to is known without a look-up
            for text in resolve_name(target.host, target.port):
                self._judge_address(target, ip_address(text))
        return target

    def parsed(self, url: str) -> Target:
        """Return where a callback URL leads, after rewriting, before anything is judged.

        Args:
            url: The URL.

        Raises:
            TargetRefused: It is not a URL that can be called.
        """
        return _parse(rewritten(url, self._rewrites))

    def known_addresses(self, target: Target) -> Sequence[str] | None:
        """Return the addresses of a target that are known without a look-up; None if its name is to be looked up.

        Args:
            target: Judged by `target`.

        Raises:
            TargetRefused: An address is not allowed.
        """
        is_known = _as_address(target.host) is not None or is_loopback_name(target.host)
        return self.addresses(target) if is_known else None

    def addresses(self, target: Target) -> Sequence[str]:
        """Return the addresses to connect to: what is judged here is what is connected to.

        Args:
            target: The target.

        Raises:
            TargetRefused: The name has no address, or one that is not allowed.
        """
        literal = _as_address(target.host)
        if literal is not None:
            return [str(literal)]
        try:
            found = [ip_address(text.partition("%")[0]) for text in self._resolve(target.host, target.port)]
        except (OSError, ValueError) as error:
            raise TargetRefused(f"{target.host} has no address ({error})") from error
        for address in found:
            self._judge_address(target, address)
        return [str(address) for address in found]

    def _is_own_door(self, address: Address, port: int) -> bool:
        """Return whether the emulator listens at an address and a port."""
        if (address, port) in self._doors:
            return True
        open_to_all = any(door.is_unspecified for door, door_port in self._doors if door_port == port)
        return open_to_all and is_on_this_machine(address)

    def _name_is_allowed(self, host: str) -> bool:
        """Return whether a name may be looked up; what it leads to is judged then."""
        if host in _LOCAL_NAMES or host in self._allowed:
            return True
        return host.endswith((*_LOCAL_SUFFIXES, *_PRIVATE_SUFFIXES)) or _is_a_single_label(host)

    def _judge_address(self, target: Target, address: Address) -> None:
        address = unmapped(address)
        if self._is_own_door(address, target.port) and not is_inbox(target.url):
            raise TargetRefused(
                "this emulator listens there: a callback reaches its /__inbox/NAME, and never anything else"
            )
        if address in METADATA_ADDRESSES:
            raise TargetRefused(f"{target.host} ({address}) is where clouds keep credentials: never")
        if address.is_link_local or address.is_unspecified or address.is_multicast:
            raise TargetRefused(f"{target.host} ({address}) is a link-local, unspecified or multicast address: never")
        is_local = any(address in network for network in _LOCAL_NETWORKS)
        if not is_local and target.host not in self._allowed:
            raise TargetRefused(f"{target.host} ({address}) is not on this machine. {self._hint(target)}")

    def _hint(self, target: Target) -> str:
        origin = f"{target.scheme}://{target.host_header}"
        return (
            f"To send it all the same: --allow-callback-host {target.host}; "
            f"to send it here instead: --callback-rewrite {origin}=http://127.0.0.1:PORT"
        )


def plain_host(host: str) -> str:
    """Return a host in the one form in which hosts are compared: lower case, ASCII, no brackets, no dot at the end.

    Args:
        host: A name or an address.
    """
    return host.lower().encode("idna" if not host.isascii() else "ascii").decode().strip("[]").rstrip(".")


def _parse(url: str) -> Target:
    """Take a URL apart, and refuse what two readers could take apart differently: who judges is not who connects."""
    try:
        parts, second_reading = urlsplit(url), parse_url(url)
        port = parts.port
        host = plain_host(parts.hostname or "")
        second_host = plain_host(second_reading.host or "")
    except (ValueError, LocationParseError) as error:
        raise TargetRefused(f"not a URL that can be called ({error})") from error
    scheme = parts.scheme.lower()
    if scheme not in _DEFAULT_PORTS or not host:
        raise TargetRefused("expected http://HOST/… or https://HOST/…")
    if port == 0:  # which some libraries take for the scheme's own
        raise TargetRefused("expected a port from 1 to 65535, received 0")
    if _UNSAFE.search(url) or not _HOST.fullmatch(host) or (host, port) != (second_host, second_reading.port):
        raise TargetRefused(f"not a URL that can be called (the host {host!r} can be read in more than one way)")
    return Target(url, scheme, host, _DEFAULT_PORTS[scheme] if port is None else port)


def is_inbox(url: str) -> bool:
    """Return whether a URL leads to an inbox, however its path is decoded and its dots are resolved.

    Args:
        url: The URL.
    """
    path = unquote(urlsplit(url).path)
    return all(_INBOX.fullmatch(one) for one in (path, normpath(path), normpath(unquote(path))))


def _is_a_single_label(host: str) -> bool:
    """Return whether a host is a name without dots, as services have in a network of containers: `app`; no number."""
    return "." not in host and ":" not in host and host[0].isalpha()


def _as_address(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None
