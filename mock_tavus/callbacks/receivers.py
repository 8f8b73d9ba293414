"""What takes callbacks in this process: a function, a WSGI or an ASGI application."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from mock_tavus.callbacks.targets import Target
from mock_tavus.errors import ConfigError
from mock_tavus.headers import wsgi_headers
from mock_tavus.wsgi import WsgiApp, base_environ, call, close

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
