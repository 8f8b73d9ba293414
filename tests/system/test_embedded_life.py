"""`MockServer` from start to stop, and again, whatever is under way; and what Python tests decide about an account."""

from __future__ import annotations

import gc
import multiprocessing
import socket
import threading
import time

import psutil
import pytest
import requests

from mock_tavus import AdminError, Config, DeliveryState, MockServer, ServerError, TestClock
from mock_tavus.http.dashboard.routes import MAX_VIEWERS
from tests.support import Receiver, wait_until

BODY = {"train_video_url": "https://a.example/me.mp4"}


def create(server: MockServer, key: str = "k", **fields: object) -> requests.Response:
    with requests.Session() as session:
        headers = {"x-api-key": key}
        return session.post(f"{server.base_url}/v2/replicas", json={**BODY, **fields}, headers=headers, timeout=20)


def test_it_starts_stops_and_starts_again_with_all_that_it_remembers() -> None:
    server = MockServer()
    urls = set()
    for _ in range(3):
        with server:
            urls.add(server.base_url)
            assert create(server).status_code == 200
            with pytest.raises(ServerError, match="has been started already"):
                server.start()
        with pytest.raises(requests.ConnectionError):
            create(server)

    assert len(server.requests) == 3
    server.stop()


def test_a_taken_port_is_told_in_words() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ServerError, match=f"port {port} on 127.0.0.1 is taken"):
            MockServer(port=port).start()


@pytest.mark.parametrize("cycles", [10, pytest.param(200, marks=pytest.mark.deep)])
def test_nothing_is_left_behind(cycles: int) -> None:
    def cycle() -> None:
        with MockServer() as server:
            create(server)

    process = psutil.Process()
    for _ in range(5):
        cycle()
    gc.collect()
    threads, files, memory = threading.active_count(), process.num_fds(), process.memory_info().rss
    for _ in range(cycles):
        cycle()
    gc.collect()
    wait_until(lambda: threading.active_count() <= threads)

    assert process.num_fds() <= files + 2
    assert (process.memory_info().rss - memory) / cycles < 256 * 1024


def test_it_stops_within_two_seconds_whatever_is_under_way() -> None:
    hanging = socket.create_server(("127.0.0.1", 0))  # accepts, and says nothing
    server = MockServer(Config(training_time=0, callback_grace=0)).start()
    create(server, callback_url=f"http://127.0.0.1:{hanging.getsockname()[1]}/")
    server.account("k").next(delay="30s", times=None)
    slow = [threading.Thread(target=_ignore_the_end, args=(server,), daemon=True) for _ in range(5)]
    for thread in slow:
        thread.start()
    half = socket.create_connection(("127.0.0.1", int(server.base_url.rpartition(":")[2])))
    half.sendall(b"POST /v2/replicas HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
    wait_until(lambda: server.callbacks[0].state is DeliveryState.SENDING)

    began = time.monotonic()
    server.stop()

    assert time.monotonic() - began < 2.5
    half.close()
    hanging.close()


def _ignore_the_end(server: MockServer) -> None:
    try:
        create(server)
    except requests.RequestException:
        return


def test_stalled_connections_and_delayed_responses_hold_up_nobody() -> None:
    with MockServer(Config(body_timeout=30)) as server:
        port = int(server.base_url.rpartition(":")[2])
        stalled = []
        for number in range(300):
            connection = socket.create_connection(("127.0.0.1", port))
            head = b"POST /v2/replicas HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n"
            connection.sendall(head[:20] if number % 2 else head + b"\r\n{")
            stalled.append(connection)
        server.account("slow").next(delay="20s", times=None)
        for _ in range(100):
            connection = socket.create_connection(("127.0.0.1", port))
            connection.sendall(b"GET /v2/replicas HTTP/1.1\r\nHost: x\r\nx-api-key: slow\r\n\r\n")
            stalled.append(connection)
        began = time.monotonic()
        assert create(server).status_code == 200
        assert time.monotonic() - began < 2
        for connection in stalled:
            connection.close()


@pytest.mark.parametrize("rest", [b"zz\r\n{}\r\n0\r\n\r\n", b"-1\r\n", b"5\r\n{}\r\n0\r\n\r\n", b"1" * 100_000])
def test_malformed_chunks_are_the_clients_fault(rest: bytes) -> None:
    head = (
        b"POST /v2/replicas HTTP/1.1\r\nHost: x\r\nx-api-key: k\r\nContent-Type: application/json\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n"
    )
    with MockServer(Config(body_timeout=1)) as server:
        with socket.create_connection(("127.0.0.1", int(server.base_url.rpartition(":")[2])), timeout=10) as client:
            client.sendall(head + rest)
            client.shutdown(socket.SHUT_WR)
            answer = client.recv(65536)
        assert not answer.startswith(b"HTTP/1.1 5")
        assert create(server).status_code == 200


def test_it_survives_a_fork() -> None:
    with MockServer() as server:
        create(server)
        context = multiprocessing.get_context("fork")
        child = context.Process(target=server.stop)
        child.start()
        child.join(10)

        assert child.exitcode == 0
        assert create(server).status_code == 200


def test_an_account_can_be_decided_about_in_python() -> None:
    with MockServer(Config(training_time=6 * 3600, seed=1)) as server:
        account = server.account("k")
        inbox = account.inbox("x")
        account.next(status=503, retry_after=30)
        refused = create(server)
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "30")
        first = create(server, callback_url=inbox.url).json()["replica_id"]
        second = create(server, callback_url=inbox.url).json()["replica_id"]

        account.freeze()
        (failed,) = account.fail(first, cause="video_fps")
        inbox.wait(1)
        account.callbacks.wait(2)  # the one that was planned is cancelled, and ended, too
        assert account.status(first) == "error"
        assert failed.body["status"] == "error"
        (ready,) = account.advance("6h")
        assert (ready.state, ready.replica_id) == (DeliveryState.DELIVERED, second)
        assert [message.body for message in inbox.wait(2)] == [
            b'{"replica_id": "%b", "status": "error", "error_message": "%b"}'
            % (first.encode(), failed.body["error_message"].encode()),
            b'{"replica_id": "%b", "status": "ready"}' % second.encode(),
        ]
        account.resume()
        assert [exchange.response.status for exchange in account.requests] == [503, 200, 200]
        assert account.trainings == 2
        with pytest.raises(AdminError, match="no replica"):
            account.complete("r000000000")
        with pytest.raises(AdminError, match="unknown cause"):
            account.fail(second, cause="nonsense")
        with pytest.raises(AdminError, match="unknown outcome"):
            account.next(colour="red")

        account.reset()
        assert (len(account.requests), len(account.callbacks), account.trainings) == (0, 0, 0)


def test_a_test_clock_waits_for_what_falls_due() -> None:
    clock = TestClock()
    with Receiver() as receiver, MockServer(Config(training_time=3600), clock=clock) as server:
        create(server, callback_url=receiver.url)
        clock.advance(3600)

        assert [callback.state for callback in server.account("k").callbacks] == [DeliveryState.DELIVERED]


def test_a_budget_of_one_is_granted_once() -> None:
    with MockServer(Config(max_trainings=1)) as server:
        together = threading.Barrier(8)
        statuses: list[int] = []

        def run() -> None:
            together.wait()
            statuses.append(create(server).status_code)

        threads = [threading.Thread(target=run) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert sorted(statuses) == [200] + [402] * 7


def test_a_forced_status_without_a_body_keeps_the_connection_in_order() -> None:
    with MockServer() as server, requests.Session() as session:
        headers = {"x-api-key": "k", "x-mock-tavus-scenario": "status=204"}
        first = session.post(f"{server.base_url}/v2/replicas", json=BODY, headers=headers, timeout=10)
        second = session.post(f"{server.base_url}/v2/replicas", json=BODY, headers={"x-api-key": "k"}, timeout=10)

        assert (first.status_code, first.content, second.status_code) == (204, b"", 200)
        assert server.emulator.background.fault_count == 0


def test_pages_that_were_closed_make_room_for_others() -> None:
    with MockServer() as server:
        assert _may_follow(server, MAX_VIEWERS)
        wait_until(lambda: _may_follow(server, 1))


def _may_follow(server: MockServer, count: int) -> bool:
    """Open live pages, close them, and return whether all were let in."""
    streams = [requests.get(f"{server.base_url}/__admin/live", stream=True, timeout=10) for _ in range(count)]
    for stream in streams:
        stream.close()
    return {stream.status_code for stream in streams} == {200}


def test_a_wish_that_cannot_be_read_is_ignored() -> None:
    with MockServer() as server:
        headers = {"x-api-key": "k", "prefer": f"code={'9' * 5000}"}
        answer = requests.post(f"{server.base_url}/v2/replicas", json=BODY, headers=headers, timeout=10)

        assert answer.status_code == 200
