"""What is replaced in HTTP libraries so that their calls to the vendor's host end in an emulator, and put back.

`http.client`, below requests, urllib3 and urllib.request, gets connections that end in the emulator; httpx and aiohttp
are led where they have the whole request, before they look for a connection. A library that has not been imported is
left alone until it is, and what others have replaced meanwhile stays.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from mock_tavus.transports.backend import HTTPS_PORT, Backend
from mock_tavus.transports.interceptions import Interception, Interceptions
from mock_tavus.transports.memory import MemorySocket

Method = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Patch:
    """One method that is replaced.

    Args:
        module: Where its class is.
        owner: The class.
        method: The method.
        make: From the interceptions and the method as it was to what takes its place.
    """

    module: str
    owner: str
    method: str
    make: Callable[[Interceptions, Method], Method]


def _origin_of(connection: Any) -> tuple[str, str, int]:
    """Return scheme, host and port that a connection of `http.client` is for, through whatever proxy."""
    scheme = "https" if connection.default_port == HTTPS_PORT else "http"
    tunnel = getattr(connection, "_tunnel_host", None)
    if tunnel:
        return "https", tunnel, connection._tunnel_port or HTTPS_PORT
    return scheme, connection.host, connection.port


def _socket_for(connection: Any, backend: Backend) -> MemorySocket:
    """Return a connection's socket, with the connection's own timeout."""
    made = MemorySocket(backend)
    if isinstance(connection.timeout, int | float):
        made.settimeout(connection.timeout)
    return made


def _connect(interceptions: Interceptions, original: Method) -> Method:
    def _connect_here(self: Any) -> None:
        scheme, host, port = _origin_of(self)
        backend = interceptions.backend_for(f"a call to {scheme}://{host}:{port}", scheme, host, port)
        if backend is None:
            original(self)
            return
        self.sock = _socket_for(self, backend)
        self.is_verified = True  # what urllib3 asks before it warns

    return _connect_here


def _putrequest(interceptions: Interceptions, original: Method) -> Method:
    """Look again at each request: the connection may be one that was kept from before."""

    def _put(self: Any, method: str, url: str, *arguments: Any, **options: Any) -> Any:
        scheme, host, port = _origin_of(self)
        backend = interceptions.backend_for(f"{method} {url.partition('?')[0]}", scheme, host, port)
        kept = self.sock
        if backend is not None:
            self.sock = _socket_for(self, backend)
        elif isinstance(kept, MemorySocket):
            self.sock = None  # which has it connect anew
        if kept is not None and kept is not self.sock:
            kept.close()
        return original(self, method, url, *arguments, **options)

    return _put


def _requests(interceptions: Interceptions, original: Method) -> Method:
    """Take a short way where it makes no difference; all others end in `http.client`."""

    def _send(self: Any, request: Any, *arguments: Any, **options: Any) -> Any:
        from mock_tavus.transports.for_requests import send_plainly

        latest = interceptions.latest
        response = None if latest is None else send_plainly(latest.backend, self, request)
        return original(self, request, *arguments, **options) if response is None else response

    return _send


def _httpx(interceptions: Interceptions, original: Method) -> Method:
    def _handle(self: Any, request: Any) -> Any:
        backend = _backend_for_url(interceptions, request.method, request.url)
        if backend is None:
            return original(self, request)
        from mock_tavus.transports.for_httpx import respond

        return respond(backend, request)

    return _handle


def _httpx_async(interceptions: Interceptions, original: Method) -> Method:
    async def _handle(self: Any, request: Any) -> Any:
        backend = _backend_for_url(interceptions, request.method, request.url)
        if backend is None:
            return await original(self, request)
        from mock_tavus.transports.for_httpx import respond_async

        return await respond_async(backend, request)

    return _handle


def _aiohttp(interceptions: Interceptions, original: Method) -> Method:
    async def _connect_here(self: Any, req: Any, *arguments: Any, **options: Any) -> Any:
        backend = _backend_for_url(interceptions, req.method, req.url)
        if backend is None:
            return await original(self, req, *arguments, **options)
        from mock_tavus.transports.for_aiohttp import connected

        return connected(backend, self, req)

    return _connect_here


def _backend_for_url(interceptions: Interceptions, method: str, url: Any) -> Backend | None:
    """Return what answers a call of a library that has URLs as objects of its own."""
    shown = f"{method} {url.scheme}://{url.host}:{url.port}{url.path}"
    return interceptions.backend_for(shown, url.scheme, url.host or "", url.port)


PATCHES: Sequence[Patch] = (
    Patch("requests.adapters", "HTTPAdapter", "send", _requests),
    Patch("http.client", "HTTPConnection", "connect", _connect),
    Patch("http.client", "HTTPSConnection", "connect", _connect),
    Patch("http.client", "HTTPConnection", "putrequest", _putrequest),
    Patch("urllib3.connection", "HTTPConnection", "connect", _connect),
    Patch("urllib3.connection", "HTTPSConnection", "connect", _connect),
    Patch("httpx", "HTTPTransport", "handle_request", _httpx),
    Patch("httpx", "AsyncHTTPTransport", "handle_async_request", _httpx_async),
    Patch("aiohttp.connector", "BaseConnector", "connect", _aiohttp),
)


class Patches:
    """Replace the methods for as long as there are interceptions."""

    def __init__(self) -> None:
        self._interceptions = Interceptions()
        self._replaced: list[tuple[type, str, Method, Method]] = []
        self._lock = threading.RLock()
        self._finder = _Finder({patch.module for patch in PATCHES}, self._apply)

    def begin(self, one: Interception) -> None:
        """Have `one` decide about calls; the first of several has the methods replaced."""
        with self._lock:
            self._interceptions.add(one)
            if len(self._interceptions) == 1:
                self._apply_all()

    def end(self, one: Interception) -> None:
        """Have `one` decide no more; the last of several has the methods put back."""
        with self._lock:
            if one in self._interceptions:
                self._interceptions.remove(one)
                if not self._interceptions:
                    self._undo()

    def _apply_all(self) -> None:
        """Replace the methods of what has been imported, and have the others replaced when they are."""
        self._finder.is_active = True
        for name in dict.fromkeys(patch.module for patch in PATCHES):
            if (module := sys.modules.get(name)) is not None:
                self._apply(module)
        sys.meta_path.insert(0, self._finder)

    def _undo(self) -> None:
        """Put every method back, but where somebody else has replaced it since."""
        self._finder.is_active = False
        if self._finder in sys.meta_path:
            sys.meta_path.remove(self._finder)
        for owner, name, original, ours in reversed(self._replaced):
            if owner.__dict__.get(name) is ours:
                setattr(owner, name, original)
        self._replaced = []

    def _apply(self, module: ModuleType) -> None:
        with self._lock:
            for patch in PATCHES:
                owner = getattr(module, patch.owner, None) if patch.module == module.__name__ else None
                if owner is None or any(owner is each[0] and patch.method == each[1] for each in self._replaced):
                    continue
                original = owner.__dict__[patch.method]
                ours = patch.make(self._interceptions, original)
                setattr(owner, patch.method, ours)
                self._replaced.append((owner, patch.method, original, ours))


class _Finder(MetaPathFinder):
    """Tell when a module has been imported.

    Args:
        names: The modules.
        then: Called with each once it has been executed, if this is active then.
    """

    def __init__(self, names: set[str], then: Callable[[ModuleType], None]) -> None:
        self._names = names
        self._then = then
        self.is_active = False

    def find_spec(self, name: str, path: Any, target: ModuleType | None = None) -> ModuleSpec | None:
        """Return what loads the module `name` and reports it; None if nobody waits for it.

        Args:
            name: The module's.
            path: The path of its package.
            target: The module that is loaded anew; None for a new one.
        """
        if name not in self._names:
            return None
        found = (finder.find_spec(name, path, target) for finder in sys.meta_path if finder is not self)
        spec = next((one for one in found if one is not None), None)
        if spec is not None and spec.loader is not None:
            spec.loader.exec_module = partial(self._load, spec.loader.exec_module)  # type: ignore[method-assign]
        return spec

    def _load(self, execute: Callable[[ModuleType], None], module: ModuleType) -> None:
        execute(module)
        if self.is_active:
            self._then(module)
