"""One account, for Python tests: what does not need a socket."""

from __future__ import annotations

import pytest

from mock_tavus import AdminError, Config, InProcess, TestClock


@pytest.fixture
def tavus() -> InProcess:
    return InProcess(Config(seed=1), clock=TestClock(), callbacks_to=lambda body: 500)


def create(tavus: InProcess, key: str = "k") -> str:
    import httpx

    body = {"train_video_url": "https://a.example/b.mp4", "callback_url": "https://yourwebsite.com/hook"}
    with httpx.Client(transport=tavus.httpx_transport()) as client:
        answer = client.post("https://tavusapi.com/v2/replicas", json=body, headers={"x-api-key": key})
    return str(answer.json()["replica_id"])


def test_what_an_account_shows_of_itself(tavus: InProcess) -> None:
    with tavus:
        account = tavus.account("k")
        assert (repr(account.requests), repr(account.callbacks)) == ("<Requests: none>", "<Callbacks: none>")
        replica_id = create(tavus)
        create(tavus, "another")

        assert repr(account.requests) == "<Requests: POST /v2/replicas -> 200>"
        assert len(account.requests.wait(1)) == len(account.requests) == len(account.requests[:]) == 1
        assert len(account.requests.wait(2, timeout=0.01)) == 1
        account.freeze()
        assert account.now == 1_767_225_600.0
        account.resume()
        (failed,) = account.fail(replica_id, cause="video_fps", message="too slow")
        assert failed.body["error_message"] == "too slow"
        assert {one.state.value for one in account.callbacks.wait(2)} == {"cancelled", "failed"}
        again = account.callbacks.replay(failed.delivery_id)
        assert again.delivery_id != failed.delivery_id
        assert "failed" in repr(account.callbacks)
        assert account.status(replica_id) == "error"
        account.reset()
        assert (list(account.requests), account.trainings) == ([], 0)


def test_what_is_not_there_is_told(tavus: InProcess) -> None:
    account = tavus.account("k")
    with pytest.raises(AdminError, match="no callback 'cb_0' is remembered"):
        account.callbacks.replay("cb_0")
    with pytest.raises(AdminError, match="no replica 'r0' is known"):
        account.status("r0")
    with pytest.raises(AdminError, match="unknown operation 'createReplicas'; did you mean createReplica"):
        account.next(operation="createReplicas", status=503)


def test_an_inbox_can_be_read_through_and_emptied(tavus: InProcess) -> None:
    inbox = tavus.account("k").inbox("x")
    inbox.configure(500, fail_first=1)
    assert list(inbox) == []
    inbox.clear()
    assert inbox.wait(1, timeout=0.01) == []


def test_async_transports_are_there(tavus: InProcess) -> None:
    import asyncio

    import aiohttp
    import httpx

    async def run() -> list[int]:
        async with (
            httpx.AsyncClient(transport=tavus.async_httpx_transport()) as client,
            aiohttp.ClientSession(connector=tavus.aiohttp_connector()) as session,
        ):
            first = await client.get("https://tavusapi.com/v2/replicas", headers={"x-api-key": "k"})
            async with session.get("https://tavusapi.com/v2/replicas", headers={"x-api-key": "k"}) as second:
                return [first.status_code, second.status]

    assert asyncio.run(run()) == [200, 200]
    assert len(tavus.requests) == 2
    assert tavus.callbacks == []
