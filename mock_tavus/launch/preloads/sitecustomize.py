"""Loaded into every Python of the run: the vendor's host has the emulator's address, whoever looks it up."""

import importlib.abc
import importlib.machinery
import importlib.util
import os
import sys
from typing import Any


def _lead(socket: Any) -> None:
    look_up = socket.getaddrinfo

    def _getaddrinfo(host: Any, port: Any, family: int = 0, type: int = 0, proto: int = 0, flags: int = 0) -> Any:
        name, service = (text.decode("ascii", "replace") if isinstance(text, bytes) else text for text in (host, port))
        if isinstance(name, str) and name.lower().rstrip(".") == "@HOST@":
            family = 0 if family == socket.AF_INET6 else family
            if str(service) in ("443", "https"):
                host, port = "127.0.0.1", int("@PORT@")
            else:  # whoever looks up the name alone finds out the port later
                host = "@ADDRESS@"
        return look_up(host, port, family, type, proto, flags)

    socket.getaddrinfo = _getaddrinfo


class _Finder(importlib.abc.MetaPathFinder):
    """Wait for `socket`, which most programs load late."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """Return what loads `socket`; None for every other `name`, whatever its `path` and `target`."""
        if name != "socket":
            return None
        sys.meta_path.remove(self)
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        if spec is not None and spec.loader is not None:
            run = spec.loader.exec_module

            def _exec_module(module: Any) -> None:
                run(module)
                _lead(module)

            spec.loader.exec_module = _exec_module  # type: ignore[method-assign]
        return spec


def _load_hidden() -> None:
    """Run the `sitecustomize` that would have been loaded without this one."""
    here = os.path.dirname(os.path.abspath(__file__))
    path = [each for each in sys.path if os.path.abspath(each or ".") != here]
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", path)
    if spec is not None and spec.loader is not None:
        module = importlib.util.module_from_spec(spec)
        sys.modules["sitecustomize"] = module
        spec.loader.exec_module(module)


if "socket" in sys.modules:
    _lead(sys.modules["socket"])
else:
    sys.meta_path.insert(0, _Finder())
_load_hidden()
