"""The head of a request to a proxy: what it asks for, and what is passed on of it (RFC 9112, section 3.2)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

_REQUEST_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) (\S+) HTTP/1\.[01]")
_HOP_BY_HOP = (b"connection", b"proxy-connection", b"proxy-authorization", b"keep-alive", b"host", b"upgrade", b"te")


class HeadError(ValueError):
    """It is not the head of a request."""


@dataclass(frozen=True, slots=True)
class ProxyHead:
    """The head of a request.

    Args:
        method: As it was sent.
        target: As it was sent: a path, a URL, or `HOST:PORT`.
        host: Whom it is for, in lower case; empty if the target is a path.
        port: The port there; 443 if none is named.
        lines: The header fields, without line ends.
    """

    method: str
    target: str
    host: str
    port: int
    lines: tuple[bytes, ...]

    @classmethod
    def parse(cls, head: bytes) -> ProxyHead:
        """Return the head of a request.

        Args:
            head: Up to the empty line.

        Raises:
            HeadError: It is not one.
        """
        first, *lines = head.split(b"\r\n")
        match = _REQUEST_LINE.fullmatch(first)
        if match is None:
            raise HeadError("expected METHOD TARGET HTTP/1.1")
        method, target = (part.decode("latin-1") for part in match.groups())
        if method != "CONNECT" and not target.lower().startswith(("http://", "https://")):
            return cls(method, target, "", 0, tuple(lines))
        try:
            parts = urlsplit(f"//{target}" if method == "CONNECT" else target)
            host, port = (parts.hostname or "").rstrip("."), parts.port
        except ValueError as error:
            raise HeadError(f"expected a host in {target[:100]!r}") from error
        if not host or port == 0:
            raise HeadError(f"expected a host in {target[:100]!r}, and a port above 0")
        return cls(method, target, host.lower(), port or 443, tuple(lines))

    def passed_on(self) -> bytes:
        """Return the head as the server behind gets it: of one request, on a connection that ends with it."""
        parts = urlsplit(self.target)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return self._with_target(path, parts.netloc.rpartition("@")[2], "")

    def passed_to_proxy(self, authorization: str) -> bytes:
        """Return the head as another proxy gets it: of one request, on a connection that ends with it.

        Args:
            authorization: What that proxy is given as `Proxy-Authorization`; empty for nothing.
        """
        return self._with_target(self.target, urlsplit(self.target).netloc.rpartition("@")[2], authorization)

    def _with_target(self, target: str, host: str, authorization: str) -> bytes:
        kept = [line for line in self.lines if line and line.partition(b":")[0].lower() not in _HOP_BY_HOP]
        begun = [f"{self.method} {target} HTTP/1.1", f"Host: {host}", "Connection: close"]
        begun += [f"Proxy-Authorization: {authorization}"] if authorization else []
        return b"\r\n".join([*(line.encode("latin-1") for line in begun), *kept, b"", b""])
