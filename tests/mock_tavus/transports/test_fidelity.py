"""What a library makes of a response, and what the emulator gets of a request, is the same as over a socket."""

from __future__ import annotations

import asyncio
import gc
import http.client
import importlib.util
import json
import subprocess
import sys
import time
import urllib.request
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import aiohttp
import httpx
import pytest
import requests
import responses
import urllib3
from requests.adapters import HTTPAdapter

from mock_tavus import InProcess, MockServer, ServerError, TestClock, UnexpectedRequest, intercept
from mock_tavus.emulator import Emulator
from tests.support import Receiver

URL = "https://tavusapi.com/v2/replicas"
KEY = {"x-api-key": "k"}
BODY = {"train_video_url": "https://a.example/b.mp4"}


@pytest.fixture
def tavus() -> Iterator[intercept]:
    with intercept() as tavus:
        yield tavus


def test_requests_retries_as_its_adapter_is_told(tavus: intercept) -> None:
    tavus.account("k").next(status=503, times=2)
    retry = urllib3.Retry(total=3, status_forcelist=[503], allowed_methods=None, backoff_factor=0)
    with requests.Session() as session:
        session.mount("https://", HTTPAdapter(max_retries=retry))
        answer = session.post(URL, json=BODY, headers=KEY, timeout=10)
    assert answer.status_code == 200
    assert [one.response.status for one in tavus.requests] == [503, 503, 200]


def test_our_own_adapter_retries_too() -> None:
    retry = urllib3.Retry(total=3, status_forcelist=[503], allowed_methods=None, backoff_factor=0)
    with InProcess() as tavus, requests.Session() as session:
        session.mount("https://tavusapi.com", tavus.requests_adapter(max_retries=retry))
        tavus.account("k").next(status=503)
        assert session.post(URL, json=BODY, headers=KEY).status_code == 200
        assert len(tavus.requests) == 2


def test_a_refusal_is_asked_for_once(tavus: intercept) -> None:
    """A response that is an error is false."""
    with requests.Session() as session:
        session.mount("https://tavusapi.com", InProcess().requests_adapter())
        session.mount("https://tavusapi.com", adapter := tavus.requests_adapter())
        assert session.post(URL, json={}, headers=KEY).status_code == 400
        adapter.close()
    assert len(tavus.requests) == 1


TIMEOUTS: dict[str, tuple[Callable[[], Any], type[Exception]]] = {
    "requests": (lambda: requests.get(URL, headers=KEY, timeout=0.2), requests.ReadTimeout),
    "urllib3": (
        lambda: urllib3.PoolManager(retries=False).request("GET", URL, headers=KEY, timeout=0.2),
        urllib3.exceptions.ReadTimeoutError,
    ),
    "urllib.request": (
        lambda: urllib.request.urlopen(urllib.request.Request(URL, headers=KEY), timeout=0.2),
        TimeoutError,
    ),
    "httpx": (lambda: httpx.get(URL, headers=KEY, timeout=0.2), httpx.ReadTimeout),
    "httpx, asynchronous": (
        lambda: asyncio.run(httpx.AsyncClient(timeout=0.2).get(URL, headers=KEY)),
        httpx.ReadTimeout,
    ),
}


@pytest.mark.parametrize("name", TIMEOUTS)
def test_a_client_gives_up_in_its_own_time(tavus: intercept, name: str) -> None:
    call, error = TIMEOUTS[name]
    tavus.account("k").next(delay="20s")
    began = time.monotonic()
    with pytest.raises(error):
        call()
    assert time.monotonic() - began < 5


def test_a_delay_keeps_no_loop_from_ending(tavus: intercept) -> None:
    async def call() -> None:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=0.2)) as session:
            await session.get(URL, headers=KEY)

    tavus.account("k").next(delay="20s")
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        asyncio.run(call())
    assert time.monotonic() - began < 5


def test_what_requests_reads_from_is_urllib3s(tavus: intercept) -> None:
    with requests.get(URL, headers=KEY, timeout=10, stream=True) as answer:
        assert (answer.raw.version, answer.raw.status) == (11, 200)
        assert answer.raw.read(8, decode_content=True) == b'{"data":'
    tavus.account("k").next(status=200, body="notgzip", headers={"content-encoding": "gzip"})
    with pytest.raises(requests.exceptions.ContentDecodingError):
        requests.get(URL, headers=KEY, timeout=10).content  # noqa: B018


def test_what_httpx_gives_is_still_to_be_read(tavus: intercept) -> None:
    answer = httpx.get(URL, headers=KEY)
    assert answer.elapsed.total_seconds() >= 0
    assert answer.extensions["http_version"] == b"HTTP/1.1"
    assert httpx.head(URL, headers=KEY).content == b""
    with httpx.stream("GET", URL, headers=KEY) as streamed:
        with pytest.raises(httpx.ResponseNotRead):
            streamed.json()
        assert json.loads(b"".join(streamed.iter_raw())) == {"data": [], "total_count": 0}
    tavus.account("k").next(status=200, headers={"x-a": "\u00e9"})
    assert httpx.get(URL, headers=KEY).headers["x-a"] == "\u00e9"


@pytest.mark.parametrize(
    "call",
    [
        lambda: requests.get(URL, headers={"x-api-key": "\u043a\u043b\u044e\u0447"}, timeout=10),
        lambda: urllib3.PoolManager().request("GET", URL, headers={"x-api-key": "\u043a"}),
        lambda: urllib3.PoolManager().request("GET", URL, headers={"x-api-key": "k\r\nfoo: bar"}),
    ],
)
def test_header_values_that_cannot_be_sent_are_refused(tavus: intercept, call: Callable[[], Any]) -> None:
    with pytest.raises((UnicodeEncodeError, ValueError)):
        call()
    assert tavus.requests == []


PATHS = [
    "/v2/replicas/a%2Fb",
    "/v2/replicas/%2e%2e",
    "//v2/replicas",
    "?next=/v2/replicas",
    "/v2/replicas?x=https://a/b",
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("library", ["requests", "httpx", "urllib3", "urllib.request"])
def test_a_path_reaches_the_emulator_as_it_would_over_a_socket(library: str, path: str) -> None:
    def call(base: str) -> int:
        if library == "requests":
            return requests.get(base + path, headers=KEY, timeout=10).status_code
        if library == "httpx":
            return httpx.get(base + path, headers=KEY).status_code
        if library == "urllib3":
            return int(urllib3.PoolManager().request("GET", base + path, headers=KEY).status)
        try:
            with urllib.request.urlopen(urllib.request.Request(base + path, headers=KEY), timeout=10) as answer:
                return int(answer.status)
        except urllib.request.HTTPError as error:
            with error:
                return int(error.code)

    with MockServer() as server:
        over_a_socket = call(server.base_url)
    with intercept() as tavus:
        in_process = call("https://tavusapi.com")

    assert in_process == over_a_socket
    assert tavus.requests[0].request.path == server.requests[0].request.path
    assert tavus.requests[0].request.query == server.requests[0].request.query


@pytest.mark.parametrize("data", [memoryview(b'{"train_video_url": "https://a.example/b.mp4"}'), iter([b"{", b"}"])])
def test_bodies_of_other_kinds_are_sent(tavus: intercept, data: Any) -> None:
    answer = requests.post(URL, data=data, headers={**KEY, "content-type": "application/json"}, timeout=10)

    assert answer.status_code == (200 if isinstance(data, memoryview) else 400)
    assert tavus.requests[0].request.body.startswith(b"{")


def test_aiohttp_may_wait_to_be_asked_for_the_body(tavus: intercept) -> None:
    async def call() -> int:
        async with (
            aiohttp.ClientSession() as session,
            session.post(URL, json=BODY, headers=KEY, expect100=True) as answer,
        ):
            return answer.status

    assert asyncio.run(asyncio.wait_for(call(), 10)) == 200


@pytest.mark.parametrize("url", ["http://tavusapi.com/v2/replicas", "https://tavusapi.com:8443/v2/replicas"])
@pytest.mark.parametrize(
    "get", [lambda url: requests.get(url, headers=KEY, timeout=10), lambda url: httpx.get(url, headers=KEY)]
)
def test_a_mistaken_address_of_the_api_never_leaves_the_process(
    tavus: intercept, url: str, get: Callable[[str], Any]
) -> None:
    with pytest.raises(UnexpectedRequest, match=r"the API is at https://tavusapi\.com, and this call is for http"):
        get(url)


def test_transports_answer_for_the_api_alone() -> None:
    tavus = InProcess()
    with httpx.Client(transport=tavus.httpx_transport()) as client, pytest.raises(UnexpectedRequest):
        client.get("https://example.com/")
    with requests.Session() as session:
        session.mount("https://", tavus.requests_adapter())
        with pytest.raises(UnexpectedRequest):
            session.get("https://example.com/", timeout=10)


def test_http_client_itself_is_led_too(tavus: intercept) -> None:
    client = http.client.HTTPSConnection("tavusapi.com")
    for _ in range(2):
        client.request("GET", "/v2/replicas", headers=KEY)
        assert client.getresponse().read() == b'{"data":[],"total_count":0}'
    client.close()


def test_a_connection_that_was_kept_is_not_used_past_the_interception() -> None:
    with Receiver(200) as other, requests.Session() as session:
        session.get(other.url, timeout=10)
        with intercept(passthrough=False), pytest.raises(UnexpectedRequest):
            session.get(other.url, timeout=10)
        session.get(other.url, timeout=10)
    assert len(other.received) == 2


def test_aiohttps_kept_connections_are_looked_at_too() -> None:
    async def run(url: str) -> None:
        async with aiohttp.ClientSession() as session:
            async with session.get(url):
                pass
            with intercept(passthrough=False), pytest.raises(UnexpectedRequest):
                await session.get(url)

    with Receiver(200) as other:
        asyncio.run(run(other.url))
    assert len(other.received) == 1


def run_python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("library", ["requests", "aiohttp", "httpx", "urllib3"])
def test_a_library_may_be_imported_for_the_first_time_inside(library: str) -> None:
    run_python(f"from mock_tavus import intercept\nwith intercept():\n    import {library}\nimport {library}\n")


def test_a_look_whether_a_library_is_there_changes_nothing() -> None:
    code = """
import importlib.util
from mock_tavus import intercept
with intercept(passthrough=False):
    importlib.util.find_spec("httpx")
    spec = importlib.util.find_spec("aiohttp.connector")
    import httpx
    print(httpx.get("https://tavusapi.com/v2/replicas", headers={"x-api-key": "k"}).status_code)
import aiohttp
assert "mock_tavus" not in aiohttp.BaseConnector.connect.__module__
"""
    assert run_python(code) == "200\n"
    assert importlib.util.find_spec("httpx") is not None


def test_a_generator_can_be_decorated() -> None:
    @intercept(passthrough=False)
    def fixture() -> Iterator[int]:
        yield requests.get(URL, headers=KEY, timeout=10).status_code
        yield requests.get(URL, headers=KEY, timeout=10).status_code

    assert list(fixture()) == [200, 200]


def test_an_asynchronous_generator_can_be_decorated() -> None:
    @intercept(passthrough=False)
    async def fixture() -> Any:
        async with httpx.AsyncClient() as client:
            yield (await client.get(URL, headers=KEY)).status_code

    async def run() -> list[int]:
        return [status async for status in fixture()]

    assert asyncio.run(run()) == [200]


def test_a_class_is_refused() -> None:
    with pytest.raises(TypeError, match="decorate the class's methods"):
        intercept()(type("TestApi", (), {}))


def test_what_others_replace_meanwhile_stays() -> None:
    original = HTTPAdapter.send
    tavus = intercept().start()
    mock = responses.RequestsMock()
    mock.start()
    mock.get("https://example.com/", json={})
    tavus.stop()
    assert requests.get("https://example.com/", timeout=10).json() == {}
    mock.stop()
    assert HTTPAdapter.send.__module__ == "mock_tavus.transports.patches"  # what `responses` has found and put back
    with pytest.raises(requests.ConnectionError):
        requests.get("http://127.0.0.1:9/", timeout=10)
    HTTPAdapter.send = original  # type: ignore[method-assign]


def test_it_cannot_be_started_twice() -> None:
    tavus = intercept().start()
    with pytest.raises(ServerError, match="has been started already"):
        tavus.start()
    tavus.stop()
    tavus.start()
    tavus.stop()


def test_a_clock_keeps_no_emulator_alive() -> None:
    clock = TestClock()
    gone = [weakref.ref(InProcess(clock=clock).emulator) for _ in range(5)]
    gc.collect()
    clock.advance(1)

    assert [one() for one in gone] == [None] * 5
    assert not any(isinstance(one, Emulator) and one.clock is clock for one in gc.get_objects())
