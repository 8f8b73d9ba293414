"""Measure this checkout's `mock-tavus serve` and another one's in turn, in one run: is anything slower than before?

Usage: python -m benchmarks.before OTHER/.venv/bin/mock-tavus [--rounds 5] [--seconds 3]. Needs wrk.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from pathlib import Path

from benchmarks.compare import CASES, Server, check, requests_per_second


def main() -> None:
    """Measure, and print a table of medians with their ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before", help="the mock-tavus program of another checkout")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3, help="how long wrk runs for each figure")
    options = parser.parse_args()
    now = str(Path(sys.executable).with_name("mock-tavus"))
    print("| | before | now | ratio |\n| --- | --: | --: | --: |")
    for extra in ([], ["--quiet"]):
        servers = [Server(name, [name, "serve", "--port", "{port}", *extra]) for name in (options.before, now)]
        seen: dict[tuple[str, int, str], list[float]] = {}
        for _ in range(options.rounds):
            for server in servers:
                with server.running() as (url, _cold_start, _process):
                    for case in CASES:
                        check(url, case)
                        for connections in (1, 16):
                            rate = requests_per_second(url, case, connections, options.seconds)
                            seen.setdefault((case.name, connections, server.name), []).append(rate)
        for case in CASES:
            for connections in (1, 16):
                old, new = (statistics.median(seen[case.name, connections, server.name]) for server in servers)
                name = ", ".join([case.name, f"{connections} conn.", *extra])
                print(f"| {name} | {old:,.0f} | {new:,.0f} | {new / old:.2f} |", flush=True)


if __name__ == "__main__":
    main()
