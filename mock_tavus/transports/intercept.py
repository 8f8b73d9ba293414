"""`intercept`: calls of this process to the vendor's API end in an emulator, whichever library makes them."""

from __future__ import annotations

import functools
import inspect
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, TypeVar, cast

from mock_tavus.clock import BaseClock
from mock_tavus.config import Config
from mock_tavus.transports.backend import Backend, UnexpectedRequest
from mock_tavus.transports.in_process import InProcess
from mock_tavus.transports.patches import Patches

_Function = TypeVar("_Function", bound=Callable[..., Any])


class intercept(InProcess):  # noqa: N801 - it is used like a function: `with intercept() as tavus:`, `@intercept()`
    """Have every call of this process to `https://tavusapi.com` end in an emulator, without a socket.

    requests, httpx, urllib3, aiohttp and urllib.request are led there for as long as a `with` block lasts, or a
    function that is decorated, synchronous or not. What they call elsewhere is left alone. Of several that are active,
    the latest answers.

    Args:
        config: How to behave.
        clock: Whose time holds; a `TestClock` lets a test jump through a training.
        passthrough: Whether calls to other hosts are made; else they raise `UnexpectedRequest`.
        callbacks_to: Takes every callback, whatever its URL: `function(body)`, which returns a status or None; a WSGI
            application; an ASGI application. None: they are sent over HTTP, as `MockServer` sends them.

    Raises:
        ConfigError: `callbacks_to` is something else.
        ContractError: The contract cannot be served.
    """

    def __init__(
        self,
        config: Config | None = None,
        *,
        clock: BaseClock | None = None,
        passthrough: bool = True,
        callbacks_to: Callable[..., Any] | None = None,
    ) -> None:
        super().__init__(config, clock=clock, callbacks_to=callbacks_to)
        self.passthrough = passthrough
        self._again = functools.partial(
            type(self), config, clock=clock, passthrough=passthrough, callbacks_to=callbacks_to
        )

    def __call__(self, function: _Function) -> _Function:
        """Return a function that runs with an interception, and so an emulator, of its own for each call.

        Args:
            function: A function, a generator function (a fixture, say), or either of them as a coroutine.

        Raises:
            TypeError: It is a class.
        """
        if inspect.isclass(function):
            raise TypeError("intercept() decorates functions; decorate the class's methods, or use a fixture")
        if inspect.isasyncgenfunction(function):

            @functools.wraps(function)
            async def yield_async(*arguments: Any, **named: Any) -> Any:
                with self._again():
                    async for value in function(*arguments, **named):
                        yield value

            return cast(_Function, yield_async)
        if inspect.isgeneratorfunction(function):

            @functools.wraps(function)
            def yield_all(*arguments: Any, **named: Any) -> Any:
                with self._again():
                    return (yield from function(*arguments, **named))

            return cast(_Function, yield_all)
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def run_async(*arguments: Any, **named: Any) -> Any:
                with self._again():
                    return await function(*arguments, **named)

            return cast(_Function, run_async)

        @functools.wraps(function)
        def run(*arguments: Any, **named: Any) -> Any:
            with self._again():
                return function(*arguments, **named)

        return cast(_Function, run)

    def start(self) -> Self:
        """Begin to intercept.

        Raises:
            ServerError: The system cannot start a thread.
        """
        super().start()
        _ACTIVE.add(self)
        return self

    def stop(self) -> None:
        """Let calls go where they would, and stop sending callbacks at once."""
        _ACTIVE.remove(self)
        super().stop()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()


class _Active:
    """The interceptions that are active, the latest last; libraries are patched while there are any."""

    def __init__(self) -> None:
        self._stack: list[intercept] = []
        self._lock = threading.Lock()
        self._patches = Patches(self)

    def add(self, one: intercept) -> None:
        """Have `one` answer."""
        with self._lock:
            self._stack.append(one)
            if len(self._stack) == 1:
                self._patches.apply()

    def remove(self, one: intercept) -> None:
        """Have `one` answer no more."""
        with self._lock:
            if one in self._stack:
                self._stack.remove(one)
                if not self._stack:
                    self._patches.undo()

    @property
    def backend(self) -> Backend | None:
        """Return what answers calls to the vendor's API; None if nothing does."""
        latest = next(iter(self._stack[-1:]), None)
        return None if latest is None else latest.backend

    def backend_for(self, what: str, scheme: str, host: str, port: int | None) -> Backend | None:
        """Return what answers a call; None if it is to go where it would.

        Args:
            what: The call, in words.
            scheme: `http` or `https`.
            host: The host that it is for.
            port: None for the scheme's own.

        Raises:
            UnexpectedRequest: The latest interception lets no others pass.
        """
        latest = next(iter(self._stack[-1:]), None)
        if latest is None:
            return None
        if latest.backend.is_for(scheme, host, port):
            return latest.backend
        if latest.passthrough:
            return None
        raise UnexpectedRequest(
            f"{what} is not for {InProcess.base_url}, and intercept(passthrough=False) lets no others pass"
        )


_ACTIVE = _Active()
