"""Send requests to a receiver, byte by byte."""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import time
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

from contract_tests.failures import KitError
from contract_tests.receiver.observation import Response

_MAX_RESPONSE = 64 * 1024
_CHUNK = 256 * 1024


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a receiver takes callbacks.

    Args:
        scheme: `http` or `https`.
        host: A name or an address.
        port: The port.
        target: The path with its query.
    """

    scheme: str
    host: str
    port: int
    target: str

    @classmethod
    def read(cls, url: str, allowed: Collection[str] = ()) -> Endpoint:
        """Return the endpoint that a URL names.

        Args:
            url: The URL.
            allowed: Hosts that may be anywhere.

        Raises:
            KitError: The URL is not valid, or its host is neither loopback nor private, nor allowed.
        """
        try:
            parts = urlsplit(url)
            port = parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError as error:
            raise KitError(f"--receiver: {error}, received {url!r}") from error
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise KitError(f"--receiver: expected a URL such as http://127.0.0.1:9000/hook, received {url!r}")
        if parts.hostname not in allowed:
            _must_be_near(parts.hostname, port)
        query = f"?{parts.query}" if parts.query else ""
        return cls(parts.scheme, parts.hostname, port, f"{parts.path or '/'}{query}")

    @property
    def has_secret(self) -> bool:
        """Return whether the URL has a query, which may be a secret."""
        return "?" in self.target

    def accepts(self) -> bool:
        """Return whether somebody listens there."""
        try:
            socket.create_connection((self.host, self.port), timeout=1.0).close()
        except OSError:
            return False
        return True

    def head(self, method: str, content_type: str, length: int, *, is_forged: bool = False) -> bytes:
        """Return the head of a request.

        Args:
            method: The HTTP method.
            content_type: The header's value.
            length: How many bytes the body has.
            is_forged: Whether the query is left out.
        """
        target = self.target.partition("?")[0] if is_forged else self.target
        host = f"[{self.host}]" if ":" in self.host else self.host
        lines = [
            f"{method} {target} HTTP/1.1",
            f"Host: {host}:{self.port}",
            "User-Agent: mock-tavus-contract",
            f"Content-Type: {content_type}",
            f"Content-Length: {length}",
            "Connection: close",
            "",
            "",
        ]
        return "\r\n".join(lines).encode("latin-1", "replace")

    def send(self, head: bytes, body: bytes, timeout: float, stalls: float = 0.0) -> Response:
        """Send a request and return what became of it.

        Args:
            head: Its head.
            body: Its body.
            timeout: How long to wait for the response, in seconds.
            stalls: How long to stall half way through the body, in seconds; less if the receiver ends it.
        """
        started = time.monotonic()
        shown = head + body[:_MAX_RESPONSE]
        try:
            with self._connect(timeout) as connection:
                status, raw = self._exchange(connection, head, body, stalls)
        except TimeoutError:
            return Response(None, shown, b"", time.monotonic() - started, f"no response within {timeout:g} s")
        except (OSError, http.client.HTTPException) as error:
            said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
            return Response(None, shown, b"", time.monotonic() - started, said)
        return Response(status, shown, raw, time.monotonic() - started)

    def _connect(self, timeout: float) -> socket.socket:
        connection = socket.create_connection((self.host, self.port), timeout=timeout)
        if self.scheme == "https":
            return ssl.create_default_context().wrap_socket(connection, server_hostname=self.host)
        return connection

    def _exchange(self, connection: socket.socket, head: bytes, body: bytes, stalls: float) -> tuple[int, bytes]:
        try:
            if stalls:
                connection.sendall(head + body[: len(body) // 2])
                _wait_for_end(connection, stalls)
                connection.sendall(body[len(body) // 2 :])
            else:
                connection.sendall(head + body[:_CHUNK])
                for begin in range(_CHUNK, len(body), _CHUNK):
                    connection.sendall(body[begin : begin + _CHUNK])
        except ConnectionError:
            pass  # it may have answered before it had read all
        response = http.client.HTTPResponse(connection)
        response.begin()
        said = response.read(_MAX_RESPONSE)
        lines = [f"HTTP/1.1 {response.status} {response.reason}", *(f"{n}: {v}" for n, v in response.getheaders())]
        return response.status, ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace") + said


def _wait_for_end(connection: socket.socket, seconds: float) -> None:
    """Wait until something comes from the receiver, be it its end, or the time is over."""
    timeout = connection.gettimeout()
    connection.settimeout(seconds)
    try:
        connection.recv(1, socket.MSG_PEEK)
    except TimeoutError:
        return
    finally:
        connection.settimeout(timeout)


def _must_be_near(host: str, port: int) -> None:
    """Assert that all addresses of a host are loopback or private ones."""
    try:
        found = {str(one[4][0]) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError) as error:
        raise KitError(f"--receiver: {host} cannot be looked up: {error}") from error
    for address in found:
        one = ipaddress.ip_address(address.partition("%")[0])
        if not (one.is_loopback or (one.is_private and not one.is_unspecified and not one.is_link_local)):
            raise KitError(
                f"--receiver: {host} is at {address}, which is neither loopback nor private; "
                f"if it is yours, allow it with --allow-receiver-host {host}"
            )
