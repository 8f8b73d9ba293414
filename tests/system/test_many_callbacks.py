"""Many callbacks to good receivers beside ten kinds of bad ones: none early, lost, doubled or out of order."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable

import pytest

from mock_tavus import Config, DeliveryState, MockServer
from mock_tavus.messages import ApiRequest

GOOD_RECEIVERS = 20
TIMEOUT = 3.0
"""How long an attempt may take, in seconds: receivers, emulator and test share one interpreter."""

BAD_EACH = 5
"""How many callbacks each bad receiver gets: they are sent one after the other, and each may take the whole timeout."""

MANY = int(os.environ.get("CALLBACKS", "5000"))

Kind = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def _hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(30)


async def _reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)


def _says(text: bytes) -> Kind:
    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(text)
        await writer.drain()

    return say


def _repeats(first: bytes, rest: bytes, pause: float = 0.0) -> Kind:
    async def repeat(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(first)
        while True:
            writer.write(rest)
            await writer.drain()
            await asyncio.sleep(pause)

    return repeat


BAD: dict[str, Kind] = {
    "hangs": _hang,
    "resets": _reset,
    "answers 500": _says(b"HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n"),
    "gibberish": _says(b"\x00\xff" * 50),
    "closes": _says(b""),
    "redirects": _says(b"HTTP/1.1 302 X\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"),
    "endless 100": _repeats(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100),
    "endless trailers": _repeats(b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"x: y\r\n" * 100),
    "endless body": _repeats(b"HTTP/1.1 200 X\r\n\r\n", b"x" * 10_000),
    "drips": _repeats(b"HTTP/1.1 200 X\r\n", b"x: y\r\n", 0.05),
}


class Receivers:
    """Good and bad receivers on a loop of their own."""

    def __init__(self) -> None:
        self.received: defaultdict[str, list[tuple[float, str]]] = defaultdict(list)
        self.urls: dict[str, str] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        for number in range(GOOD_RECEIVERS):
            self._listen(f"good{number}", self._take)
        for name, kind in BAD.items():
            self._listen(name, kind)

    def _listen(self, name: str, kind: Kind) -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await reader.readuntil(b"\r\n\r\n")
                await kind(reader, writer)
            except (OSError, asyncio.IncompleteReadError):
                return
            finally:
                writer.close()

        async def start() -> int:
            server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=1024)
            return int(server.sockets[0].getsockname()[1])

        port = asyncio.run_coroutine_threadsafe(start(), self._loop).result()
        self.urls[name] = f"http://127.0.0.1:{port}/{name.replace(' ', '-')}"

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        body = await reader.readuntil(b"}")
        port = writer.get_extra_info("sockname")[1]
        self.received[str(port)].append((time.time(), json.loads(body)["replica_id"]))
        writer.write(b"HTTP/1.1 204 X\r\n\r\n")
        await writer.drain()

    def stop(self) -> None:
        async def end() -> None:
            for task in asyncio.all_tasks():
                if task is not asyncio.current_task():
                    task.cancel()

        asyncio.run_coroutine_threadsafe(end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(
    ("count", "bad_each"),
    [(500, 1), pytest.param(int(os.environ.get("CALLBACKS", "5000")), BAD_EACH, marks=pytest.mark.deep)],
)
def test_none_is_early_lost_doubled_or_out_of_order(count: int, bad_each: int) -> None:
    receivers = Receivers()
    expected: defaultdict[str, list[tuple[float, str]]] = defaultdict(list)
    config = Config(
        training_time=2.0, callback_grace=0, callback_timeout=TIMEOUT, max_replicas=10**6, journal_size=200_000
    )
    with MockServer(config) as server:
        emulator = server.emulator

        def create(key: str, url: str) -> tuple[float, str]:
            body = json.dumps({"train_video_url": "https://a.example/x.mp4", "callback_url": url}).encode()
            headers = {"x-api-key": key, "content-type": "application/json"}
            with emulator.pipeline.exchange(ApiRequest("POST", "/v2/replicas", headers, body)) as response:
                replica_id = json.loads(response.body)["replica_id"]
            return emulator.clock.now() + 1.9, replica_id

        for number in range(count):
            url = receivers.urls[f"good{number % GOOD_RECEIVERS}"]
            expected[url.split(":")[2].partition("/")[0]].append(create(f"good{number % GOOD_RECEIVERS}", url))
            if number < bad_each:
                for name in BAD:
                    create(name, receivers.urls[name])
        deadline = time.monotonic() + 30 + count / 200
        while emulator.stores.deliveries.pending_count and time.monotonic() < deadline:
            time.sleep(0.05)
        states = [one.state for one in emulator.stores.deliveries.find()]
    receivers.stop()

    for port, created in expected.items():
        taken = receivers.received[port]
        assert [replica_id for _, replica_id in taken] == [replica_id for _, replica_id in created]
        assert all(at >= due for (at, _), (due, _) in zip(taken, created, strict=True))
    assert not [state for state in states if not state.is_final]
    assert states.count(DeliveryState.DELIVERED) >= count
