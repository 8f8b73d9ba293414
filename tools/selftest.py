"""How good is the kit? Judge broken clients and correct ones: `make mutants`."""

from __future__ import annotations

import argparse
import shlex
import statistics
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from contract_tests.client.case import CREATE, SIMPLEST_BODY, ClientCase
from contract_tests.client.checks import all_checks
from contract_tests.client.drivers import callable_command
from contract_tests.client.session import ClientSubject, open_client
from contract_tests.emulator import Emulator
from contract_tests.engine.model import CheckResult, Options
from contract_tests.subject import Setup
from tests.contract_tests.altering import WIRE_MUTANTS
from tests.contract_tests.clients.broken_readers import READERS
from tests.contract_tests.clients.mutants import MUTANTS

REPOSITORY = Path(__file__).parents[1]
MutantRow = tuple[str, str, int, int, float]
CorrectRow = tuple[str, int, list[str]]
PAGE = REPOSITORY / "docs" / "mutants.md"

CORRECT: dict[str, list[str]] = {
    "requests": callable_command("examples.clients.requests_client:create_replica"),
    "requests, one session": callable_command("tests.contract_tests.clients.correct:requests_session"),
    "httpx": callable_command("tests.contract_tests.clients.correct:httpx_sync"),
    "httpx, asynchronous": callable_command("tests.contract_tests.clients.correct:httpx_async"),
    "urllib": callable_command("examples.clients.urllib_client:create_replica"),
    "http.client": callable_command("tests.contract_tests.clients.correct:http_client"),
    "Node fetch": ["node", "examples/clients/fetch.mjs"],
    "curl": ["examples/clients/curl.sh"],
    "every operation, requests": callable_command("examples.clients.replicas"),
    "every operation, httpx": callable_command("tests.contract_tests.clients.readers:Httpx"),
    "every operation, http.client": callable_command("tests.contract_tests.clients.readers:HttpClient"),
    "every operation, asynchronous": callable_command("tests.contract_tests.clients.readers:Asynchronous"),
    "every operation, Node fetch": ["node", "examples/clients/replicas.mjs"],
}


def judge(
    emulator: Emulator, command: Sequence[str], only: Sequence[str], options: Options
) -> Iterator[CheckResult[Any, Any]]:
    """Run checks against one client, in the repository's folder."""
    subject = ClientSubject("selftest", command, REPOSITORY)
    with open_client(emulator, subject, Setup(options)) as run:
        yield from run.runner.run([check for check in all_checks() if not only or check.check_id in only])


def mutant_command(name: str) -> list[str]:
    """Return what drives a broken client."""
    return callable_command(f"tests.contract_tests.clients.mutants:client_{name}")


def wire_mutant_command(name: str) -> list[str]:
    """Return what drives the Node client with its bytes altered on the way."""
    return [sys.executable, "-m", "tests.contract_tests.altering", name, *CORRECT["Node fetch"]]


def reader_command(name: str) -> list[str]:
    """Return what drives a broken reader or poller."""
    return callable_command(f"tests.contract_tests.clients.broken_readers:client_{name}")


ALL_MUTANTS: dict[str, tuple[str, list[str]]] = {
    **{name: (check_id, mutant_command(name)) for name, check_id in MUTANTS.items()},
    **{name: (check_id, reader_command(name)) for name, check_id in READERS.items()},
    **{f"{name} (wire)": (f"{name[:3]}-{name[4:6]}", wire_mutant_command(name)) for name in WIRE_MUTANTS},
}
"""From a broken client's name to the check that is to catch it, and what drives it."""


DRAWN = {check.check_id: check.probe.drawn is not None for check in all_checks()}
"""Of which checks cases are drawn."""


def caught_verdicts(check_id: str) -> tuple[str, ...]:
    """Return the verdicts that say that a broken client was caught: of some checks it is a warning at most."""
    must = {check.check_id: check.is_must for check in all_checks()}
    return ("fail",) if must[check_id] and check_id not in _WARNS else ("fail", "warn")


_WARNS = ("ERR-08",)
"""Must checks that may only warn: a client's own words for a 401 will do."""


def changed_fields(case: ClientCase) -> int:
    """Return how much a counterexample is not the simplest call: fields, keys, doors, and calls beyond the first."""
    count = len(case.calls) - 1
    for call in case.calls:
        count += sum(value != SIMPLEST_BODY.get(name) for name, value in call.body.items() if call.operation == CREATE)
        count += sum(call.operation == CREATE and name not in call.body for name in SIMPLEST_BODY)
        count += bool(call.api_key) + (call.endpoint != "wire")
    return count


def judge_mutants(emulator: Emulator, seeds: Sequence[int], options: Options) -> list[MutantRow]:
    """Judge every mutant: its check, how often it was caught, in how many runs, and how big the proofs are."""
    rows = []
    for name, (check_id, command) in ALL_MUTANTS.items():
        caught, sizes = 0, []
        tried = seeds if DRAWN[check_id] else seeds[:1]  # fixed cases have nothing to draw
        for seed in tried:
            (result,) = judge(emulator, command, [check_id], replace(options, seed=seed))
            if result.verdict in caught_verdicts(check_id) and result.failure is not None:
                caught += 1
                sizes.append(changed_fields(result.failure.case))
        rows.append((name, check_id, caught, len(tried), statistics.median(sizes) if sizes else -1.0))
        print(f"{name:<24} {check_id}  {caught} of {len(tried)}  {rows[-1][4]:g} changed", flush=True)
    return rows


def judge_correct(emulator: Emulator, options: Options) -> list[CorrectRow]:
    """Return, for each correct client, how many situations were judged, and what is held against it."""
    rows = []
    for name, command in CORRECT.items():
        results = list(judge(emulator, command, [], options))
        against = [
            f"{one.requirement.check_id} {one.verdict}" for one in results if one.verdict not in ("pass", "skip")
        ]
        rows.append((name, sum(one.examples for one in results), against))
        print(f"{name:<24} {rows[-1][1]:>6} judged  {', '.join(against) or 'nothing'}", flush=True)
    return rows


def page(
    mutants: Sequence[MutantRow],
    correct: Sequence[tuple[str, int, list[str]]],
    seeds: int,
    command: str,
) -> str:
    """Return the matrix as a page."""
    runs = sum(row[3] for row in mutants)
    caught = sum(row[2] for row in mutants)
    median = statistics.median(row[4] for row in mutants if row[2])
    lines = [
        "# How good the kit is",
        "",
        f"Written by `{command}`. Each broken client has one defect, and is judged by the check that is to",
        "catch it.",
        "",
        f"**{caught} of {runs}** runs caught the defect ({len(mutants)} broken clients; {seeds} seeds where a",
        "check draws, one where it has plain cases only). The median of",
        f"the counterexamples changes **{median:g}** things about the simplest call. Those marked *wire* are a correct",
        "client in Node whose bytes are altered on the way, which stands for a broken client in any language.",
        "",
        "| broken client | check | caught | changed |",
        "| --- | --- | --- | --- |",
        *(f"| `{name}` | {check} | {times} of {tried} | {size:g} |" for name, check, times, tried, size in mutants),
        "",
        "Correct clients must not fail. A warning may be one that their stack cannot help.",
        "",
        "| correct client | situations judged | held against it |",
        "| --- | --- | --- |",
        *(f"| {name} | {count} | {', '.join(against) or 'nothing'} |" for name, count, against in correct),
    ]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Judge all of them, print the matrix, and write it as a page if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--examples", type=int, default=100, help="situations drawn for each check")
    parser.add_argument("--update", action="store_true", help=f"write {PAGE.relative_to(REPOSITORY)}")
    options = parser.parse_args()
    engine = Options(options.examples)
    with Emulator() as emulator:
        correct = judge_correct(emulator, engine)
        mutants = judge_mutants(emulator, range(options.seeds), engine)
    if options.update:
        command = f"make mutants ARGS={shlex.quote(' '.join(sys.argv[1:]))}"
        PAGE.write_text(page(mutants, correct, options.seeds, command), "utf-8")
    caught = sum(row[2] for row in mutants)
    failing = [name for name, _, against in correct if any(one.endswith(("fail", "error")) for one in against)]
    runs = sum(row[3] for row in mutants)
    print(f"{caught} of {runs} caught; false alarms: {', '.join(failing) or 'none'}")
    return 0 if caught >= 0.95 * runs and not failing else 1


if __name__ == "__main__":
    sys.exit(main())
