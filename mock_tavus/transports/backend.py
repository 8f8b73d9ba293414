"""One call of the vendor's API, from what every HTTP library has to what the pipeline takes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import unquote, urlsplit

from mock_tavus.emulator import Emulator
from mock_tavus.engine.pipeline import Exchanged
from mock_tavus.headers import folded
from mock_tavus.messages import ApiRequest, phrase

Body = Any
"""Bytes, a text, a file, an iterable of parts, or None."""


@dataclass(frozen=True, slots=True)
class Backend:
    """Answer calls of HTTP libraries, in process.

    Args:
        emulator: What answers.
        hosts: The hosts that it answers for, in lower case.
    """

    emulator: Emulator
    hosts: frozenset[str]

    def is_for(self, url: str) -> bool:
        """Return whether a call of a `url` is for the emulator."""
        parts = urlsplit(url)
        return (parts.hostname or "").rstrip(".") in self.hosts

    def exchange(self, method: str, url: str, fields: Iterable[tuple[str, str]], body: Body) -> Exchanged:
        """Return the response to a call; write it in the block of what this returns.

        Args:
            method: As the library has it.
            url: The whole URL, or its path and query.
            fields: The header fields.
            body: What is sent.
        """
        return self.emulator.pipeline.exchange(self._request(method, url, fields, body))

    async def exchange_async(self, method: str, url: str, fields: Iterable[tuple[str, str]], body: Body) -> Exchanged:
        """Return the response to a call; a delay that was asked for holds up nobody else on the loop.

        Args:
            method: As the library has it.
            url: The whole URL, or its path and query.
            fields: The header fields.
            body: What is sent.
        """
        pipeline = self.emulator.pipeline
        request = self._request(method, url, fields, body)
        if pipeline.may_wait(request):
            return await asyncio.get_running_loop().run_in_executor(None, partial(pipeline.exchange, request))
        return pipeline.exchange(request)

    def _request(self, method: str, url: str, fields: Iterable[tuple[str, str]], body: Body) -> ApiRequest:
        limit = self.emulator.config.max_body_bytes
        content = _bytes_of(body)
        rest = url if url.startswith("/") else url.partition("://")[2].partition("/")[2]
        path, _, query = rest.partition("#")[0].partition("?")
        return ApiRequest(
            method=method.upper(),
            path=unquote(f"/{path.removeprefix('/')}" if not url.startswith("/") else path),
            headers=folded([(name.lower(), value) for name, value in fields]),
            body=content[:limit],
            query=query,
            too_large=len(content) > limit,
        )


def reason(status: int) -> str:
    """Return the words that go with an HTTP `status`."""
    return phrase(status, "Unknown")


def _bytes_of(body: Body) -> bytes:
    """Return a body that a library was given: bytes, a text, a file, or an iterable of parts."""
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, bytes | bytearray):
        return bytes(body)
    read = getattr(body, "read", None)
    if read is not None:
        content = read()
        return content.encode() if isinstance(content, str) else bytes(content)
    return b"".join(part.encode() if isinstance(part, str) else part for part in body)
