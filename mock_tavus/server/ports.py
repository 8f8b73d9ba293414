"""Take a port, and be sure that nobody else has it."""

from __future__ import annotations

import errno
import socket

from mock_tavus.errors import ServerError


def reserve_port(host: str, port: int, option: str = "--port") -> socket.socket:
    """Return a bound socket that keeps a port for this process, without listening on it.

    granian binds with SO_REUSEPORT, so a second server would start silently on the same port, and port 0 would stay 0.
    A first bind without that option finds out whether the port is free; a second one with it holds the port until
    granian has it too.

    Args:
        host: A name or an address.
        port: 0 takes any free port.
        option: What the port was chosen with.

    Raises:
        ServerError: The port is taken, or the host is not this machine's.
    """
    family, address = _resolve(host, port)
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            raise ServerError(explain(host, port, option, error)) from error
        address = probe.getsockname()
    # A socket that a stopped server left behind, in TIME_WAIT, is in the way of the first form but not of the second;
    # the first is preferred because no other probe gets past it.
    for options in ((socket.SO_REUSEPORT,), (socket.SO_REUSEPORT, socket.SO_REUSEADDR)):
        held = socket.socket(family)
        for one in options:
            held.setsockopt(socket.SOL_SOCKET, one, 1)
        try:
            held.bind(address)
        except OSError as error:
            held.close()
            failure = error
        else:
            return held
    raise ServerError(explain(host, port, option, failure)) from failure


def _resolve(host: str, port: int) -> tuple[socket.AddressFamily, tuple[str, int]]:
    """Return the family and the address of a host.

    Raises:
        ServerError: The host is not this machine's, or no name at all.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError) as error:
        raise ServerError(f"--host: expected a name or address of this machine, received {host!r} ({error})") from error
    return family, (str(address[0]), int(address[1]))


def explain(host: str, port: int, option: str, error: OSError) -> str:
    """Return why a port cannot be had, and what to do about it.

    Args:
        host: Where.
        port: Which.
        option: What the port was chosen with.
        error: What the system said.
    """
    if error.errno == errno.EADDRINUSE:
        return f"port {port} on {host} is taken; choose another with {option}, or {option} 0 for any free one"
    if error.errno == errno.EACCES:
        return f"port {port} needs more rights than this user has; choose one above 1023 with {option}"
    return f"cannot listen on {host}, port {port}: {error.strerror or error}"
