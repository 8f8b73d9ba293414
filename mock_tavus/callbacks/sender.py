"""Send one callback over real HTTP, to exactly the address that was judged: one socket, one deadline."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol
from urllib.parse import quote, unquote_to_bytes, urlsplit

import h11

from mock_tavus.callbacks.targets import Target
from mock_tavus.clock import Clock
from mock_tavus.messages import DeliveryAttempt

MAX_HEAD_BYTES = 64 * 1024
"""How much a receiver may write before its response's status, with every interim response."""

MAX_READ_BYTES = 64 * 1024
"""How much of a receiver's response is read."""

MAX_KEPT_BYTES = 16 * 1024
"""How much of it is remembered."""

_CHUNK = 16 * 1024
_MAX_EXPLANATION = 300  # characters
_AS_WRITTEN = "/?#[]@!$&'()*+,;=%:~"


class Sender(Protocol):
    """Make one attempt at a callback; never raise for what a receiver does."""

    async def send(self, target: Target, addresses: Sequence[str], body: Any, at: float) -> DeliveryAttempt:
        """Try once to post a callback.

        Args:
            target: Where to.
            addresses: The target's addresses, all of them allowed; the first that connects is used.
            body: The JSON value to post.
            at: The account's moment, for the record.
        """
        ...


def callback_content(body: Any) -> bytes:
    """Return a callback as bytes.

    Args:
        body: The JSON value.
    """
    return json.dumps(body).encode()


def callback_fields(
    target: Target, user_agent: str, content: bytes, *of_connection: tuple[str, str]
) -> list[tuple[str, str]]:
    """Return the header fields of a callback, in the order in which a receiver gets them.

    Args:
        target: Where it goes.
        user_agent: The `User-Agent` of callbacks.
        content: The callback as bytes.
        of_connection: What is said of the connection, if there is one.
    """
    return [
        ("Host", target.host_header),
        ("User-Agent", user_agent),
        ("Accept", "*/*"),
        *of_connection,
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(content))),
    ]


class _Broken(Exception):
    """The receiver did not respond as HTTP asks."""


@dataclass(slots=True)
class _Response:
    status: int | None = None
    error: str | None = None
    text: bytes = b""
    length: int = 0


class H11Sender:
    """Post each callback on a connection of its own, so that one receiver leaves nothing behind for the next.

    Args:
        clock: Measures how long an attempt takes.
        timeout: The longest that one attempt may take from connecting to the end of the response, in seconds.
        user_agent: The `User-Agent` of callbacks.
    """

    def __init__(self, clock: Clock, timeout: float, user_agent: str) -> None:
        self._clock = clock
        self._timeout = timeout
        self._user_agent = user_agent

    async def send(self, target: Target, addresses: Sequence[str], body: Any, at: float) -> DeliveryAttempt:
        """Try once to post a callback.

        Args:
            target: Where to.
            addresses: The target's addresses, all of them allowed; the first that connects is used.
            body: The JSON value to post.
            at: The account's moment, for the record.
        """
        started = self._clock.monotonic()
        response = _Response()
        try:
            async with asyncio.timeout(self._timeout):
                await self._post(target, addresses, callback_content(body), response)
        except TimeoutError:
            if response.status is None:  # else the status is the answer, whatever the receiver adds to it
                response.error = f"no answer within {self._timeout:g} s"
        except (OSError, ValueError, _Broken, h11.ProtocolError) as failure:
            if response.status is None:
                response.error = _explain(failure)
        return DeliveryAttempt(
            at=at,
            duration=self._clock.monotonic() - started,
            status=response.status,
            error=response.error,
            response_body=response.text,
            response_length=max(response.length, len(response.text)),
        )

    async def _post(self, target: Target, addresses: Sequence[str], body: bytes, response: _Response) -> None:
        failure: OSError | None = None
        for address in addresses:
            try:
                reader, writer = await self._connect(target, address)
            except ssl.SSLError:
                raise
            except OSError as error:  # nobody is there; the name may have another address
                failure = error
                continue
            try:
                await _exchange(reader, writer, self._request(target, body), body, response)
            finally:
                writer.transport.abort()
            return
        raise failure or OSError("no address to connect to")

    async def _connect(self, target: Target, address: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if target.scheme == "https":
            return await asyncio.open_connection(
                address, target.port, ssl=self._tls, server_hostname=target.host, limit=_CHUNK
            )
        return await asyncio.open_connection(address, target.port, limit=_CHUNK)

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context()

    def _request(self, target: Target, body: bytes) -> h11.Request:
        parts = urlsplit(target.url)
        # As the client wrote it; only what cannot stand in a request line is percent-encoded.
        path = quote(parts.path or "/", safe=_AS_WRITTEN) + (
            f"?{quote(parts.query, safe=_AS_WRITTEN)}" if parts.query else ""
        )
        headers = callback_fields(target, self._user_agent, body, ("Connection", "close"))
        if parts.username is not None:
            pair = unquote_to_bytes(parts.username) + b":" + unquote_to_bytes(parts.password or "")
            headers.append(("Authorization", f"Basic {base64.b64encode(pair).decode()}"))
        return h11.Request(method="POST", target=path, headers=headers)


async def _exchange(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    request: h11.Request,
    body: bytes,
    response: _Response,
) -> None:
    """Write the request, and read as much of the response as is of use.

    Args:
        reader: Reads from the receiver.
        writer: Writes to it.
        request: Its head.
        body: Its body.
        response: Filled in as it comes, so that what has come counts whatever happens then.
    """
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD_BYTES)
    writer.write(connection.send(request) or b"")
    writer.write(connection.send(h11.Data(data=body)) or b"")
    connection.send(h11.EndOfMessage())
    with contextlib.suppress(ConnectionError):  # it may respond before it has read all
        await writer.drain()
    await _read(reader, connection, response)


async def _read(reader: asyncio.StreamReader, connection: h11.Connection, response: _Response) -> None:
    """Read as much of a response as is of use, and no more than the bounds allow."""
    read = 0
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            if read > (MAX_HEAD_BYTES if response.status is None else MAX_READ_BYTES):
                break
            data = await reader.read(_CHUNK)
            read += len(data)
            if not data and response.status is None:
                raise _Broken("RemoteDisconnected: the receiver closed the connection without a response")
            connection.receive_data(data)
        elif isinstance(event, h11.Response):
            response.status, response.error, read = event.status_code, _fault(event), 0
            response.length = _announced(event)
            if response.error is not None and "redirects" in response.error:
                return
        elif isinstance(event, h11.Data):
            response.text += bytes(event.data[: MAX_KEPT_BYTES - len(response.text)])
            response.length = max(response.length, len(response.text))
        elif not isinstance(event, h11.InformationalResponse):
            return
    if response.status is None:
        raise _Broken(f"LineTooLong: the receiver wrote {MAX_HEAD_BYTES} bytes without the status of its response")


def _announced(response: h11.Response) -> int:
    """Return how long a response says that its body is; 0 if it does not say."""
    lengths = [value for name, value in response.headers if name == b"content-length"]
    return int(lengths[0][:18]) if lengths else 0


def _fault(response: h11.Response) -> str | None:
    status = response.status_code
    if 200 <= status < 300:
        return None
    if 300 <= status < 400 and any(name == b"location" for name, _ in response.headers):
        return f"answered {status}; redirects are not followed"
    return f"answered {status}"


def _explain(failure: Exception) -> str:
    if isinstance(failure, h11.RemoteProtocolError):
        what = "LineTooLong" if "too long" in str(failure) else "BadStatusLine"
        return f"{what}: {failure}"[:_MAX_EXPLANATION]
    if isinstance(failure, _Broken):
        return str(failure)
    if isinstance(failure, OSError) and not isinstance(failure, ssl.SSLError):
        return _system_words(failure)[:_MAX_EXPLANATION]
    return f"{type(failure).__name__}: {failure}"[:_MAX_EXPLANATION]


def _system_words(failure: OSError) -> str:
    """Return what the system says of a failure, without what asyncio puts around it."""
    if failure.errno is not None and failure.errno > 0:
        return os.strerror(failure.errno)
    return failure.strerror or str(failure)
