"""The asynchronous lane, called as an ASGI server calls it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

from mock_tavus.http.asgi import AsgiLane
from tests.support import Api

KEY = (b"x-api-key", b"test")
GONE = {"type": "http.disconnect"}
BODY = b'{"train_video_url": "https://a.example/me.mp4"}'


@pytest.fixture
def lane(api: Api) -> Iterator[AsgiLane]:
    lane = AsgiLane(api.emulator)
    yield lane
    lane.stop()


def ask(lane: AsgiLane, *received: dict[str, Any], path: str = "/v2/replicas", **scope: Any) -> list[dict[str, Any]]:
    """Return what the lane sends when it is given these messages, and then no more."""
    sent: list[dict[str, Any]] = []

    async def serve() -> None:
        messages = iter(received)

        async def receive() -> dict[str, Any]:
            for message in messages:
                return message
            await asyncio.Event().wait()
            raise AssertionError("nothing comes any more")

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        usual = {"type": "http", "method": "POST", "path": path, "query_string": b""}
        headers = [KEY, (b"host", b"127.0.0.1"), (b"content-type", b"application/json")]
        await lane({**usual, "headers": headers, **scope}, receive, send)

    asyncio.run(serve())
    return sent


def part(body: bytes, *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


def status_and_body(sent: list[dict[str, Any]]) -> tuple[int, Any]:
    return sent[0]["status"], json.loads(b"".join(message.get("body", b"") for message in sent[1:]))


def test_a_body_in_pieces_is_one(lane: AsgiLane, api: Api) -> None:
    status, body = status_and_body(ask(lane, part(BODY[:9], more=True), part(BODY[9:])))

    assert (status, body["status"]) == (200, "started")
    assert [one["replica_id"] for one in api.call("listReplicas").get_json()["data"]] == [body["replica_id"]]


def test_a_client_that_goes_before_its_request_is_whole_buys_nothing(lane: AsgiLane, api: Api) -> None:
    assert ask(lane, part(BODY[:9], more=True), GONE) == []
    assert api.call("listReplicas").get_json()["data"] == []


def test_what_is_no_http_is_left_alone(lane: AsgiLane) -> None:
    assert ask(lane, type="lifespan") == []


@pytest.mark.parametrize("headers", [[KEY, (b"content-length", b"99999999")], [KEY]])
def test_a_body_over_the_limit_is_a_413_however_it_is_announced(
    lane: AsgiLane, headers: list[tuple[bytes, bytes]]
) -> None:
    large = part(b" " * (lane.limit + 1))

    assert ask(lane, large, headers=headers)[0]["status"] == 413


def test_a_fault_is_a_500_without_a_traceback(
    lane: AsgiLane, api: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: Any) -> Any:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(lane, "exchange", fails)

    assert status_and_body(ask(lane, part(BODY))) == (500, {"message": "Internal server error"})
    assert api.emulator.background.last_fault == "request: RuntimeError: a fault of ours"
    assert "a fault of ours" in caplog.text


def test_what_is_not_the_vendors_is_answered_by_the_application(lane: AsgiLane) -> None:
    status, body = status_and_body(ask(lane, part(b""), path="/__admin/health", method="GET"))

    assert (status, body["status"]) == (200, "ok")


def test_a_page_whose_client_has_gone_is_no_fault(lane: AsgiLane, api: Api) -> None:
    ask(lane, part(b""), GONE, path="/__admin/health", method="GET")

    assert api.emulator.background.fault_count == 0
