"""Callbacks over real HTTP, from the server a user runs and from `MockServer`, to receivers good and bad."""

from __future__ import annotations

import json
import select
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests
import trustme

from contract_tests import Oracle
from mock_tavus import Config, Delivery, DeliveryState, MockServer, TestClock
from tests.support import Receiver, wait_until
from tests.system.conftest import Program

VIDEO = "https://a.example/me.mp4"
Serve = Callable[..., Program]


def create(url: str, key: str = "test", **fields: Any) -> str:
    body = {"train_video_url": VIDEO, **fields}
    response = requests.post(f"{url}/v2/replicas", json=body, headers={"x-api-key": key}, timeout=10)
    assert response.status_code == 200, response.text
    return str(response.json()["replica_id"])


def test_both_callbacks_arrive_as_the_contract_says(serve: Serve, oracle: Oracle) -> None:
    program = serve("--training-time", "200ms")
    with Receiver() as receiver:
        ready = create(program.url, callback_url=f"{receiver.url}/hook?secret=a%2Fb&x=1")
        failed = create(
            program.url, callback_url=f"{receiver.url}/hook", train_video_url="https://a.example/video_fps.mp4"
        )
        received = receiver.wait_for(2)

    bodies = {json.loads(one.body)["replica_id"]: one for one in received}
    assert json.loads(bodies[ready].body) == {"replica_id": ready, "status": "ready"}
    assert json.loads(bodies[failed].body) == {
        "replica_id": failed,
        "status": "error",
        "error_message": "The training video runs at fewer than 25 frames per second.",
    }
    assert bodies[ready].target == "/hook?secret=a%2Fb&x=1"
    for one in received:
        assert one.method == "POST"
        assert oracle.callback_faults(one.headers["content-type"], one.body) == []
        assert "test" not in one.headers.values()
        assert one.headers["host"] == receiver.url.removeprefix("http://")
    program.wait_for_line(f"{receiver.url}/hook?…")
    assert "secret" not in program.output


def test_a_target_outside_is_held_back_and_said_so(serve: Serve) -> None:
    program = serve("--training-time", "0")
    create(program.url, callback_url="https://yourwebsite.com/webhook")

    assert "--allow-callback-host yourwebsite.com" in program.wait_for_line("held")


def test_a_url_can_be_rewritten_to_here(serve: Serve) -> None:
    with Receiver() as receiver:
        program = serve("--training-time", "0", "--callback-rewrite", f"https://yourwebsite.com={receiver.url}/local")
        create(program.url, callback_url="https://yourwebsite.com/webhook?a=b")

        assert receiver.wait_for(1)[0].target == "/local/webhook?a=b"


@pytest.fixture
def mock() -> Iterator[MockServer]:
    with MockServer(Config(callback_timeout=1.0, callback_grace=0.0), clock=TestClock()) as server:
        yield server


def finish(server: MockServer, url: str, **fields: Any) -> Delivery:
    """Create a replica that calls this URL back, let its training end, and return how the callback went."""
    replica_id = create(server.base_url, callback_url=url, **fields)
    clock = server.emulator.clock
    assert isinstance(clock, TestClock)
    # The answer is closed a moment after the client has it; only then is the callback waiting for its time.
    clock.advance(10)
    wait_until(lambda: delivery_of(server, replica_id).state.is_final)
    return delivery_of(server, replica_id)


def delivery_of(server: MockServer, replica_id: str) -> Delivery:
    return next(delivery for delivery in server.callbacks if delivery.replica_id == replica_id)


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_every_2xx_is_a_success(mock: MockServer, status: int) -> None:
    with Receiver(status) as receiver:
        delivery = finish(mock, receiver.url)

    assert delivery.state is DeliveryState.DELIVERED
    assert [attempt.status for attempt in delivery.attempts] == [status]


@pytest.mark.parametrize("status", [400, 404, 500, 503])
def test_every_other_status_is_a_failure_without_a_retry(mock: MockServer, status: int) -> None:
    with Receiver(status) as receiver:
        delivery = finish(mock, receiver.url)

    assert delivery.state is DeliveryState.FAILED
    assert [attempt.error for attempt in delivery.attempts] == [f"answered {status}"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(mock: MockServer, status: int) -> None:
    with Receiver() as elsewhere, Receiver(status, (("location", elsewhere.url),)) as receiver:
        delivery = finish(mock, receiver.url)

        assert delivery.attempts[0].error == f"answered {status}; redirects are not followed"
        assert elsewhere.received == []
        assert len(receiver.received) == 1


def test_proxies_of_the_environment_see_nothing(mock: MockServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with Receiver() as proxy, Receiver() as receiver:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        delivery = finish_directly(mock, receiver.url)

        assert delivery.state is DeliveryState.DELIVERED
        assert proxy.received == []


def finish_directly(server: MockServer, url: str) -> Delivery:
    with requests.Session() as session:
        session.trust_env = False
        body = {"train_video_url": VIDEO, "callback_url": url}
        response = session.post(f"{server.base_url}/v2/replicas", json=body, headers={"x-api-key": "k"}, timeout=10)
    clock = server.emulator.clock
    assert isinstance(clock, TestClock)
    clock.advance(10)
    replica_id = response.json()["replica_id"]
    wait_until(lambda: delivery_of(server, replica_id).state.is_final)
    return delivery_of(server, replica_id)


@contextmanager
def raw_receiver(serve_one: Callable[[socket.socket, threading.Event], None]) -> Iterator[str]:
    """Answer every connection with bytes of the test's own making."""
    stop = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))
    threads: list[threading.Thread] = []

    def handle(connection: socket.socket) -> None:
        with connection:
            try:
                part = connection.recv(65536)
                while part and not part.endswith(b"}"):  # what is left unread would turn the end into a reset
                    part = connection.recv(65536)
                serve_one(connection, stop)
            except OSError:
                return  # the emulator has hung up

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threads.append(threading.Thread(target=handle, args=(connection,), daemon=True))
            threads[-1].start()

    acceptor = threading.Thread(target=accept, daemon=True)
    acceptor.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/hook"
    finally:
        stop.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for thread in [acceptor, *threads]:
            thread.join(timeout=20)


def hang(connection: socket.socket, stop: threading.Event) -> None:
    stop.wait(30)


def drip_headers(connection: socket.socket, stop: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while not stop.wait(0.05):
        connection.sendall(b"x: y\r\n")


def drip_body(connection: socket.socket, stop: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while not stop.wait(0.05):
        connection.sendall(b"x")


def endless_body(connection: socket.socket, stop: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while not stop.is_set():
        connection.sendall(b"x" * 65536)


def endless_header(connection: socket.socket, stop: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nx: ")
    while not stop.is_set():
        connection.sendall(b"x" * 65536)


def endless_interim(connection: socket.socket, stop: threading.Event) -> None:
    while not stop.is_set():
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)


def endless_trailers(connection: socket.socket, stop: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n")
    while not stop.is_set():
        connection.sendall(b"x: y\r\n" * 1000)


def gibberish(connection: socket.socket, stop: threading.Event) -> None:
    connection.sendall(b"\x00\xff" * 100)


def close_at_once(connection: socket.socket, stop: threading.Event) -> None:
    return


def gzip_bomb(connection: socket.socket, stop: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x00\x00")


@pytest.mark.parametrize(
    ("behaviour", "state", "error"),
    [
        (hang, DeliveryState.FAILED, "no answer within 1 s"),
        (drip_headers, DeliveryState.FAILED, "no answer within 1 s"),
        (drip_body, DeliveryState.DELIVERED, None),
        (endless_body, DeliveryState.DELIVERED, None),
        (endless_header, DeliveryState.FAILED, "LineTooLong"),
        (endless_interim, DeliveryState.FAILED, "LineTooLong"),
        (endless_trailers, DeliveryState.DELIVERED, None),
        (gibberish, DeliveryState.FAILED, "BadStatusLine"),
        (close_at_once, DeliveryState.FAILED, "RemoteDisconnected"),
        (gzip_bomb, DeliveryState.DELIVERED, None),
    ],
)
def test_a_hostile_receiver_disturbs_nobody(
    mock: MockServer, behaviour: Any, state: DeliveryState, error: str | None
) -> None:
    with raw_receiver(behaviour) as url, Receiver() as good:
        create(mock.base_url, callback_url=url)
        good_delivery = finish(mock, good.url)
        wait_until(lambda: all(delivery.state.is_final for delivery in mock.callbacks))
        (hostile,) = [delivery for delivery in mock.callbacks if delivery.url == url]

    assert good_delivery.state is DeliveryState.DELIVERED
    assert hostile.state is state
    assert len(hostile.attempts) == 1
    attempt = hostile.attempts[0]
    if error is None:
        assert attempt.error is None
    else:
        assert error in str(attempt.error)
    assert len(attempt.response_body) <= 64 * 1024
    assert attempt.duration < 10


def test_a_closed_port_is_a_failure_in_words(mock: MockServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    delivery = finish(mock, f"http://127.0.0.1:{port}/")

    assert delivery.state is DeliveryState.FAILED
    assert "refused" in str(delivery.attempts[0].error)


def test_a_name_is_tried_at_all_its_addresses(mock: MockServer) -> None:
    """`localhost` is 127.0.0.1 and ::1, and a receiver may listen on the second alone."""
    try:
        listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("this machine has no IPv6")
    seen: list[bytes] = []

    def answer() -> None:
        connection, _ = listener.accept()
        with connection:
            seen.append(connection.recv(65536))
            connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    port = listener.getsockname()[1]
    delivery = finish(mock, f"http://app.localhost:{port}/")
    thread.join()
    listener.close()

    assert delivery.state is DeliveryState.DELIVERED
    assert f"Host: app.localhost:{port}".encode() in seen[0]


def test_https_is_checked_against_the_name_and_not_the_address(mock: MockServer) -> None:
    """The certificate is for the name, but its authority is unknown: the handshake names the host, and then fails."""
    names: list[str | None] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("app.localhost").configure_cert(context)
    context.sni_callback = lambda tls_socket, name, _: names.append(name)
    listener = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        connection, _ = listener.accept()
        with connection, pytest.raises(ssl.SSLError):
            context.wrap_socket(connection, server_side=True)

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    delivery = finish(mock, f"https://app.localhost:{listener.getsockname()[1]}/")
    thread.join()
    listener.close()

    assert names == ["app.localhost"]
    assert delivery.state is DeliveryState.FAILED
    assert "certificate verify failed" in str(delivery.attempts[0].error).lower()


def test_one_deleted_in_training_calls_nobody_back(mock: MockServer) -> None:
    with Receiver() as receiver:
        replica_id = create(mock.base_url, callback_url=f"{receiver.url}/deleted")
        requests.delete(f"{mock.base_url}/v2/replicas/{replica_id}", headers={"x-api-key": "test"}, timeout=10)
        finish(mock, f"{receiver.url}/other")

        assert [one.target for one in receiver.received] == ["/other"]


def order_at_the_client(url: str, rounds: int) -> list[str]:
    """Create replicas that call back at once, and return what was there first for each: the answer or the callback.

    One thread watches both sockets, so that a slow client cannot mistake the order: when the callback's connection
    arrives, the answer must have come already.
    """
    host, port = url.removeprefix("http://").split(":")
    first: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as receiver:
        body = json.dumps(
            {"train_video_url": VIDEO, "callback_url": f"http://127.0.0.1:{receiver.getsockname()[1]}/"}
        ).encode()
        request = (
            b"POST /v2/replicas HTTP/1.1\r\nHost: x\r\nx-api-key: k\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
        )
        for _ in range(rounds):
            with socket.create_connection((host, int(port))) as client:
                client.sendall(request)
                select.select([receiver], [], [], 20)
                answered = client in select.select([client], [], [], 0)[0]
                first.append("answer" if answered else "callback")
                connection, _ = receiver.accept()
                with connection:
                    connection.recv(65536)
                    connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
    return first


GRACE = 0.5
"""Longer than the default: the mechanism is what is tested, and a machine under load must not decide the outcome."""


@pytest.mark.parametrize("rounds", [2, pytest.param(10, marks=pytest.mark.deep)])
def test_no_callback_overtakes_its_answer_on_the_server_that_users_run(serve: Serve, rounds: int) -> None:
    program = serve("--training-time", "0", "--callback-grace", f"{GRACE}s")

    assert set(order_at_the_client(program.url, rounds)) == {"answer"}


@pytest.mark.parametrize("rounds", [2, pytest.param(10, marks=pytest.mark.deep)])
def test_no_callback_overtakes_its_answer_in_a_tests_own_process(rounds: int) -> None:
    with MockServer(Config(training_time=0, callback_grace=GRACE)) as server:
        assert set(order_at_the_client(server.base_url, rounds)) == {"answer"}


def test_an_endless_redirect_is_not_read(mock: MockServer) -> None:
    def redirect_for_ever(connection: socket.socket, stop: threading.Event) -> None:
        connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: http://[\r\n\r\n")
        while not stop.is_set():
            connection.sendall(b"x" * 65536)

    with raw_receiver(redirect_for_ever) as url:
        delivery = finish(mock, url)

    assert delivery.attempts[0].error == "answered 302; redirects are not followed"
    assert len(delivery.attempts[0].response_body) <= 64 * 1024


def test_the_query_arrives_as_it_was_written(mock: MockServer) -> None:
    with Receiver() as receiver:
        finish(mock, f"{receiver.url}/hook/%41?t=%41%7E&u=a+b&empty=&x")

        assert receiver.received[0].target == "/hook/%41?t=%41%7E&u=a+b&empty=&x"
