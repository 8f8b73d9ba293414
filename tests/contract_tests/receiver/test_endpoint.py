from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from contract_tests.failures import KitError
from contract_tests.receiver.endpoint import Endpoint


@pytest.fixture
def serve() -> Iterator[Callable[[bytes, int], str]]:
    """Return what starts a server that reads so many bytes and then says something, once."""
    opened: list[socket.socket] = []

    def start(answer: bytes, reads: int) -> str:
        listening = socket.create_server(("127.0.0.1", 0))
        opened.append(listening)

        def run() -> None:
            connected, _ = listening.accept()
            with connected:
                left = reads
                while left > 0 and (data := connected.recv(min(left, 65536))):
                    left -= len(data)
                connected.sendall(answer)

        threading.Thread(target=run, daemon=True).start()
        return f"http://127.0.0.1:{listening.getsockname()[1]}/hook?secret=1"

    yield start
    for one in opened:
        one.close()


def send(url: str, body: bytes = b"{}", timeout: float = 5.0, **head: bool) -> object:
    endpoint = Endpoint.read(url)
    return endpoint.send(endpoint.head("POST", "application/json", len(body), **head), body, timeout)


def test_a_response_is_read(serve: Callable[[bytes, int], str]) -> None:
    response = send(serve(b"HTTP/1.1 204 No Content\r\n\r\n", 20))

    assert str(response) == "204"
    assert response.is_taken  # type: ignore[attr-defined]
    assert response.request.startswith(b"POST /hook?secret=1 HTTP/1.1\r\n")  # type: ignore[attr-defined]


def test_a_forged_request_leaves_the_query_out() -> None:
    head = Endpoint.read("http://127.0.0.1:9/hook?secret=1").head("POST", "a/b", 2, is_forged=True)

    assert head.startswith(b"POST /hook HTTP/1.1\r\n")


def test_a_response_that_comes_before_all_was_read_is_read(serve: Callable[[bytes, int], str]) -> None:
    answer = b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n"

    assert str(send(serve(answer, 1000), b"x" * 8_000_000)) in (
        "413",
        "ConnectionResetError: [Errno 104] Connection reset by peer",
    )


def test_no_response_is_told(serve: Callable[[bytes, int], str]) -> None:
    assert "no response within 0.2 s" in str(send(serve(b"", 10_000), timeout=0.2))
    assert str(send(serve(b"", 1))).startswith(("RemoteDisconnected", "ConnectionResetError"))
    assert "ConnectionRefusedError" in str(send("http://127.0.0.1:1/"))


@pytest.mark.parametrize(
    "url", ["hook", "ftp://127.0.0.1/", "http://127.0.0.1:99999/", "http:///x", "http://[::1", "http://a..b/"]
)
def test_what_is_no_url_is_told(url: str) -> None:
    with pytest.raises(KitError, match="--receiver: "):
        Endpoint.read(url)


@pytest.mark.parametrize("host", ["8.8.8.8", "169.254.169.254", "0.0.0.0", "[2001:4860:4860::8888]"])
def test_a_host_that_is_not_near_must_be_allowed(host: str) -> None:
    with pytest.raises(KitError, match="allow it with --allow-receiver-host"):
        Endpoint.read(f"http://{host}/hook")
    assert Endpoint.read(f"http://{host}/hook", [host.strip("[]")]).target == "/hook"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "10.1.2.3", "192.168.0.7", "[::1]"])
def test_a_host_that_is_near_needs_no_leave(host: str) -> None:
    assert Endpoint.read(f"http://{host}:9000").port == 9000
