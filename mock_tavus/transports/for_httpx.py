"""For httpx: transports, which it has for this."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import httpx

from mock_tavus.engine.pipeline import Exchanged
from mock_tavus.messages import ApiRequest
from mock_tavus.transports.backend import Backend, UnexpectedRequest, reason


class TavusTransport(httpx.BaseTransport):
    """Answer a client's calls, in process: `httpx.Client(transport=transport)`.

    Args:
        backend: What answers.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return the response to a request.

        Args:
            request: The request.
        """
        _must_be_for(self._backend, request)
        return respond(self._backend, request)


class AsyncTavusTransport(httpx.AsyncBaseTransport):
    """Answer an asynchronous client's calls, in process: `httpx.AsyncClient(transport=transport)`.

    Args:
        backend: What answers.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the response to a request.

        Args:
            request: The request.
        """
        _must_be_for(self._backend, request)
        return await respond_async(self._backend, request)


def respond(backend: Backend, request: httpx.Request) -> httpx.Response:
    """Return the response to a request.

    Args:
        backend: What answers.
        request: The request.
    """
    request.read()
    try:
        exchanged = backend.exchange(_call(backend, request), _timeout(request))
    except TimeoutError as error:
        raise httpx.ReadTimeout("timed out", request=request) from error
    return _response(exchanged, request)


async def respond_async(backend: Backend, request: httpx.Request) -> httpx.Response:
    """Return the response to a request of an asynchronous client.

    Args:
        backend: What answers.
        request: The request.
    """
    await request.aread()
    try:
        exchanged = await backend.exchange_async(_call(backend, request), _timeout(request))
    except TimeoutError as error:
        raise httpx.ReadTimeout("timed out", request=request) from error
    return _response(exchanged, request)


class _Stream(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that is still to be read, as from a network."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        yield self._body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._body


def _must_be_for(backend: Backend, request: httpx.Request) -> None:
    url = request.url
    if not backend.is_for(url.scheme, url.host, url.port):
        raise UnexpectedRequest(f"{url.scheme}://{url.host} is not for this transport, which answers for the API alone")


def _call(backend: Backend, request: httpx.Request) -> ApiRequest:
    """Return a request whose body has been read as the pipeline takes it."""
    fields = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in request.headers.raw]
    return backend.request(request.method, request.url.raw_path.decode("ascii"), fields, request.content)


def _timeout(request: httpx.Request) -> float | None:
    timeouts: dict[str, float | None] = request.extensions.get("timeout", {})
    return timeouts.get("read")


def _response(exchanged: Exchanged, request: httpx.Request) -> httpx.Response:
    with exchanged as answer:
        return httpx.Response(
            answer.status,
            headers=[(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in answer.fields],
            stream=_Stream(b"" if request.method == "HEAD" else answer.body),
            extensions={"http_version": b"HTTP/1.1", "reason_phrase": reason(answer.status).encode("ascii")},
        )
