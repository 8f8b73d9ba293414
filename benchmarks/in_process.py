"""Measure creates through requests, in process: with an adapter that does nothing, with `responses`, and with ours.

And over a socket, with pytest-httpserver and with `MockServer`. Needs: pip install responses pytest-httpserver.
Usage: make bench-in-process, or ARGS="--seconds 5". The ways take turns in several rounds, and each figure is a median,
so that a noisy machine hits them all.
"""

from __future__ import annotations

import argparse
import json
import logging
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import requests
import responses
from pytest_httpserver import HTTPServer
from requests.adapters import BaseAdapter

from mock_tavus import InProcess, MockServer, intercept

URL = "https://tavusapi.com/v2/replicas"
BODY = {"replica_name": "Rio", "train_video_url": "https://example.com/me.mp4"}
ANSWER = {"replica_id": "r783537ef5", "status": "started"}
KEY = {"x-api-key": "my-key"}
Create = Callable[[], requests.Response]


class NullAdapter(BaseAdapter):
    """Answer the same without looking: what requests itself takes."""

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        """Return the response."""
        response = requests.Response()
        response.status_code, response.request, response.url = 200, request, request.url or ""
        response._content = json.dumps(ANSWER).encode()
        return response

    def close(self) -> None:
        """Do nothing."""


@contextmanager
def null() -> Iterator[Create]:
    """Give what requests itself takes."""
    with requests.Session() as session:
        session.mount("https://", NullAdapter())
        yield lambda: session.post(URL, json=BODY, headers=KEY)


@contextmanager
def with_responses() -> Iterator[Create]:
    """Give what `responses` takes."""
    with responses.RequestsMock() as mock, requests.Session() as session:
        mock.post(URL, json=ANSWER)
        yield lambda: session.post(URL, json=BODY, headers=KEY)


@contextmanager
def adapter() -> Iterator[Create]:
    """Give what our adapter takes."""
    with InProcess() as tavus, requests.Session() as session:
        session.mount("https://tavusapi.com", tavus.requests_adapter())
        yield lambda: session.post(URL, json=BODY, headers=KEY)


@contextmanager
def intercepted() -> Iterator[Create]:
    """Give what `intercept` takes."""
    with intercept(), requests.Session() as session:
        yield lambda: session.post(URL, json=BODY, headers=KEY)


@contextmanager
def httpserver() -> Iterator[Create]:
    """Give what pytest-httpserver takes."""
    with HTTPServer() as server, requests.Session() as session:
        server.expect_request("/v2/replicas", method="POST").respond_with_json(ANSWER)
        yield lambda: session.post(server.url_for("/v2/replicas"), json=BODY, headers=KEY)


@contextmanager
def mock_server() -> Iterator[Create]:
    """Give what `MockServer` takes."""
    with MockServer() as server, requests.Session() as session:
        yield lambda: session.post(f"{server.base_url}/v2/replicas", json=BODY, headers=KEY)


WAYS = {
    "null adapter": null,
    "responses": with_responses,
    "mock-tavus, adapter": adapter,
    "mock-tavus, intercept": intercepted,
    "pytest-httpserver": httpserver,
    "mock-tavus, MockServer": mock_server,
}


def rate(create: Create, seconds: float) -> float:
    """Return how many creates a second are made, each checked."""
    count, began = 0, time.perf_counter()
    while (passed := time.perf_counter() - began) < seconds:
        for _ in range(20):
            answer = create()
            assert answer.status_code == 200
            assert answer.json()["status"] == "started"
        count += 20
    return count / passed


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=1.0, help="how long each way is measured in each round")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    logging.getLogger("werkzeug").disabled = True  # a line for each request would be what is measured
    rates: dict[str, list[float]] = {name: [] for name in WAYS}
    for _ in range(options.rounds):
        for name, way in WAYS.items():
            with ExitStack() as stack:
                rates[name].append(rate(stack.enter_context(way()), options.seconds))
    base = statistics.median(rates["null adapter"])
    print("| way | creates a second | of the null adapter |\n| --- | --- | --- |")
    for name, found in rates.items():
        median = statistics.median(found)
        print(f"| {name} | {median:,.0f} | {median / base:.2f} |")


if __name__ == "__main__":
    main()
