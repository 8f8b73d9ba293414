"""Measure `mock-tavus serve`, Stoplight Prism and WireMock side by side, in one run.

Needs wrk, Java and npm (Prism and WireMock are installed below .cache).
Usage: make bench, or make bench ARGS="--seconds 5 --update".
Each figure is the median of several rounds in which the servers take turns, so that a noisy machine hits them all.
Answers are checked before they are counted.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

REPOSITORY = Path(__file__).parents[1]
CONTRACT = REPOSITORY / "openapi" / "tavus.yaml"
PRISM = "5.14.2"
WIREMOCK = "3.13.2"
STUBS = Path(__file__).with_name("wiremock")
"""WireMock's stubs: 200, 400 and 401, told apart by a header and by JSONPath. It has its journal on."""

# The reference page's first example, without its callback_url: Prism would post to it.
VALID = {
    "replica_name": "Rio",
    "train_video_url": "https://my-example-bucket.s3.us-east-1.amazonaws.com/your-train-video.mp4",
    "consent_video_url": "https://my-example-bucket.s3.us-east-1.amazonaws.com/your-consent-video.mp4",
}


@dataclass(frozen=True)
class Case:
    """One kind of request, and the status that it must get."""

    name: str
    body: dict[str, str]
    key: str | None
    status: int


CASES = [
    Case("valid", VALID, "my-key", 200),
    Case("invalid", {"train_video_url": "no url"}, "my-key", 400),
    Case("unauthorised", VALID, None, 401),
]


@dataclass(frozen=True)
class Server:
    """One way to start one server; `{port}` stands for its port."""

    name: str
    command: list[str]

    @contextmanager
    def running(self) -> Iterator[tuple[str, float, psutil.Process]]:
        """Give the URL, the seconds until the first correct answer, and the process."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        url = f"http://127.0.0.1:{port}"
        with tempfile.TemporaryFile() as log:  # a user's terminal is not free either
            began = time.perf_counter()
            command = [part.format(port=port) for part in self.command]
            process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
            try:
                while answer(url, CASES[0]) is None:
                    assert process.poll() is None, f"{self.name} ended"
                    assert time.perf_counter() - began < 60, f"{self.name} does not answer"
                    time.sleep(0.002)
                yield url, time.perf_counter() - began, psutil.Process(process.pid)
            finally:
                process.terminate()
                process.wait()


def answer(url: str, case: Case) -> tuple[int, dict[str, str]] | None:
    """Return status and body of one create; None if nobody answers."""
    headers = {"content-type": "application/json"} | ({"x-api-key": case.key} if case.key else {})
    request = urllib.request.Request(f"{url}/v2/replicas", json.dumps(case.body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=5) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)
    except OSError:
        return None


def check(url: str, case: Case) -> None:
    """Refuse to count answers that are wrong."""
    received = answer(url, case)
    assert received is not None
    status, body = received
    assert status == case.status, f"{case.name}: {status} {body}"
    if case.status == 200:
        assert re.fullmatch(r"r[0-9a-f]{9}", body["replica_id"]), body
        assert body["status"] == "started", body


def requests_per_second(url: str, case: Case, connections: int, seconds: int) -> float:
    """Return what wrk measures, once every answer had the status that it must have."""
    script = f"""
        wrk.method = "POST"
        wrk.body = [==[{json.dumps(case.body)}]==]
        wrk.headers["content-type"] = "application/json"
        {f'wrk.headers["x-api-key"] = "{case.key}"' if case.key else ""}
        wrong_answers = 0
        function response(status) if status ~= {case.status} then wrong_answers = wrong_answers + 1 end end
        local threads = {{}}
        function setup(thread) table.insert(threads, thread) end
        function done() for _, thread in ipairs(threads) do print("wrong " .. thread:get("wrong_answers")) end end
    """
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script)
        file.flush()
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", file.name, f"{url}/v2/replicas"]
        output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert re.search(r"^wrong 0$", output, re.MULTILINE), output
    assert "Socket errors" not in output, output
    return float(re.search(r"Requests/sec:\s+([\d.]+)", output)[1])  # type: ignore[index]


def memory(process: psutil.Process) -> float:
    """Return the memory of a server with all its processes, what they share counted once (PSS), in MB."""
    return sum(one.memory_full_info().pss for one in [process, *process.children(recursive=True)]) / 1e6


def installed(name: str, package: str) -> str:
    """Install an npm package below .cache if it is not there, and return its program.

    Args:
        name: The program's.
        package: The package with its version.
    """
    folder = REPOSITORY / ".cache" / package.replace("/", "+")
    program = folder / "node_modules" / ".bin" / name
    if not program.exists():
        install = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder)]
        subprocess.run([*install, package], check=True)
    return str(program)


def measure(servers: list[Server], rounds: int, seconds: int) -> dict[str, dict[str, float]]:
    """Return the medians of everything, by server and figure."""
    seen: dict[str, dict[str, list[float]]] = {server.name: {} for server in servers}
    for number in range(rounds):
        for server in servers:
            print(f"round {number + 1} of {rounds}: {server.name}", file=sys.stderr)
            figures = seen[server.name]
            with server.running() as (url, cold_start, process):
                figures.setdefault("cold start, s", []).append(cold_start)
                time.sleep(1.5)  # what is loaded behind the first answer counts, too
                figures.setdefault("memory idle, MB", []).append(memory(process))
                requests_per_second(url, CASES[0], 16, seconds)  # a virtual machine of Java's gets warm
                for case in CASES:
                    check(url, case)
                    for connections in (1, 16):
                        rate = requests_per_second(url, case, connections, seconds)
                        figures.setdefault(f"{case.name}, {connections} conn., requests/s", []).append(rate)
                figures.setdefault("memory after that, MB", []).append(memory(process))
    return {
        name: {figure: statistics.median(values) for figure, values in figures.items()}
        for name, figures in seen.items()
    }


def memory_per_10000(server: Server) -> float:
    """Return how much 10,000 replicas add to the memory, in MB."""
    with server.running() as (url, _, process):
        requests_per_second(url, CASES[0], 4, 1)  # past the first growth of the interpreter
        before, count = memory(process), replicas(url)
        while replicas(url) < count + 10_000:
            requests_per_second(url, CASES[0], 4, 1)
        return (memory(process) - before) / (replicas(url) - count) * 10_000


def replicas(url: str) -> int:
    """Return how many replicas our server has."""
    with urllib.request.urlopen(f"{url}/__admin/health", timeout=5) as response:
        return int(json.load(response)["replicas"])


def table(medians: dict[str, dict[str, float]], per_10000: float) -> str:
    """Return the figures as Markdown, with the ratios that matter.

    Args:
        medians: By server and figure; ours, ours quiet, Prism, Prism silent, WireMock.
        per_10000: How much 10,000 replicas add to the memory, in MB.
    """
    ours, quiet, theirs, silent, wiremock = medians
    lines = [
        f"| | {ours} | {theirs} | ratio | {quiet} | {silent} | ratio | {wiremock} | ratio to {quiet} |",
        "| --- | --: | --: | --: | --: | --: | --: | --: | --: |",
    ]
    for figure in medians[ours]:
        mine, prism, silenced, mute, stubs = (medians[name][figure] for name in (ours, theirs, quiet, silent, wiremock))
        cells = [_shown(mine), _shown(prism), f"{mine / prism:.2f}", _shown(silenced), _shown(mute)]
        cells += [f"{silenced / mute:.2f}", _shown(stubs), f"{silenced / stubs:.2f}"]
        lines.append(f"| {figure} | {' | '.join(cells)} |")
    return "\n".join([*lines, "", f"10,000 replicas add {per_10000:.1f} MB."])


def _shown(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2f}"


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=3, help="how long wrk runs for each figure")
    parser.add_argument("--update", action="store_true", help="write the table into benchmarks/README.md")
    arguments = parser.parse_args()
    if missing := [program for program in ("wrk", "npm", "java") if shutil.which(program) is None]:
        sys.exit(f"needs {' and '.join(missing)}; on Debian: apt-get install {' '.join(missing)}")
    ours = [str(Path(sys.executable).with_name("mock-tavus")), "serve", "--port", "{port}"]
    theirs = [installed("prism", f"@stoplight/prism-cli@{PRISM}"), "mock", "--port", "{port}", str(CONTRACT)]
    stubs = [installed("wiremock", f"wiremock@{WIREMOCK}"), "--port", "{port}", "--root-dir", str(STUBS)]
    servers = [
        Server("mock-tavus", ours),
        Server("mock-tavus --quiet", [*ours, "--quiet"]),
        Server("Prism", theirs),
        Server("Prism -v silent", [*theirs, "-v", "silent"]),
        Server("WireMock", [*stubs, "--disable-banner", "--max-request-journal-entries", "1000"]),
    ]
    medians = measure(servers, arguments.rounds, arguments.seconds)
    result = table(medians, memory_per_10000(servers[1]))
    machine = f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    machine += f", Prism {PRISM}, WireMock {WIREMOCK}"
    result = f"{result}\n\nMedians of {arguments.rounds} rounds of {arguments.seconds} s; {machine}."
    print(result)
    if arguments.update:
        update_page(result)


def update_page(result: str) -> None:
    """Put the table where benchmarks/README.md has its place."""
    page = Path(__file__).with_name("README.md")
    before, _, rest = page.read_text("utf-8").partition("<!-- table -->")
    _, _, after = rest.partition("<!-- /table -->")
    page.write_text(f"{before}<!-- table -->\n{result}\n<!-- /table -->{after}", "utf-8")


if __name__ == "__main__":
    main()
