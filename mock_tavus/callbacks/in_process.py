"""Callbacks that never leave the process: to a function, a WSGI or an ASGI application, or an inbox."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import json
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from mock_tavus.background import Background
from mock_tavus.callbacks.sender import MAX_KEPT_BYTES, Sender
from mock_tavus.callbacks.targets import Target, TargetPolicy, TargetRefused, is_inbox
from mock_tavus.clock import Clock
from mock_tavus.errors import ConfigError
from mock_tavus.headers import wsgi_headers
from mock_tavus.loops import in_thread
from mock_tavus.messages import DeliveryAttempt
from mock_tavus.wsgi import WsgiApp, base_environ, call, close

_HERE = ("in-process",)
"""What stands for the addresses of a target that is called in process."""

Response = tuple[int, bytes]
"""A status, and a body."""


@dataclass(frozen=True, slots=True)
class Post:
    """One callback, as a receiver gets it.

    Args:
        target: Where it goes.
        body: The JSON value.
        content: The same as bytes.
        fields: The header fields.
    """

    target: Target
    body: Any
    content: bytes
    fields: Sequence[tuple[str, str]]


class Receive(Protocol):
    """Take a callback, in a thread, and return a status and a body; an exception is the failure of the attempt."""

    def __call__(self, post: Post) -> Response:
        """Take one callback.

        Args:
            post: The callback.
        """
        ...


def receive_with(receiver: Callable[..., Any]) -> Receive:
    """Return what hands callbacks to a function or an application; the number of its arguments says which it is.

    Args:
        receiver: `function(body)`, which returns a status or None; `app(environ, start_response)`; or
            `app(scope, receive, send)`.

    Raises:
        ConfigError: It takes another number of arguments.
    """
    kinds: dict[int, Callable[..., Receive]] = {1: _to_function, 2: _to_wsgi, 3: _to_asgi}
    try:
        signature = inspect.signature(receiver)
    except TypeError as error:
        raise ConfigError(
            f"callbacks_to: expected a function, a WSGI or an ASGI application, received {receiver!r}"
        ) from error
    except ValueError:  # built in, and silent about its arguments
        return _to_function(receiver)
    count = sum(one.kind in _POSITIONAL and one.default is one.empty for one in signature.parameters.values())
    for number in (count, 1) if count == 0 else (count,):  # `*arguments`, and defaults, take a body, too
        with contextlib.suppress(TypeError, KeyError):
            signature.bind(*[None] * number)
            return kinds[number](receiver)
    raise ConfigError(
        "callbacks_to: expected a function of one argument (the body), a WSGI application of two or an ASGI "
        f"application of three, received one of {signature}"
    )


_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def _to_function(function: Callable[[Any], Any]) -> Receive:
    def _take(post: Post) -> Response:
        found = function(post.body)
        if inspect.isawaitable(found):
            found = asyncio.run(_awaited(found))
        if not isinstance(found, int) or isinstance(found, bool):
            return 204, b""
        if not 100 <= found <= 599:
            raise ValueError(f"expected an HTTP status, or nothing, received {found}")
        return found, b""

    return _take


async def _awaited(found: Awaitable[Any]) -> Any:
    return await found


def _to_wsgi(app: WsgiApp) -> Receive:
    def _take(post: Post) -> Response:
        parts = urlsplit(post.target.url)
        environ = {
            **base_environ(post.target.scheme, (post.target.host, post.target.port)),
            "REQUEST_METHOD": "POST",
            "PATH_INFO": unquote(parts.path or "/", "latin-1"),
            "QUERY_STRING": parts.query,
            "wsgi.input": BytesIO(post.content),
            **wsgi_headers([(name.lower(), value) for name, value in post.fields]),
        }
        status, _, found = call(app, environ)
        try:
            return int(status[:3]), b"".join(found)
        finally:
            close(found)

    return _take


def _to_asgi(app: Callable[..., Awaitable[None]]) -> Receive:
    def _take(post: Post) -> Response:
        return asyncio.run(_ask_asgi(app, post))

    return _take


async def _ask_asgi(app: Callable[..., Awaitable[None]], post: Post) -> Response:
    parts = urlsplit(post.target.url)
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": post.target.scheme,
        "path": unquote(parts.path or "/"),
        "raw_path": (parts.path or "/").encode(),
        "query_string": parts.query.encode(),
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in post.fields],
        "server": (post.target.host, post.target.port),
        "client": ("127.0.0.1", 0),
        "state": {},
    }
    body_parts = [post.content]
    status, body = 0, b""
    responded = asyncio.Event()

    async def receive() -> dict[str, Any]:
        if body_parts:
            return {"type": "http.request", "body": body_parts.pop(), "more_body": False}
        await responded.wait()
        return {"type": "http.disconnect"}

    async def _send(message: dict[str, Any]) -> None:
        nonlocal status, body
        if message["type"] == "http.response.start":
            status = message["status"]
        elif message["type"] == "http.response.body":
            body += message.get("body", b"")
            if not message.get("more_body", False):
                responded.set()

    await app(scope, receive, _send)
    if not status:
        raise RuntimeError("the application sent no response")
    return status, body


class InProcessPolicy(TargetPolicy):
    """Judge callback URLs where there is no socket: inboxes are at the vendor's host, and a receiver takes all others.

    Args:
        allowed_hosts: Names or addresses outside this machine that may be called back.
        rewrites: Beginnings of URLs and what to put in their place, the first that fits.
        hosts: The hosts that the emulator answers for.
        has_receiver: Whether a receiver in this process takes what is for other hosts.
    """

    def __init__(
        self,
        allowed_hosts: Sequence[str],
        rewrites: Sequence[tuple[str, str]],
        *,
        hosts: Collection[str],
        has_receiver: bool,
    ) -> None:
        super().__init__(allowed_hosts, rewrites)
        self._own_hosts = hosts
        self._has_receiver = has_receiver

    def target(self, url: str) -> Target:
        """Return where a callback URL leads, after rewriting, if it may be called at all.

        Args:
            url: The URL.

        Raises:
            TargetRefused: It is not a URL that can be called, or not an allowed one.
        """
        target = self.parsed(url)
        if target.host in self._own_hosts:
            if not is_inbox(target.url):
                raise TargetRefused("that is the emulator: a callback reaches its /__inbox/NAME, and nothing else")
            return target
        return target if self._has_receiver else super().target(url)

    def known_addresses(self, target: Target) -> Sequence[str] | None:
        """Return what stands for the addresses of a target in this process; None if its name is to be looked up.

        Args:
            target: Judged by `target`.

        Raises:
            TargetRefused: An address is not allowed.
        """
        is_here = self._has_receiver or target.host in self._own_hosts
        return _HERE if is_here else super().known_addresses(target)


def _guarded(receive: Receive, post: Post) -> Response:
    """Have a receiver take a callback; what ends a test or the interpreter is a failure of the receiver here."""
    try:
        return receive(post)
    except Exception:
        raise
    except BaseException as error:
        raise RuntimeError(f"{type(error).__name__}: {error}") from error


@dataclass(frozen=True, slots=True)
class InProcessSender:
    """Hand callbacks to who takes them in this process, and send the others.

    Args:
        inbox: Takes what is for an inbox.
        receiver: Takes what is for anybody else; None to send it.
        hosts: The hosts that the emulator answers for.
        otherwise: Sends the others.
        clock: Measures how long an attempt takes.
        timeout: The longest that one attempt may take, in seconds.
        user_agent: The `User-Agent` of callbacks.
        background: Starts a thread for each attempt.
    """

    inbox: Receive
    receiver: Receive | None
    hosts: Collection[str]
    otherwise: Sender
    clock: Clock
    timeout: float
    user_agent: str
    background: Background

    async def send(self, target: Target, addresses: Sequence[str], body: Any, at: float) -> DeliveryAttempt:
        """Try once to hand a callback over.

        Args:
            target: Where to.
            addresses: The target's addresses, all of them allowed.
            body: The JSON value to post.
            at: The account's moment, for the record.
        """
        receive = self.inbox if target.host in self.hosts else self.receiver
        if receive is None:
            return await self.otherwise.send(target, addresses, body, at)
        started = self.clock.monotonic()
        status: int | None = None
        error: str | None = None
        text = b""
        try:
            async with asyncio.timeout(self.timeout):
                status, text = await in_thread(self._submit, partial(_guarded, receive, self._post(target, body)))
            error = None if 200 <= status < 300 else f"answered {status}"
        except TimeoutError:
            error = f"no answer within {self.timeout:g} s"
        except Exception as failure:
            error = f"the receiver raised {type(failure).__name__}: {failure}"[:300]
        duration = self.clock.monotonic() - started
        return DeliveryAttempt(at, duration, status, error, text[:MAX_KEPT_BYTES], len(text))

    def _post(self, target: Target, body: Any) -> Post:
        content = json.dumps(body).encode()
        fields = [
            ("Host", target.host_header),
            ("User-Agent", self.user_agent),
            ("Accept", "*/*"),
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(content))),
        ]
        return Post(target, body, content, fields)

    def _submit(self, job: Callable[[], None]) -> None:
        if not self.background.try_start("callback", job):
            raise RuntimeError("the system has no room for one more thread")
