"""`MockServer` in a test's own process."""

from __future__ import annotations

import threading

import pytest
import requests

from mock_tavus import Config, MockServer, ServerError, TestClock


def post(server: MockServer, key: str = "k", **fields: str) -> requests.Response:
    body = {"train_video_url": "https://a.example/me.mp4", **fields}
    return requests.post(f"{server.base_url}/v2/replicas", json=body, headers={"x-api-key": key}, timeout=10)


def test_a_test_owns_the_time() -> None:
    clock = TestClock()
    with MockServer(Config(training_time=5 * 3600), clock=clock) as server:
        replica_id = post(server).json()["replica_id"]

        def status() -> str:
            url = f"{server.base_url}/v2/replicas/{replica_id}"
            return str(requests.get(url, headers={"x-api-key": "k"}, timeout=10).json()["status"])

        assert status() == "started"
        clock.advance(5 * 3600)
        assert status() == "completed"


def test_what_was_asked_can_be_looked_at() -> None:
    with MockServer() as server:
        post(server, key="canary", callback_url="http://127.0.0.1:9/")
        post(server, train_video_url="x")
        requests_seen, callbacks = server.requests, server.callbacks

    assert [(entry.request.path, entry.reply.status) for entry in requests_seen] == [
        ("/v2/replicas", 200),
        ("/v2/replicas", 400),
    ]
    assert [callback.url for callback in callbacks] == ["http://127.0.0.1:9/"]
    assert "canary" not in repr(requests_seen)


def test_servers_share_nothing() -> None:
    with MockServer() as one, MockServer() as other:
        post(one)
        listed = requests.get(f"{other.base_url}/v2/replicas", headers={"x-api-key": "k"}, timeout=10).json()

    assert one.base_url != other.base_url
    assert listed == {"data": [], "total_count": 0}


def test_a_taken_port_is_an_error_in_words() -> None:
    with MockServer() as one:
        port = int(one.base_url.rpartition(":")[2])
        with pytest.raises(ServerError, match=f"port {port} on 127.0.0.1 is taken"):
            MockServer(port=port).start()


def test_nothing_is_left_behind() -> None:
    before = set(threading.enumerate())
    with MockServer() as server:
        post(server, callback_url="http://127.0.0.1:9/")

    left = [thread for thread in threading.enumerate() if thread not in before and not thread.daemon]
    assert left == []
    with pytest.raises(requests.ConnectionError):
        post(server)


def test_many_callers_at_once_get_their_own_ids() -> None:
    ids: list[str] = []
    with MockServer() as server:
        threads = [
            threading.Thread(target=lambda: ids.extend(post(server).json()["replica_id"] for _ in range(20)))
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert len(set(ids)) == 160
