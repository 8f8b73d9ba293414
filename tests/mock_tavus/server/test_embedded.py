"""A server that cannot start leaves nothing behind."""

from __future__ import annotations

import asyncio
import socket

import pytest

from mock_tavus import MockServer, ServerError
from mock_tavus.server import embedded


def test_a_port_is_given_back_if_the_emulator_cannot_start(monkeypatch: pytest.MonkeyPatch) -> None:
    server = MockServer()

    def cannot() -> None:
        raise ServerError("no room for one more thread")

    monkeypatch.setattr(server.emulator, "start", cannot)
    with pytest.raises(ServerError, match="no room"):
        server.start()

    port = int(server.base_url.rpartition(":")[2])
    with socket.create_server(("127.0.0.1", port)) as free:
        assert free.getsockname()[1] == port


def test_one_that_does_not_listen_in_time_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    async def _silent(server: embedded._Server, sockets: list[socket.socket] | None = None) -> None:
        server._loop = asyncio.get_running_loop()

    monkeypatch.setattr(embedded._Server, "startup", _silent)
    monkeypatch.setattr(embedded, "_STARTS_WITHIN", 0.0)
    with pytest.raises(ServerError, match="did not begin to listen within 0 s"):
        MockServer().start()


def test_it_cannot_be_started_twice() -> None:
    with MockServer() as server, pytest.raises(ServerError, match="started already"):
        server.start()
