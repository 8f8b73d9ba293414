"""The https door, in front of a server that says what it was sent."""

from __future__ import annotations

import contextlib
import gc
import http.client
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from mock_tavus import SystemClock
from mock_tavus.background import Background
from mock_tavus.proxy.authority import Authority
from mock_tavus.proxy.door import HttpsDoor
from mock_tavus.proxy.tunnels import FormerProxy, Tunnels
from tests.support import wait_until

AUTHORITY = Authority.create(SystemClock().now())
Start = Callable[..., int]


class Echo(BaseHTTPRequestHandler):
    """Answer with the request that came."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        told = {"line": self.requestline, "headers": dict(self.headers), "body": body.decode()}
        content = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST  # noqa: N815

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def main() -> Iterator[int]:
    """Serve as the main door, and give its port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def start(main: int) -> Iterator[Start]:
    """Return a function that opens a door, and gives its port."""
    with ExitStack() as stack:

        def begin(**settings: Any) -> int:
            door = HttpsDoor(("127.0.0.1", main), AUTHORITY.server_context(), Background(), **settings)
            stack.callback(door.stop)
            return door.start(("127.0.0.1", 0))[0][1]

        yield begin


@pytest.fixture
def trusting(tmp_path: Path) -> ssl.SSLContext:
    (tmp_path / "ca.pem").write_bytes(AUTHORITY.pem)
    return ssl.create_default_context(cafile=tmp_path / "ca.pem")


def said(port: int, sent: bytes) -> bytes:
    """Return all that is said to these bytes until the connection ends."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        client.sendall(sent)
        heard = b""
        while data := client.recv(65536):
            heard += data
        return heard


def told(answer: http.client.HTTPResponse) -> dict[str, Any]:
    return dict(json.loads(answer.read()))


def test_https_reaches_the_main_door_as_it_is(start: Start, trusting: ssl.SSLContext) -> None:
    client = http.client.HTTPSConnection("localhost", start(), context=trusting, timeout=20)
    for number in range(3):  # on one connection
        client.request("POST", f"/v2/replicas?n={number}", b"x" * number, {"x-api-key": "k"})
        heard = told(client.getresponse())
        assert heard["line"] == f"POST /v2/replicas?n={number} HTTP/1.1"
        assert heard["body"] == "x" * number
    client.close()


def test_the_only_protocol_that_is_offered_is_http_1_1(start: Start, trusting: ssl.SSLContext) -> None:
    trusting.set_alpn_protocols(["h2", "http/1.1"])
    with (
        socket.create_connection(("127.0.0.1", start()), timeout=20) as plain,
        trusting.wrap_socket(plain, server_hostname="localhost") as client,
    ):
        assert client.selected_alpn_protocol() == "http/1.1"


def test_a_tunnel_to_the_vendors_host_ends_here(start: Start, trusting: ssl.SSLContext) -> None:
    client = http.client.HTTPSConnection("127.0.0.1", start(), context=trusting, timeout=20)
    client.set_tunnel("tavusapi.com", 443)
    client.request("POST", "/v2/replicas", b"body")

    heard = told(client.getresponse())

    assert heard["headers"]["Host"] == "tavusapi.com"
    assert heard["body"] == "body"
    client.close()


def test_a_tunnel_may_be_in_clear(start: Start) -> None:
    client = http.client.HTTPConnection("127.0.0.1", start(), timeout=20)
    client.set_tunnel("tavusapi.com", 80)
    client.request("GET", "/v2/replicas")

    assert told(client.getresponse())["line"] == "GET /v2/replicas HTTP/1.1"
    client.close()


def test_a_request_in_clear_for_the_vendors_host_is_taken(start: Start) -> None:
    heard = said(
        start(),
        b"POST https://tavusapi.com/v2/replicas HTTP/1.1\r\nHost: tavusapi.com\r\nx-api-key: k\r\n"
        b"Content-Length: 4\r\n\r\nbody",
    )

    head, _, body = heard.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    assert json.loads(body)["line"] == "POST /v2/replicas HTTP/1.1"
    assert json.loads(body)["headers"]["Connection"] == "close"
    assert json.loads(body)["body"] == "body"


@pytest.mark.parametrize(
    ("sent", "status", "words"),
    [
        (
            b"CONNECT evil.example:443 HTTP/1.1\r\n\r\n",
            403,
            "no tunnel to evil.example; allow it with --tunnel evil.example",
        ),
        (b"GET http://evil.example/ HTTP/1.1\r\n\r\n", 403, "and none to evil.example"),
        (b"CONNECT tavusapi.com.evil.example:443 HTTP/1.1\r\n\r\n", 403, "no tunnel to tavusapi.com.evil.example"),
        (b"GET /v2/replicas HTTP/1.1\r\nHost: localhost\r\n\r\n", 400, "this port speaks https"),
        (b"hello\r\n\r\n", 400, "expected METHOD TARGET HTTP/1.1"),
        (b"GET / HTTP/1.1\r\nx: " + b"y" * 70_000, 431, "longer than 65536 bytes"),
    ],
)
def test_what_is_not_for_the_emulator_is_refused_with_a_sentence(
    start: Start, sent: bytes, status: int, words: str
) -> None:
    head, _, body = said(start(), sent).partition(b"\r\n\r\n")

    assert head.startswith(f"HTTP/1.1 {status} ".encode())
    assert words in head.split(b"\r\n")[0].decode()  # many clients show nothing else
    assert words in json.loads(body)["message"]


def test_a_host_that_was_named_is_reached(start: Start, main: int, monkeypatch: pytest.MonkeyPatch) -> None:
    tunnels = Tunnels(to_all=True)
    client = http.client.HTTPConnection("127.0.0.1", start(tunnels=tunnels), timeout=20)
    client.set_tunnel("localhost", main)
    client.request("POST", "/other", b"body")

    assert told(client.getresponse())["line"] == "POST /other HTTP/1.1"
    assert tunnels.counts == {"localhost": 1}
    client.close()


def test_a_host_that_cannot_be_reached_is_a_502(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    sent = f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\n\r\n".encode()

    assert said(start(tunnels=Tunnels(to_all=True)), sent).startswith(b"HTTP/1.1 502 127.0.0.1 cannot be reached: ")


def test_who_does_not_trust_the_authority_gets_nothing(start: Start) -> None:
    client = http.client.HTTPSConnection("localhost", start(), context=ssl.create_default_context(), timeout=20)
    with pytest.raises(ssl.SSLCertVerificationError):
        client.request("GET", "/")
    client.close()


def test_each_socket_is_told_of_before_anything_is_taken_and_once_it_is_closed(main: int) -> None:
    open_doors: list[tuple[str, int]] = []
    door = HttpsDoor(
        ("127.0.0.1", main),
        AUTHORITY.server_context(),
        Background(),
        on_listening=lambda *address: open_doors.append(address),
        on_closed=lambda *address: open_doors.remove(address),
    )
    assert list(door.start(("127.0.0.1", 0), ("127.0.0.2", 0))) == open_doors
    door.stop()
    assert open_doors == []


def test_a_port_that_is_taken_leaves_nothing_open(main: int) -> None:
    open_doors: list[tuple[str, int]] = []
    door = HttpsDoor(
        ("127.0.0.1", main),
        AUTHORITY.server_context(),
        Background(),
        on_listening=lambda *each: open_doors.append(each),
    )
    with pytest.raises(OSError, match="in use"):
        door.start(("127.0.0.1", 0), ("127.0.0.1", main))
    assert open_doors == []
    door.stop()


@pytest.mark.parametrize("begun", [b"", b"\x16", b"CONN", b"CONNECT tavusapi.com:443 HTTP/1.1\r\n\r\n"])
def test_who_says_nothing_more_makes_room_for_others(start: Start, trusting: ssl.SSLContext, begun: bytes) -> None:
    port = start(capacity=8)
    with ExitStack() as stack:
        silent = [stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=20)) for _ in range(20)]
        for one in silent:
            one.sendall(begun)
        client = http.client.HTTPSConnection("localhost", port, context=trusting, timeout=20)
        client.request("GET", "/")
        assert told(client.getresponse())["line"] == "GET / HTTP/1.1"
        client.close()


def test_stopping_ends_what_is_under_way(main: int, trusting: ssl.SSLContext) -> None:
    door = HttpsDoor(("127.0.0.1", main), AUTHORITY.server_context(), Background())
    port = door.start(("127.0.0.1", 0))[0][1]
    with (
        socket.create_connection(("127.0.0.1", port), timeout=20) as plain,
        trusting.wrap_socket(plain, server_hostname="localhost") as client,
    ):
        door.stop()
        with contextlib.suppress(OSError):
            assert client.recv(1) == b""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=20)


def test_a_client_that_comes_as_the_door_is_closed_is_not_left_open(main: int) -> None:
    door = HttpsDoor(("127.0.0.1", main), AUTHORITY.server_context(), Background())
    address = door.start(("127.0.0.1", 0))[0]
    loop = door._loop
    assert loop is not None
    clients: list[socket.socket] = []

    def come_and_close() -> None:
        """Have the loop hear of the client in its next turn, and end in the one after."""
        clients.append(socket.create_connection(address, timeout=20))
        loop.call_soon(lambda: loop.call_soon(door._end))

    loop.call_soon_threadsafe(come_and_close)
    wait_until(lambda: door._loop is None)
    door.stop()
    with clients[0] as client, contextlib.suppress(ConnectionResetError):
        assert client.recv(1) == b""
    gc.collect()  # what was left open is told by Python now, and would fail the test


def test_a_fault_in_a_connection_is_reported_and_ends_it_alone(
    main: int, trusting: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    background = Background()
    door = HttpsDoor(("127.0.0.1", main), AUTHORITY.server_context(), background)
    port = door.start(("127.0.0.1", 0))[0][1]
    with monkeypatch.context() as patch:
        patch.setattr("mock_tavus.proxy.heads.ProxyHead.parse", lambda head: 1 / 0)
        assert said(port, b"GET / HTTP/1.1\r\n\r\n") == b""
        wait_until(lambda: background.fault_count == 1)

    assert said(port, b"GET / HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 400 ")
    door.stop()


def test_a_burst_does_not_go_beyond_the_capacity(main: int) -> None:
    door = HttpsDoor(("127.0.0.1", main), AUTHORITY.server_context(), Background(), capacity=5)
    port = door.start(("127.0.0.1", 0))[0][1]
    with ExitStack() as stack:
        for _ in range(200):
            stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=20))
        wait_until(lambda: len(door._connections) + len(door._ending) <= 5)
    door.stop()


def test_a_client_that_pauses_gets_all_that_was_written(start: Start) -> None:
    size = 4_000_000
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            connected, _ = listening.accept()
            with connected:
                connected.recv(4096)
                connected.sendall(b"x" * size)

        thread = threading.Thread(target=answer)
        thread.start()
        port = listening.getsockname()[1]
        with socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
            client.settimeout(30)
            client.connect(("127.0.0.1", start(tunnels=Tunnels(to_all=True))))
            client.sendall(f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\n\r\n".encode())
            assert client.recv(4096).startswith(b"HTTP/1.1 200")
            client.sendall(b"go")
            thread.join()  # all has been written, and the connection to the door is closed
            threading.Event().wait(3)
            heard = 0
            while data := client.recv(65536):
                heard += len(data)
    assert heard == size


def test_what_is_sent_before_the_answer_to_connect(start: Start) -> None:
    port = start()
    connect = b"CONNECT tavusapi.com:443 HTTP/1.1\r\n\r\n"

    in_clear = said(port, connect + b"GET /v2/replicas HTTP/1.1\r\nHost: tavusapi.com\r\nConnection: close\r\n\r\n")
    assert in_clear.startswith(b"HTTP/1.1 200 Connection established\r\n\r\nHTTP/1.1 200 OK")
    assert said(port, connect + b"\x16\x03\x01").startswith(
        b"HTTP/1.1 400 expected nothing before the response to CONNECT"
    )


@pytest.mark.parametrize("host", ["a..b", "a" * 64 + ".example"])
def test_a_host_that_is_none_is_a_502(start: Start, host: str) -> None:
    heard = said(start(tunnels=Tunnels(to_all=True)), f"CONNECT {host}:443 HTTP/1.1\r\n\r\n".encode())

    assert heard.startswith(f"HTTP/1.1 502 {host} cannot be reached".encode())


def test_a_request_in_clear_for_another_host_goes_to_the_users_own_proxy(start: Start, main: int) -> None:
    tunnels = Tunnels(to_all=True, former_http_proxy=FormerProxy("127.0.0.1", main, "Basic bWU6c2VjcmV0"))
    heard = said(start(tunnels=tunnels), b"GET http://other.example/a HTTP/1.1\r\nHost: other.example\r\n\r\n")

    told_by_proxy = json.loads(heard.partition(b"\r\n\r\n")[2])
    assert told_by_proxy["line"] == "GET http://other.example/a HTTP/1.1"
    assert told_by_proxy["headers"]["Proxy-Authorization"] == "Basic bWU6c2VjcmV0"
    assert tunnels.counts == {"other.example": 1}
