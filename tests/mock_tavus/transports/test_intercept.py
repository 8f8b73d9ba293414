"""Calls of this process end in an emulator, whichever library makes them, and nothing of that remains."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any
from unittest.mock import MagicMock

import aiohttp
import aiohttp.connector
import httpx
import pytest
import requests
import urllib3

from mock_tavus import Config, TestClock, UnexpectedRequest, intercept
from mock_tavus.transports.patches import PATCHES
from tests.support import Receiver

URL = "https://tavusapi.com/v2/replicas"
KEY = {"x-api-key": "k"}
Answer = tuple[int, str, Any]
Call = Callable[[str, str, dict[str, str], Any], Answer]


def with_requests(method: str, url: str, headers: dict[str, str], body: Any) -> Answer:
    answer = requests.request(method, url, headers=headers, json=body, timeout=10)
    return answer.status_code, answer.headers["content-type"], answer.json()


def with_session(method: str, url: str, headers: dict[str, str], body: Any) -> Answer:
    with (
        requests.Session() as session,
        session.request(method, url, headers=headers, json=body, timeout=10, stream=True) as answer,
    ):
        return answer.status_code, answer.headers["content-type"], json.loads(b"".join(answer.iter_content(7)))


def with_httpx(method: str, url: str, headers: dict[str, str], body: Any) -> Answer:
    answer = httpx.request(method, url, headers=headers, json=body, timeout=10)
    return answer.status_code, answer.headers["content-type"], answer.json()


def with_async_httpx(method: str, url: str, headers: dict[str, str], body: Any) -> Answer:
    async def run() -> Answer:
        async with httpx.AsyncClient() as client:
            answer = await client.request(method, url, headers=headers, json=body)
            return answer.status_code, answer.headers["content-type"], answer.json()

    return asyncio.run(run())


def with_urllib3(method: str, url: str, headers: dict[str, str], body: Any) -> Answer:
    with urllib3.PoolManager() as pool:
        answer = pool.request(method, url, headers=headers, json=body)
        return answer.status, answer.headers["content-type"], answer.json()


def with_urllib(method: str, url: str, headers: dict[str, str], body: Any) -> Answer:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {**headers, "content-type": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.headers["content-type"], json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["content-type"], json.load(error)


def with_aiohttp(method: str, url: str, headers: dict[str, str], body: Any) -> Answer:
    async def run() -> Answer:
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, url, headers=headers, json=body) as answer,
        ):
            return answer.status, answer.headers["content-type"], await answer.json()

    return asyncio.run(run())


LIBRARIES: dict[str, Call] = {
    "requests": with_requests,
    "requests, streamed": with_session,
    "httpx": with_httpx,
    "httpx, asynchronous": with_async_httpx,
    "urllib3": with_urllib3,
    "urllib.request": with_urllib,
    "aiohttp": with_aiohttp,
}


@pytest.fixture(params=LIBRARIES, ids=list(LIBRARIES))
def call(request: pytest.FixtureRequest) -> Call:
    return LIBRARIES[request.param]


def test_every_library_creates_a_replica_and_reads_it(call: Call) -> None:
    with intercept(Config(training_time=0, seed=1)) as tavus:
        status, content_type, created = call("POST", URL, KEY, {"train_video_url": "https://a.example/ä.mp4"})
        _, _, read = call("GET", f"{URL}/{created['replica_id']}?verbose=true", KEY, None)

    assert (status, content_type, created["status"]) == (200, "application/json", "started")
    assert (read["status"], read["replica_type"]) == ("completed", "user")
    assert [exchange.response.status for exchange in tavus.requests] == [200, 200]
    sent = json.loads(tavus.requests[0].request.body)
    assert sent == {"train_video_url": "https://a.example/ä.mp4"}
    assert tavus.account("k").trainings == 1


def test_refusals_are_refusals_for_every_library(call: Call) -> None:
    with intercept():
        assert call("POST", URL, KEY, {})[::2] == (400, {"error": "Invalid train_video_url"})
        assert call("POST", URL, {}, {"train_video_url": "https://a.example/b.mp4"})[0] == 401
        assert call("GET", f"{URL}/a%2Fb", KEY, None)[0] in (400, 404)


def test_other_hosts_are_left_alone(call: Call) -> None:
    with Receiver(400) as other, intercept() as tavus, contextlib.suppress(Exception):
        call("POST", f"{other.url}/x", KEY, {"a": 1})  # its response is no JSON
    assert [one.target for one in other.received] == ["/x"]
    assert tavus.requests == []


def test_other_hosts_can_be_refused(call: Call) -> None:
    with (
        Receiver(200) as other,
        intercept(passthrough=False),
        pytest.raises(UnexpectedRequest, match=r"POST .*/x is not for https://tavusapi\.com"),
    ):
        call("POST", f"{other.url}/x?secret=1", KEY, {"a": 1})
    assert other.received == []


def methods() -> list[Any]:
    return [getattr(sys.modules[patch.module], patch.owner).__dict__[patch.method] for patch in PATCHES]


def test_every_method_is_put_back() -> None:
    before = methods()
    with intercept():
        assert all(now is not then for now, then in zip(methods(), before, strict=True))
        with intercept():
            pass
        assert all(now is not then for now, then in zip(methods(), before, strict=True))
    assert methods() == before


def test_it_is_put_back_whatever_is_raised() -> None:
    before = methods()
    with pytest.raises(ZeroDivisionError), intercept():
        raise ZeroDivisionError
    assert methods() == before


def test_of_several_the_latest_answers() -> None:
    with intercept(Config(seed=1)) as outer:
        with intercept(Config(seed=2)) as inner:
            requests.get(URL, headers=KEY, timeout=10)
        requests.get(URL, headers=KEY, timeout=10)
    assert (len(outer.requests), len(inner.requests)) == (1, 1)


def test_a_function_can_be_decorated() -> None:
    @intercept(Config(seed=1))
    def create() -> str:
        answer = requests.post(URL, json={"train_video_url": "https://a.example/b.mp4"}, headers=KEY, timeout=10)
        return str(answer.json()["replica_id"])

    assert create() == create()  # each call has an emulator of its own
    assert create.__name__ == "create"


def test_a_coroutine_function_can_be_decorated() -> None:
    before = methods()

    @intercept()
    async def create() -> int:
        async with httpx.AsyncClient() as client:
            await asyncio.sleep(0)
            return (await client.get(URL, headers=KEY)).status_code

    assert asyncio.run(create()) == 200
    assert methods() == before


def test_a_library_that_is_imported_later_is_led_too() -> None:
    code = """
import sys
from mock_tavus import intercept
with intercept() as tavus:
    assert "httpx" not in sys.modules and "aiohttp" not in sys.modules
    import httpx
    print(httpx.get("https://tavusapi.com/v2/replicas", headers={"x-api-key": "k"}).json())
import aiohttp, httpx
assert httpx.HTTPTransport.handle_request.__module__.startswith("httpx")
assert not any("mock_tavus" in str(type(finder)) for finder in sys.meta_path)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout == "{'data': [], 'total_count': 0}\n", done.stderr


def test_what_is_armed_happens(call: Call) -> None:
    with intercept() as tavus:
        tavus.account("k").next(status=503)
        assert call("GET", URL, KEY, None)[0] == 503


def test_a_delay_holds_up_nobody_else_on_the_loop() -> None:
    async def run() -> list[str]:
        ended: list[str] = []

        async def get(name: str) -> None:
            async with httpx.AsyncClient() as client:
                await client.get(URL, headers={"x-api-key": name})
            ended.append(name)

        await asyncio.gather(get("slow"), get("fast"))
        return ended

    with intercept() as tavus:
        tavus.account("slow").next(delay="300ms")
        assert asyncio.run(run()) == ["fast", "slow"]


def create(callback_url: str) -> str:
    body = {"train_video_url": "https://a.example/b.mp4", "callback_url": callback_url}
    return str(requests.post(URL, json=body, headers=KEY, timeout=10).json()["replica_id"])


def test_callbacks_reach_a_function_whatever_their_url() -> None:
    heard: list[Any] = []
    with intercept(clock=TestClock(), callbacks_to=heard.append) as tavus:
        replica_id = create("https://yourwebsite.com/hook")
        (callback,) = tavus.account("k").advance("6h")

    assert heard == [{"replica_id": replica_id, "status": "ready"}]
    assert callback.attempts[0].status == 204


def test_a_function_may_be_asynchronous_and_refuse() -> None:
    async def hook(body: dict[str, Any]) -> int:
        return 500

    with intercept(clock=TestClock(), callbacks_to=hook) as tavus:
        create("https://yourwebsite.com/hook")
        (callback,) = tavus.account("k").advance("6h")

    assert (callback.state.value, callback.attempts[0].error) == ("failed", "answered 500")


def test_a_function_that_raises_has_failed() -> None:
    with intercept(clock=TestClock(), callbacks_to=lambda body: 1 / 0) as tavus:
        create("https://yourwebsite.com/hook")
        (callback,) = tavus.account("k").advance("6h")

    assert callback.attempts[0].error == "the receiver raised ZeroDivisionError: division by zero"


def test_callbacks_reach_a_wsgi_application() -> None:
    import flask

    app = flask.Flask("receiver")
    heard: list[Any] = []

    @app.post("/hook")
    def hook() -> tuple[str, int]:
        heard.append((flask.request.args["secret"], flask.request.json, flask.request.headers["host"]))
        return "thanks", 202

    with intercept(clock=TestClock(), callbacks_to=app) as tavus:
        replica_id = create("https://yourwebsite.com/hook?secret=1")
        (callback,) = tavus.account("k").advance("6h")

    assert heard == [("1", {"replica_id": replica_id, "status": "ready"}, "yourwebsite.com")]
    assert (callback.attempts[0].status, callback.attempts[0].response_body) == (202, b"thanks")


def test_callbacks_reach_an_asgi_application() -> None:
    heard: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        heard.append((scope["path"], scope["query_string"], json.loads((await receive())["body"])))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"thanks"})

    with intercept(clock=TestClock(), callbacks_to=app) as tavus:
        replica_id = create("https://yourwebsite.com/a%20b?secret=1")
        tavus.account("k").advance("6h")

    assert heard == [("/a b", b"secret=1", {"replica_id": replica_id, "status": "ready"})]


def test_an_application_that_says_nothing_has_failed() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        pass

    with intercept(clock=TestClock(), callbacks_to=app) as tavus:
        create("https://yourwebsite.com/")
        (callback,) = tavus.account("k").advance("6h")

    assert callback.attempts[0].error == "the receiver raised RuntimeError: the application sent no response"


def test_a_receiver_that_hangs_is_given_up() -> None:
    gone = threading.Event()
    config = Config(callback_timeout=0.05)
    with intercept(config, clock=TestClock(), callbacks_to=lambda body: gone.wait(20) and None) as tavus:
        create("https://yourwebsite.com/")
        (callback,) = tavus.account("k").advance("6h")
        gone.set()

    assert callback.attempts[0].error == "no answer within 0.05 s"


def test_a_wsgi_application_may_be_a_generator() -> None:
    def app(environ: Any, start_response: Any) -> Any:
        write = start_response("202 Accepted", [])
        write(b"a")
        yield b"b"

    with intercept(clock=TestClock(), callbacks_to=app) as tavus:
        create("https://yourwebsite.com/")
        (callback,) = tavus.account("k").advance("6h")

    assert (callback.attempts[0].status, callback.attempts[0].response_body) == (202, b"ab")


def test_an_asgi_application_may_look_out_for_the_end_of_the_connection() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        gone = asyncio.ensure_future(receive())
        await asyncio.sleep(0.05)
        assert not gone.done()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})
        assert (await gone)["type"] == "http.disconnect"

    with intercept(clock=TestClock(), callbacks_to=app) as tavus:
        create("https://yourwebsite.com/")
        (callback,) = tavus.account("k").advance("6h")

    assert callback.state.value == "delivered"


def test_what_would_end_a_test_is_the_receivers_failure() -> None:
    with intercept(clock=TestClock(), callbacks_to=lambda body: pytest.fail("boom")) as tavus:
        create("https://yourwebsite.com/")
        (callback,) = tavus.account("k").advance("6h")

    assert callback.attempts[0].error == "the receiver raised RuntimeError: Failed: boom"


@pytest.mark.parametrize(
    "make", [MagicMock, lambda: lambda *arguments: None, lambda: lambda body=None: None, lambda: dict]
)
def test_whatever_takes_one_argument_is_a_function(make: Any) -> None:
    receiver = make()
    with intercept(clock=TestClock(), callbacks_to=receiver) as tavus:
        create("https://yourwebsite.com/")
        (callback,) = tavus.account("k").advance("6h")

    assert callback.attempts[0].status == 204


def test_a_status_that_is_none_is_a_failure() -> None:
    with intercept(clock=TestClock(), callbacks_to=lambda body: 99999) as tavus:
        create("https://yourwebsite.com/")
        (callback,) = tavus.account("k").advance("6h")

    assert "expected an HTTP status, or nothing, received 99999" in (callback.attempts[0].error or "")


@pytest.mark.parametrize("receiver", [lambda: None, lambda a, b, c, d: None, 7])
def test_what_is_no_receiver_is_refused(receiver: Any) -> None:
    from mock_tavus import ConfigError

    with pytest.raises(ConfigError, match="callbacks_to: expected a function"):
        intercept(callbacks_to=receiver)


def test_without_a_receiver_callbacks_are_sent_over_http() -> None:
    with Receiver() as receiver, intercept(clock=TestClock()) as tavus:
        create(f"{receiver.url}/hook")
        (callback,) = tavus.account("k").advance("6h")

    assert callback.state.value == "delivered"
    assert [one.target for one in receiver.received] == ["/hook"]


def test_inboxes_are_at_the_vendors_host() -> None:
    with intercept(clock=TestClock()) as tavus:
        account = tavus.account("k")
        inbox = account.inbox("mine")
        assert inbox.url == "https://tavusapi.com/__inbox/mine"
        replica_id = create(inbox.url)
        account.advance("6h")

    assert [json.loads(message.body)["replica_id"] for message in inbox.messages] == [replica_id]


@pytest.mark.parametrize("url", ["https://tavusapi.com/__admin/reset", "https://tavusapi.com/v2/replicas"])
@pytest.mark.parametrize("receiver", [None, lambda body: None])
def test_callbacks_to_the_emulator_reach_inboxes_alone(url: str, receiver: Any) -> None:
    with intercept(clock=TestClock(), callbacks_to=receiver) as tavus:
        create(url)
        (callback,) = tavus.account("k").advance("6h")

    assert callback.state.value == "held back"
    assert "reaches its /__inbox/NAME" in callback.note


def test_a_session_that_outlives_it_goes_out_again() -> None:
    """Aiohttp keeps connections: none of ours may be among them."""

    async def run() -> list[int]:
        async with aiohttp.ClientSession() as session:
            with intercept():
                async with session.get(URL, headers=KEY) as answer:
                    await answer.read()
            connector = session.connector
            assert isinstance(connector, aiohttp.BaseConnector)
            return [len(found) for found in connector._conns.values()]

    assert sum(asyncio.run(run())) == 0
