"""Who may call the control plane: whoever has the token, and no web page but our own."""

from __future__ import annotations

import hashlib
import hmac
import json
from ipaddress import ip_address
from urllib.parse import urlsplit

from flask import Response, request

from mock_tavus.config import Config

_OUR_CALLBACKS = "mock-tavus/"
"""How the `User-Agent` of a callback begins, whichever emulator of whatever version sends it."""

_OTHER_SITES = ("cross-site", "same-site")
_READING = ("GET", "HEAD")


class Guard:
    """Judge the current request before it reaches the control plane.

    Args:
        config: The token, and the names by which the server may be called.
    """

    def __init__(self, config: Config) -> None:
        self._token = config.admin_token
        self._hosts = tuple(host.lower() for host in config.admin_hosts)

    def refusal(self) -> Response | None:
        """Return why a request is not let through: a wrong token, or one that a web page could have sent."""
        if not self.has_token():
            return refused(401, "expected the token of --admin-token, as Authorization: Bearer …")
        if (refusal := self.cross_origin_refusal()) is not None:
            return refusal
        if request.method not in _READING and request.content_length and request.mimetype != "application/json":
            return refused(415, "expected content-type: application/json")
        return None

    def has_token(self) -> bool:
        """Return whether the request carries the token, or the cookie that a browser was given for it."""
        if self._token is None:
            return True
        sent = request.headers.get("authorization", "").encode("latin-1", "replace")
        cookie = request.cookies.get(_cookie_name(), "").encode("utf-8", "replace")
        return hmac.compare_digest(sent, f"Bearer {self._token}".encode()) or hmac.compare_digest(
            cookie, self.session_token().encode()
        )

    def cross_origin_refusal(self) -> Response | None:
        """Return why a request is not let through: it is a callback, or a page or a host name of another machine's."""
        if request.headers.get("user-agent", "").startswith(_OUR_CALLBACKS):
            return refused(
                403, "sent by an emulator's callback; callbacks reach /__inbox/NAME, and nothing of /__admin"
            )
        if not _is_expected_host(request.host, self._hosts):
            return refused(403, f"unexpected Host header {request.host[:100]!r}; allow it with --admin-host")
        origin = request.headers.get("origin")
        if request.method not in _READING and origin is not None and not _is_same_site(origin):
            return refused(403, "sent by a page of another origin")
        return None

    def foreign_reader(self) -> Response | None:
        """Return why a request that holds a thread is not let through: a page of another origin caused it, by reading.

        An image or a stream in such a page sends no `Origin`, but browsers say where it stands.
        """
        origin = request.headers.get("origin")
        site = request.headers.get("sec-fetch-site", "none")
        if site in _OTHER_SITES or (origin is not None and not _is_same_site(origin)):
            return refused(403, "asked for by a page of another origin")
        return None

    def log_in(self, response: Response, token: str) -> bool:
        """Give a browser the cookie that stands for the token, if it has sent the right one.

        Args:
            response: The response.
            token: What the browser sent.
        """
        if self._token is None or not hmac.compare_digest(token.encode("utf-8", "replace"), self._token.encode()):
            return False
        response.set_cookie(_cookie_name(), self.session_token(), path="/__admin", httponly=True, samesite="Strict")
        return True

    def session_token(self) -> str:
        """Return what the cookie says: other servers of this machine see it, and must not learn the token."""
        return hmac.new(str(self._token).encode(), b"mock-tavus dashboard", hashlib.sha256).hexdigest()


def refused(status: int, message: str) -> Response:
    """Return a refusal in the control plane's own form.

    Args:
        status: The HTTP status.
        message: What is said.
    """
    return Response(json.dumps({"message": message}), status, content_type="application/json")


def _is_same_site(origin: str) -> bool:
    """Return whether a page comes from here, by whatever scheme: a proxy in front may speak https."""
    scheme, separator, authority = origin.partition("://")
    return bool(separator) and scheme in ("http", "https") and authority.lower() == request.host.lower()


def _cookie_name() -> str:
    """Return a name with the port in it: browsers send a cookie to every port of a host."""
    return f"mock_tavus_admin_{request.environ.get('SERVER_PORT', '')}"


def _is_expected_host(host: str, expected: tuple[str, ...]) -> bool:
    """Return whether no stranger can have pointed a name here: an address, one of ours, or one without dots."""
    try:
        name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return False
    if name in expected or name == "host.docker.internal" or name.endswith((".localhost", ".test")):
        return True
    try:
        ip_address(name)
    except ValueError:
        return bool(name) and "." not in name
    return True
