"""The control plane over real HTTP: hours in moments, and many tests on one server."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from contract_tests import Oracle
from mock_tavus import Config, MockServer
from tests.support import Receiver, wait_until

VIDEO = "https://a.example/me.mp4"


class Account:
    """One test's own key on a server."""

    def __init__(self, url: str, key: str) -> None:
        self.url = url
        self.session = requests.Session()
        self.session.headers["x-api-key"] = key

    def call(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        response = self.session.request(method, f"{self.url}{path}", json=body, timeout=30)
        assert response.status_code == status, response.text
        return response.json()

    def create(self, **fields: Any) -> str:
        return str(self.call("POST", "/v2/replicas", {"train_video_url": VIDEO, **fields})["replica_id"])

    def advance(self, by: str) -> list[dict[str, Any]]:
        return list(self.call("POST", "/__admin/clock/advance", {"by": by})["callbacks"])


@pytest.fixture(scope="module")
def server() -> Iterator[MockServer]:
    with MockServer(Config(training_time=5 * 3600, callback_timeout=10)) as server:
        yield server


@pytest.fixture
def account(server: MockServer, request: pytest.FixtureRequest) -> Iterator[Account]:
    account = Account(server.base_url, request.node.name)
    yield account
    account.session.close()


def test_hours_of_training_and_the_callback_in_the_inbox(account: Account, oracle: Oracle) -> None:
    inbox = "/__inbox/hours"
    ready = account.create(callback_url=f"{account.url}{inbox}?secret=1")
    failed = account.create(
        callback_url=f"{account.url}{inbox}", train_video_url="https://a.example/audio_processing.mp4"
    )

    assert account.advance("4h") == []
    delivered = account.advance("2h")
    messages = account.call("GET", f"{inbox}/wait?count=2&timeout=5")["messages"]

    assert [(callback["replica_id"], callback["state"]) for callback in delivered] == [
        (ready, "delivered"),
        (failed, "delivered"),
    ]
    assert [message["body"]["replica_id"] for message in messages] == [ready, failed]
    assert [message["body"]["status"] for message in messages] == ["ready", "error"]
    assert messages[0]["query"] == "secret=***"
    for callback in delivered:
        assert oracle.callback_faults("application/json", json.dumps(callback["body"]).encode()) == []


def test_what_falls_due_is_sent_in_order(account: Account) -> None:
    ids = []
    for _ in range(10):
        ids.append(account.create(callback_url=f"{account.url}/__inbox/order"))
        account.advance("1m")
    account.advance("6h")

    messages = account.call("GET", "/__inbox/order")["messages"]
    assert [message["body"]["replica_id"] for message in messages] == ids


def test_a_callback_can_be_sent_again(account: Account) -> None:
    replica_id = account.create(callback_url=f"{account.url}/__inbox/again")
    account.advance("6h")
    callback_id = account.call("GET", "/__admin/callbacks")["callbacks"][0]["id"]

    again = {account.call("POST", f"/__admin/callbacks/{callback_id}/replay")["id"] for _ in range(2)}
    assert len(again) == 2
    assert all(each.startswith(f"{callback_id}_replay") for each in again)
    messages = account.call("GET", "/__inbox/again/wait?count=3&timeout=20")["messages"]

    assert {message["body"]["replica_id"] for message in messages} == {replica_id}
    account.call("POST", "/__admin/callbacks/unknown/replay", status=404)


def test_every_attempt_is_told(account: Account) -> None:
    account.call("PUT", "/__inbox/failing", {"status": 201, "fail_first": 1})
    for _ in range(2):
        account.create(callback_url=f"{account.url}/__inbox/failing")
    account.advance("6h")

    callbacks = account.call("GET", "/__admin/callbacks/wait?count=2&timeout=20")["callbacks"]

    assert [callback["state"] for callback in callbacks] == ["failed", "delivered"]
    assert [callback["attempts"][0]["status"] for callback in callbacks] == [500, 201]
    assert callbacks[0]["attempts"][0]["error"] == "answered 500"
    account.call("GET", "/__admin/callbacks/wait?count=3&timeout=0", status=408)
    assert len(account.call("GET", "/__admin/callbacks?state=failed")["callbacks"]) == 1


@pytest.mark.deep
def test_a_slow_receiver_does_not_hold_a_jump_for_ever(account: Account) -> None:
    account.call("PUT", "/__inbox/slow", {"delay": "8s"})
    account.create(callback_url=f"{account.url}/__inbox/slow")

    (callback,) = account.advance("6h")

    assert callback["state"] in ("sending", "planned")


def test_forcing_sends_the_callback_at_once(account: Account) -> None:
    with Receiver() as receiver:
        ids = [account.create(callback_url=receiver.url) for _ in range(3)]
        for replica_id, cause in zip(ids, ("video_fps", "file_size", "poor_lighting"), strict=True):
            account.call("POST", f"/__admin/replicas/{replica_id}/fail", {"cause": cause})
        received = receiver.wait_for(3)

    assert len(received) == 3


def test_fifty_tests_share_one_server_without_interference(server: MockServer) -> None:
    failures: list[BaseException] = []
    together = threading.Barrier(50)

    def one_test(number: int) -> None:
        account = Account(server.base_url, f"parallel-{number}")
        try:
            together.wait()
            inbox = f"/__inbox/parallel-{number}"
            ids = [account.create(callback_url=f"{account.url}{inbox}") for _ in range(3)]
            if number % 2:
                account.call("POST", "/__admin/clock/freeze")
            assert account.call("GET", f"/v2/replicas/{ids[0]}")["status"] == "started"
            account.call("POST", f"/__admin/replicas/{ids[1]}/fail", {"cause": "video_fps"})
            account.advance("6h")
            messages = account.call("GET", f"{inbox}/wait?count=3&timeout=30")["messages"]
            assert {message["body"]["replica_id"] for message in messages} == set(ids)
            assert account.call("GET", "/v2/replicas")["total_count"] == 3
            assert account.call("GET", "/__admin/ledger")["trainings"] == 3
            seen = account.call("GET", "/__admin/requests?limit=1000&operation=createReplica")["requests"]
            assert len(seen) == 3
            account.call("POST", "/__admin/reset")
            assert account.call("GET", "/v2/replicas")["total_count"] == 0
        except BaseException as failure:
            failures.append(failure)
        finally:
            account.session.close()

    threads = [threading.Thread(target=one_test, args=(number,)) for number in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []


def test_after_a_reset_nothing_of_before_comes_back(server: MockServer) -> None:
    """Ids begin again after a reset, and with them those of callbacks: the old ones must not be taken for the new."""
    account = Account(server.base_url, "reset-between-tests")
    account.call("PUT", "/__inbox/before", {"delay": "1s"})
    first = account.create(callback_url=f"{account.url}/__inbox/before")
    sending = threading.Thread(target=account.advance, args=("6h",))
    sending.start()
    wait_until(lambda: account.call("GET", "/__admin/callbacks")["callbacks"][0]["state"] == "sending")
    account.call("POST", "/__admin/reset")
    second = account.create(callback_url=f"{account.url}/__inbox/after")
    sending.join()
    account.call("GET", "/__inbox/before/wait?count=1&timeout=10")

    assert first == second
    assert [one["state"] for one in account.call("GET", "/__admin/callbacks")["callbacks"]] == ["planned"]
    account.advance("6h")
    assert len(account.call("GET", "/__inbox/after")["messages"]) == 1
    account.session.close()


def test_a_jump_over_more_callbacks_than_are_remembered_tells_them_all() -> None:
    with MockServer(Config(training_time=3600, journal_size=2)) as server:
        account = Account(server.base_url, "k")
        for _ in range(6):
            account.create(callback_url=f"{account.url}/__inbox/many")

        assert [callback["state"] for callback in account.advance("2h")] == ["delivered"] * 6
        account.session.close()
