from __future__ import annotations

import base64
import contextlib
import json
import socket
import ssl
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests

from mock_tavus import Config, MockServer
from mock_tavus.auth import account_id_for
from tests.support import wait_until

BODY = b'{"train_video_url": "https://a.example/me.mp4"}'
CREATE = (
    b"POST /v2/replicas HTTP/1.1\r\nHost: a\r\nx-api-key: k\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\n\r\n"
)
REQUEST = CREATE % len(BODY) + BODY


@pytest.fixture(scope="module")
def server() -> Iterator[MockServer]:
    with MockServer(wire=True) as running:
        yield running


class Wire:
    """The control plane's side of the wire."""

    def __init__(self, server: MockServer) -> None:
        self.server = server
        self.control("DELETE", "/wire/scripts")
        self.control("DELETE", "/wire/exchanges")
        self.trainings = self.ledger()

    def control(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        response = requests.request(method, f"{self.server.base_url}/__admin{path}", json=body, timeout=10)
        assert response.status_code == 200, response.text
        return dict(response.json())

    def arm(self, *scripts: dict[str, Any], query: str = "") -> None:
        self.control("POST", f"/wire/scripts{query}", {"scripts": list(scripts)})

    def seen(self) -> list[dict[str, Any]]:
        found = self.control("GET", "/wire/exchanges?settle=5")["exchanges"]
        for exchange in found:
            for way in ("request", "answer"):
                exchange[way] = base64.b64decode(exchange[way]["base64"])
        return list(found)

    def ledger(self) -> int:
        return int(self.control("GET", "/ledger")["trainings"])

    def created(self) -> int:
        return self.ledger() - self.trainings

    @contextmanager
    def connect(self) -> Iterator[socket.socket]:
        host, _, port = self.server.wire_url.removeprefix("http://").rpartition(":")
        with socket.create_connection((host, int(port)), timeout=10) as connected:
            yield connected


@pytest.fixture
def wire(server: MockServer) -> Wire:
    return Wire(server)


def read_all(connected: socket.socket) -> bytes:
    data = b""
    while part := connected.recv(65536):
        data += part
    return data


def test_it_answers_as_the_main_listener_does_and_records_every_byte(wire: Wire) -> None:
    with wire.connect() as client:
        client.sendall(REQUEST)
        answer = client.recv(65536)

    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert json.loads(body)["status"] == "started"
    (exchange,) = wire.seen()
    assert (exchange["request"], exchange["answer"]) == (REQUEST, answer)
    assert exchange["account"] == account_id_for(b"k")
    assert (exchange["complete"], exchange["status"], exchange["ended"]) == (True, 200, "kept")
    assert wire.created() == 1


@pytest.mark.parametrize("cut", [0, 1, 37, 100])
def test_an_answer_that_breaks_off(wire: Wire, cut: int) -> None:
    wire.arm({"cut": cut})
    with wire.connect() as client:
        client.sendall(REQUEST)
        assert len(read_all(client)) == cut
    (exchange,) = wire.seen()

    assert exchange["withheld"] > 0
    assert wire.created() == 1


def test_a_reset_after_the_request_was_handled(wire: Wire) -> None:
    wire.arm({"cut": 0, "end": "rst"})
    with wire.connect() as client:
        client.sendall(REQUEST)
        with pytest.raises(ConnectionResetError):
            client.recv(1)

    assert wire.created() == 1


@pytest.mark.parametrize("read", ["head", "nothing"])
def test_a_connection_that_ends_before_the_request_was_read(wire: Wire, read: str) -> None:
    wire.arm({"read": read, "end": "rst"})

    def send_and_receive() -> bytes:
        with wire.connect() as client:
            client.sendall(CREATE % len(BODY))
            return client.recv(1)

    with pytest.raises((ConnectionResetError, BrokenPipeError)):
        send_and_receive()

    assert wire.created() == 0


def test_it_hangs_until_the_client_goes(wire: Wire) -> None:
    wire.arm({"cut": 10, "end": "hang"})
    with wire.connect() as client:
        client.settimeout(0.3)
        client.sendall(REQUEST)
        assert client.recv(65536) == b"HTTP/1.1 2"
        with pytest.raises(TimeoutError):
            client.recv(1)
    (exchange,) = wire.seen()

    assert exchange["ended"] == "hang"


def test_one_byte_at_a_time(wire: Wire) -> None:
    wire.arm({"write_size": 1, "pause": 0.001, "framing": "close"})
    with wire.connect() as client:
        client.sendall(REQUEST)
        answer = read_all(client)
    exchange = wire.control("GET", "/wire/exchanges?settle=5")["exchanges"][0]

    assert {one["bytes"] for one in exchange["answer"]["times"]} == {1}
    assert exchange["answer"]["length"] == len(answer)


def test_a_delay_comes_after_the_create(wire: Wire) -> None:
    wire.arm({"delay": 0.2})
    with wire.connect() as client:
        started = time.monotonic()
        client.sendall(REQUEST)
        assert client.recv(1)

    assert time.monotonic() - started >= 0.2
    assert wire.created() == 1


def test_scripts_are_played_in_turn_on_one_connection(wire: Wire) -> None:
    wire.arm({"answer": {"status": 503}, "handle": False, "times": 2}, {})
    statuses = []
    with wire.connect() as client:
        for _ in range(4):
            client.sendall(REQUEST)
            statuses.append(client.recv(65536)[9:12])

    assert statuses == [b"503", b"503", b"200", b"200"]
    assert wire.created() == 2
    assert len({exchange["connection"] for exchange in wire.seen()}) == 1


def test_a_script_is_for_the_account_that_it_was_armed_for(wire: Wire) -> None:
    wire.arm({"answer": {"status": 503}}, query=f"?account={account_id_for(b'other')}")
    with wire.connect() as client:
        client.sendall(REQUEST)
        assert b" 200 " in client.recv(65536)
        client.sendall(REQUEST.replace(b"x-api-key: k", b"X-API-KEY: other"))
        assert b" 503 " in client.recv(65536)


def test_requests_sent_at_once_are_told_apart(wire: Wire) -> None:
    with wire.connect() as client:
        client.sendall(REQUEST + REQUEST.replace(b"me.mp4", b"we.mp4"))
        client.settimeout(5)
        data = b""
        while data.count(b"started") < 2:
            data += client.recv(65536)
    first, second = wire.seen()

    assert first["request"] == REQUEST
    assert second["request"] == REQUEST.replace(b"me.mp4", b"we.mp4")


def test_chunks_and_expectations(wire: Wire) -> None:
    head = (CREATE % 0).replace(b"Content-Length: 0", b"Transfer-Encoding: chunked\r\nExpect: 100-continue")
    with wire.connect() as client:
        client.sendall(head)
        assert client.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"5\r\n" + BODY[:5] + b"\r\n" + b"%x\r\n" % len(BODY[5:]) + BODY[5:] + b"\r\n0\r\n\r\n")
        assert b" 200 OK" in client.recv(65536)


def test_what_is_no_http_is_told_and_recorded(wire: Wire) -> None:
    with wire.connect() as client:
        client.sendall(b"\x16\x03\x01 hello\r\n\r\n")
        assert read_all(client).startswith(b"HTTP/1.1 400 ")
    (exchange,) = wire.seen()

    assert exchange["error"]
    assert exchange["request"].startswith(b"\x16\x03\x01")


def test_a_request_that_never_ends_is_recorded(wire: Wire) -> None:
    with wire.connect() as client:
        client.sendall(CREATE % 1000 + b"{")
    wait_until(wire.seen)
    (exchange,) = wire.seen()

    assert (exchange["complete"], exchange["ended"], exchange["status"]) == (False, "client", None)


def test_a_body_that_is_far_too_large_is_told(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mock_tavus.wire.connection.MAX_BODY_BYTES", 10)
    with wire.connect() as client:
        client.sendall(REQUEST)
        assert read_all(client).startswith(b"HTTP/1.1 400")
    (exchange,) = wire.seen()

    assert exchange["error"] == "the body has more than 10 bytes"
    assert wire.created() == 0


def test_a_client_that_resets_while_it_is_answered_is_told(wire: Wire) -> None:
    wire.arm({"padding": 8 * 1024 * 1024})
    with wire.connect() as client:
        client.sendall(REQUEST)
        client.recv(1)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    (exchange,) = wire.seen()

    assert exchange["ended"] == "client"
    assert exchange["withheld"] > 0
    assert "after" in exchange["error"]
    assert wire.created() == 1


def test_a_client_that_sends_nothing_is_let_go(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mock_tavus.wire.connection.IDLE_SECONDS", 0.05)
    with wire.connect() as client:
        assert read_all(client) == b""


def test_a_redirect_leads_to_an_origin_that_records(wire: Wire) -> None:
    other = wire.control("GET", "/wire")["doors"]["other"]
    wire.arm({"answer": {"status": 307, "headers": [["Location", f"{other}/v2/replicas"]]}, "handle": False})
    headers = {"x-api-key": "k", "content-type": "application/json"}
    requests.post(f"{wire.server.wire_url}/v2/replicas", data=BODY, headers=headers, timeout=10)

    assert [exchange["door"] for exchange in wire.seen()] == ["wire", "other"]
    assert wire.created() == 1


def test_a_certificate_that_nobody_signed(wire: Wire) -> None:
    url = wire.control("GET", "/wire")["doors"]["untrusted-tls"]
    with pytest.raises(requests.exceptions.SSLError):
        requests.post(f"{url}/v2/replicas", data=BODY, timeout=10)
    wait_until(wire.seen)
    (exchange,) = wire.seen()
    assert exchange["error"].startswith("no TLS")

    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    host, _, port = url.removeprefix("https://").rpartition(":")
    with (
        socket.create_connection((host, int(port)), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as client,
    ):
        client.sendall(REQUEST)
        assert b" 200 OK" in client.recv(65536)
    assert wire.seen()[-1]["request"] == REQUEST


def test_it_stops_at_once_whatever_is_under_way() -> None:
    with MockServer(wire=True) as server:
        other = Wire(server)
        other.arm({"end": "hang"})
        with other.connect() as client:
            client.sendall(REQUEST)
            assert client.recv(1)
            started = time.monotonic()
            server.stop()
            assert time.monotonic() - started < 5


def test_when_all_are_taken_the_one_that_is_idle_longest_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mock_tavus.wire.server.MAX_CONNECTIONS", 2)
    with MockServer(wire=True) as server, contextlib.ExitStack() as stack:
        wire = Wire(server)
        opened = []
        for _ in range(3):
            opened.append(stack.enter_context(wire.connect()))
            opened[-1].sendall(REQUEST)
            assert opened[-1].recv(65536).startswith(b"HTTP/1.1 200")
            wire.seen()  # waits until the exchange has ended
        first, second, _ = opened

        assert first.recv(1) == b""
        second.sendall(REQUEST)
        assert second.recv(65536).startswith(b"HTTP/1.1 200")


def test_when_all_are_busy_nobody_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mock_tavus.wire.server.MAX_CONNECTIONS", 1)
    with MockServer(wire=True) as server:
        wire = Wire(server)
        wire.arm({"delay": 5})
        with wire.connect() as busy:
            busy.sendall(REQUEST)
            wait_until(lambda: not wire.control("GET", "/wire")["armed"])
            with wire.connect() as other:
                assert read_all(other) == b""


def test_half_a_request_makes_room_for_a_whole_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mock_tavus.wire.server.MAX_CONNECTIONS", 2)
    with MockServer(wire=True) as server, contextlib.ExitStack() as stack:
        wire = Wire(server)
        for half in (REQUEST[:20], REQUEST[:-5], b""):
            stack.enter_context(wire.connect()).sendall(half)
        whole = stack.enter_context(wire.connect())
        whole.sendall(REQUEST)

        assert whole.recv(65536).startswith(b"HTTP/1.1 200")


def test_half_a_body_is_answered_408_and_half_a_head_is_ended() -> None:
    with MockServer(Config(body_timeout=0.2), wire=True) as server:
        wire = Wire(server)
        with wire.connect() as half_body, wire.connect() as half_head:
            half_body.sendall(REQUEST[:-5])
            half_head.sendall(REQUEST[:20])

            assert read_all(half_body).startswith(b"HTTP/1.1 408 ")
            assert read_all(half_head) == b""
        assert wire.created() == 0
        assert [entry.response.status for entry in server.requests] == [408]


def test_what_never_ends_has_its_beginning_over_the_wire() -> None:
    with MockServer(wire=True) as server:
        for _ in range(40):
            answer = requests.get(f"{server.wire_url}/__admin/live", timeout=10)
            assert answer.text.startswith("data: ")
