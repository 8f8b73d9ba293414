"""What is replaced in HTTP libraries so that their calls to the vendor's host end in an emulator, and put back.

One method of each library, the last that has the whole request before it looks for a connection. A library that has not
been imported is left alone until it is.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, Protocol

from mock_tavus.errors import MockTavusError
from mock_tavus.transports.backend import Backend

Method = Callable[..., Any]


class UnexpectedRequest(MockTavusError, AssertionError):
    """A call to another host than the vendor's, where none may be made: `intercept(passthrough=False)`."""


class Interceptor(Protocol):
    """Decide what becomes of a call."""

    def backend_for(self, method: str, url: str) -> Backend | None:
        """Return what answers a call; None if it is to go where it would.

        Args:
            method: The call's method.
            url: The whole URL.

        Raises:
            UnexpectedRequest: It is to go nowhere.
        """
        ...


@dataclass(frozen=True, slots=True)
class Patch:
    """One method that is replaced.

    Args:
        module: Where its class is.
        owner: The class.
        method: The method.
        make: From the interceptor and the method as it was to what takes its place.
    """

    module: str
    owner: str
    method: str
    make: Callable[[Interceptor, Method], Method]


def _requests(interceptor: Interceptor, original: Method) -> Method:
    from mock_tavus.transports.for_requests import respond

    def _send(self: Any, request: Any, *arguments: Any, **options: Any) -> Any:
        backend = interceptor.backend_for(request.method, request.url)
        return original(self, request, *arguments, **options) if backend is None else respond(backend, request, self)

    return _send


def _urllib3(interceptor: Interceptor, original: Method) -> Method:
    from mock_tavus.transports.for_urllib import urlopen

    def _send(
        self: Any, method: str, url: str, body: Any = None, headers: Any = None, *rest: Any, **options: Any
    ) -> Any:
        path = f"/{url.partition('://')[2].partition('/')[2]}" if "://" in url else url
        whole = url if "://" in url else f"{self.scheme}://{self.host}{url}"
        backend = interceptor.backend_for(method, whole)
        if backend is None:
            return original(self, method, url, body, headers, *rest, **options)
        return urlopen(backend, self, method, path, body, headers, **options)

    return _send


def _urllib(interceptor: Interceptor, original: Method) -> Method:
    from mock_tavus.transports.for_urllib import open_request

    def _https_open(self: Any, request: Any) -> Any:
        backend = interceptor.backend_for(request.get_method(), request.full_url)
        return original(self, request) if backend is None else open_request(backend, request)

    return _https_open


def _httpx(interceptor: Interceptor, original: Method) -> Method:
    from mock_tavus.transports.for_httpx import respond

    def _handle_request(self: Any, request: Any) -> Any:
        backend = interceptor.backend_for(request.method, str(request.url))
        return original(self, request) if backend is None else respond(backend, request)

    return _handle_request


def _httpx_async(interceptor: Interceptor, original: Method) -> Method:
    from mock_tavus.transports.for_httpx import respond_async

    async def _handle_async_request(self: Any, request: Any) -> Any:
        backend = interceptor.backend_for(request.method, str(request.url))
        return await (original(self, request) if backend is None else respond_async(backend, request))

    return _handle_async_request


def _aiohttp(interceptor: Interceptor, original: Method) -> Method:
    from mock_tavus.transports.for_aiohttp import connected

    async def _create_connection(self: Any, req: Any, *arguments: Any, **options: Any) -> Any:
        backend = interceptor.backend_for(req.method, str(req.url))
        if backend is None:
            return await original(self, req, *arguments, **options)
        return connected(backend, self._factory)

    return _create_connection


PATCHES: Sequence[Patch] = (
    Patch("requests.adapters", "HTTPAdapter", "send", _requests),
    Patch("urllib3.connectionpool", "HTTPConnectionPool", "urlopen", _urllib3),
    Patch("urllib.request", "HTTPHandler", "http_open", _urllib),
    Patch("urllib.request", "HTTPSHandler", "https_open", _urllib),
    Patch("httpx", "HTTPTransport", "handle_request", _httpx),
    Patch("httpx", "AsyncHTTPTransport", "handle_async_request", _httpx_async),
    Patch("aiohttp.connector", "TCPConnector", "_create_connection", _aiohttp),
)


class Patches:
    """Replace the methods for as long as somebody needs that.

    Args:
        interceptor: What decides about calls.
    """

    def __init__(self, interceptor: Interceptor) -> None:
        self._interceptor = interceptor
        self._replaced: list[tuple[type, str, Method]] = []
        self._lock = threading.RLock()
        self._finder = _Finder(self._apply)

    def apply(self) -> None:
        """Replace the methods of what has been imported, and have the others replaced when they are."""
        for module in dict.fromkeys(patch.module for patch in PATCHES):
            if module in sys.modules:
                self._apply(module)
        self._finder.waits_for = {patch.module for patch in PATCHES} - sys.modules.keys()
        sys.meta_path.insert(0, self._finder)

    def undo(self) -> None:
        """Put every method back."""
        if self._finder in sys.meta_path:
            sys.meta_path.remove(self._finder)
        with self._lock:
            for owner, name, original in reversed(self._replaced):
                setattr(owner, name, original)
            self._replaced = []

    def _apply(self, module: str) -> None:
        with self._lock:
            for patch in PATCHES:
                if patch.module != module:
                    continue
                owner = getattr(import_module(module), patch.owner)
                original = owner.__dict__[patch.method]
                setattr(owner, patch.method, patch.make(self._interceptor, original))
                self._replaced.append((owner, patch.method, original))


class _Finder(MetaPathFinder):
    """Tell when a module has been imported.

    Args:
        then: Called with its name.
    """

    def __init__(self, then: Callable[[str], None]) -> None:
        self._then = then
        self.waits_for: set[str] = set()

    def find_spec(self, name: str, path: Any, target: ModuleType | None = None) -> ModuleSpec | None:
        """Return what loads the module `name`, which is told of then; None if it is not waited for.

        Args:
            name: The module's.
            path: The path of its package.
            target: The module that is loaded anew; None for a new one.
        """
        if name not in self.waits_for:
            return None
        self.waits_for.discard(name)
        found = (finder.find_spec(name, path, target) for finder in sys.meta_path if finder is not self)
        spec = next((one for one in found if one is not None), None)
        if spec is not None and spec.loader is not None:
            spec.loader.exec_module = partial(self._load, name, spec.loader.exec_module)  # type: ignore[method-assign]
        return spec

    def _load(self, name: str, execute: Callable[[ModuleType], None], module: ModuleType) -> None:
        execute(module)
        self._then(name)
