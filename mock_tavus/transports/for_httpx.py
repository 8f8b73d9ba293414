"""For httpx: transports, which it has for this."""

from __future__ import annotations

import httpx

from mock_tavus.engine.pipeline import Exchanged
from mock_tavus.transports.backend import Backend


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
        return await respond_async(self._backend, request)


def respond(backend: Backend, request: httpx.Request) -> httpx.Response:
    """Return the response to a request.

    Args:
        backend: What answers.
        request: The request.
    """
    return _response(backend.exchange(request.method, str(request.url), _fields(request), request.read()))


async def respond_async(backend: Backend, request: httpx.Request) -> httpx.Response:
    """Return the response to a request of an asynchronous client.

    Args:
        backend: What answers.
        request: The request.
    """
    body = await request.aread()
    return _response(await backend.exchange_async(request.method, str(request.url), _fields(request), body))


def _fields(request: httpx.Request) -> list[tuple[str, str]]:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw]


def _response(exchanged: Exchanged) -> httpx.Response:
    with exchanged as answer:
        return httpx.Response(answer.status, headers=answer.fields, content=answer.body)
