from __future__ import annotations

import socket

import pytest

from mock_tavus.errors import ServerError
from mock_tavus.server.ports import reserve_port


def test_port_0_takes_a_free_port_and_holds_it() -> None:
    with reserve_port("127.0.0.1", 0) as held:
        port = held.getsockname()[1]
        assert port > 0
        with pytest.raises(ServerError, match=f"port {port} on 127.0.0.1 is taken; choose another with --port"):
            reserve_port("127.0.0.1", port)


def test_a_server_that_shares_the_port_can_join() -> None:
    with reserve_port("127.0.0.1", 0) as held, socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        server.bind(held.getsockname())
        server.listen()


def test_a_port_with_a_listener_is_taken_even_if_it_would_be_shared() -> None:
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("127.0.0.1", 0))
        server.listen()
        with pytest.raises(ServerError, match="is taken"):
            reserve_port("127.0.0.1", server.getsockname()[1])


def test_a_port_whose_last_server_has_just_gone_is_free() -> None:
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("127.0.0.1", 0))
        server.listen()
        address = server.getsockname()
        with socket.create_connection(address) as client:
            accepted, _ = server.accept()
            accepted.close()  # the side that closes first is left in TIME_WAIT
            assert client.recv(1) == b""
    reserve_port(*address).close()


@pytest.mark.parametrize("host", ["203.0.113.1", "no such host", "ü" * 100])
def test_a_host_that_is_not_this_machine_is_refused(host: str) -> None:
    with pytest.raises(ServerError):
        reserve_port(host, 0)
