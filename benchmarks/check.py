"""Hold a budget: the processor time of a create, as a multiple of that of an empty Flask view.

Both run in this process, in turns, without sockets; the smallest of seven rounds counts, so that a noisy machine cannot
make either look slow. Usage: make bench-check. Exit code 1: a create costs more than the budget allows.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable

from flask import Flask
from werkzeug.test import EnvironBuilder

from benchmarks.compare import VALID
from mock_tavus.config import Config
from mock_tavus.emulator import Emulator
from mock_tavus.messages import ApiRequest

ROUNDS = 7
BUDGET = 1.0
"""How many empty Flask views a create may cost."""

MARGIN = 1.3
"""What is allowed beyond that, since machines differ."""


def smallest(jobs: dict[str, Callable[[], object]], count: int) -> dict[str, float]:
    """Return the processor time of each job, in microseconds: the smallest of several rounds in which they take turns.

    Args:
        jobs: By name.
        count: How often each is done in a round.
    """
    best = dict.fromkeys(jobs, float("inf"))
    for _ in range(ROUNDS):
        for name, job in jobs.items():
            began = time.process_time()
            for _ in range(count):
                job()
            best[name] = min(best[name], (time.process_time() - began) / count * 1e6)
    return best


def empty_view() -> Callable[[], object]:
    """Return what calls a Flask view that does nothing."""
    app = Flask("empty")
    app.add_url_rule("/v2/replicas", view_func=lambda: b"", methods=["POST"])
    environ = EnvironBuilder("/v2/replicas", method="POST", json=VALID).get_environ()

    def call() -> object:
        return b"".join(app.wsgi_app(dict(environ), lambda status, headers, exc_info=None: lambda data: None))

    return call


def create() -> Callable[[], object]:
    """Return what creates a replica, from the request to the response, journal and store included."""
    emulator = Emulator(Config(max_replicas=10_000))
    headers = {"x-api-key": "my-key", "content-type": "application/json"}
    request = ApiRequest("POST", "/v2/replicas", headers, json.dumps(VALID).encode())

    def call() -> object:
        with emulator.pipeline.exchange(request) as response:
            assert response.status == 200
            return response

    return call


def main() -> None:
    """Measure, print, and fail beyond the budget."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=3000, help="how often each is done in a round")
    options = parser.parse_args()
    best = smallest({"create": create(), "empty Flask view": empty_view()}, options.count)
    ratio = best["create"] / best["empty Flask view"]
    for name, microseconds in best.items():
        print(f"{name:<18} {microseconds:6.1f} µs")
    print(f"{'ratio':<18} {ratio:6.2f}, of at most {BUDGET * MARGIN:.2f}")
    sys.exit(ratio > BUDGET * MARGIN)


if __name__ == "__main__":
    main()
