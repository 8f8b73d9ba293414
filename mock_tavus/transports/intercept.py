"""`intercept`: calls of this process to the vendor's API end in an emulator, whichever library makes them."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any, Self, TypeVar, cast

from mock_tavus.clock import BaseClock
from mock_tavus.config import Config
from mock_tavus.transports.in_process import InProcess
from mock_tavus.transports.interceptions import Interception
from mock_tavus.transports.patches import Patches

_Function = TypeVar("_Function", bound=Callable[..., Any])
_Anything = Callable[..., Any]
_Again = Callable[[], "intercept"]

_PATCHES = Patches()
"""What is replaced in libraries, which are the same for the whole process."""


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
        self._interception = Interception(self.backend, passthrough)
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
        for is_kind, wrap in _WRAPPERS:
            if is_kind(function):
                return cast(_Function, functools.wraps(function)(wrap(function, self._again)))
        return cast(_Function, functools.wraps(function)(_called(function, self._again)))

    def start(self) -> Self:
        """Begin to intercept.

        Raises:
            ServerError: The system cannot start a thread.
        """
        super().start()
        _PATCHES.begin(self._interception)
        return self

    def stop(self) -> None:
        """Let calls go where they would, and stop sending callbacks at once."""
        _PATCHES.end(self._interception)
        super().stop()


def _called(function: _Anything, again: _Again) -> _Anything:
    def run(*arguments: Any, **named: Any) -> Any:
        with again():
            return function(*arguments, **named)

    return run


def _awaited(function: _Anything, again: _Again) -> _Anything:
    async def run(*arguments: Any, **named: Any) -> Any:
        with again():
            return await function(*arguments, **named)

    return run


def _yielding(function: _Anything, again: _Again) -> _Anything:
    def run(*arguments: Any, **named: Any) -> Any:
        with again():
            return (yield from function(*arguments, **named))

    return run


def _yielding_async(function: _Anything, again: _Again) -> _Anything:
    async def run(*arguments: Any, **named: Any) -> Any:
        with again():
            async for value in function(*arguments, **named):
                yield value

    return run


_WRAPPERS: Sequence[tuple[Callable[[Any], bool], Callable[[_Anything, _Again], _Anything]]] = (
    (inspect.isasyncgenfunction, _yielding_async),
    (inspect.isgeneratorfunction, _yielding),
    (inspect.iscoroutinefunction, _awaited),
)
"""How functions of each kind run with an interception of their own; others are just called."""
