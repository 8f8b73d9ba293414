"""How good is the kit? Judge what is broken and what is correct, of every kind: `make mutants`."""

from __future__ import annotations

import argparse
import shlex
import socket
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from contract_tests.client.case import CREATE, SIMPLEST_BODY, ClientCase
from contract_tests.client.checks import all_checks
from contract_tests.client.drivers import callable_command
from contract_tests.client.session import ClientSubject, open_client
from contract_tests.emulator import Emulator
from contract_tests.engine.model import CheckResult, Options
from contract_tests.receiver.application import Hooks
from contract_tests.receiver.checks import all_checks as receiver_checks
from contract_tests.receiver.session import ReceiverSubject
from contract_tests.subject import Setup
from tests.contract_tests.altering import WIRE_MUTANTS
from tests.contract_tests.clients.broken_readers import READERS
from tests.contract_tests.clients.interfaces import CLASSES
from tests.contract_tests.clients.mutants import MUTANTS
from tests.contract_tests.receivers.app import RECEIVERS
from tools.mutants_page import ClassRow, CorrectRow, Matrix, MutantRow, page

REPOSITORY = Path(__file__).parents[1]


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


CORRECT_RECEIVERS: dict[str, str] = {
    "Flask and SQLite": "{python} examples/receivers/flask_app.py {port} {database}",
    "Node http": "node examples/receivers/app.mjs {port} {database}",
    "aiohttp": "{python} -m tests.contract_tests.receivers.aiohttp_app {port} {database}",
    "http.server": "{python} -m tests.contract_tests.receivers.app Correct {port} {database}",
    "http.server, in memory": "{python} -m tests.contract_tests.receivers.app Plain {port} {database}",
    "http.server, 409 to duplicates": "{python} -m tests.contract_tests.receivers.app Conflicts {port} {database}",
}
"""Correct receivers, by what they are made of."""


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


_CANNOT_FAIL = ("flask_app", "app.mjs")
_CANNOT_RESTART = ("app Plain", "app Conflicts")


def receiver(command: str, folder: Path) -> ReceiverSubject:
    """Return a receiver of the tests, with a port and a database of its own.

    Args:
        command: What starts it, with `{port}` and `{database}` in it.
        folder: Where its database is.
    """
    port = free_port()
    line = command.format(python=shlex.quote(sys.executable), port=port, database=folder / "replicas")
    url = f"http://127.0.0.1:{port}"
    can_fail = not any(name in command for name in _CANNOT_FAIL)
    can_restart = not any(name in command for name in _CANNOT_RESTART)
    hooks = Hooks(
        f"{url}/test/state/",
        f"{url}/test/created",
        f"{url}/test/fail_next" if can_fail else None,
        line,
        line if can_restart else None,
    )
    return ReceiverSubject(f"{url}/hook?secret=s3cret", hooks)


def judge_receiver(
    subject: ReceiverSubject,
    only: Sequence[str],
    *,
    examples: int,
    seed: int = 0,
    stalls: bool = True,
    shrinks: int = 60,
) -> list[CheckResult[Any, Any]]:
    """Run checks against one receiver, in the repository's folder.

    Args:
        subject: The receiver.
        only: Ids of checks; empty for all.
        examples: How many stories are drawn for a probe.
        seed: What they are drawn from.
        stalls: Whether bodies that stall for long are tried.
        shrinks: How many smaller stories are tried for a failure.
    """
    setup = Setup(Options(examples, seed, shrinks), longest_wait=1.0 if stalls else 0.0)
    with subject.open(setup) as run:
        return list(run.runner.run([check for check in receiver_checks() if not only or check.check_id in only]))


def changed_fields(case: ClientCase) -> int:
    """Return how much a counterexample is not the simplest call: fields, keys, doors, and calls beyond the first."""
    count = len(case.calls) - 1
    for call in case.calls:
        count += sum(value != SIMPLEST_BODY.get(name) for name, value in call.body.items() if call.operation == CREATE)
        count += sum(call.operation == CREATE and name not in call.body for name in SIMPLEST_BODY)
        count += bool(call.api_key) + (call.endpoint != "wire")
    return count


def judge_mutants(
    emulator: Emulator, names: Sequence[str], seeds: Sequence[int], options: Options, jobs: int
) -> list[MutantRow]:
    """Judge broken clients: by which check, how often each was caught, in how many runs, and how big the proofs are.

    Args:
        emulator: A running one.
        names: Which of `ALL_MUTANTS`.
        seeds: What cases are drawn from, one run for each.
        options: How much is tried.
        jobs: How many are judged at once.
    """

    def judge_one(name: str) -> MutantRow:
        check_id, command = ALL_MUTANTS[name]
        caught, sizes = 0, []
        tried = seeds if DRAWN[check_id] else seeds[:1]  # fixed cases have nothing to draw
        for seed in tried:
            (result,) = judge(emulator, command, [check_id], replace(options, seed=seed))
            if result.verdict in caught_verdicts(check_id) and result.failure is not None:
                caught += 1
                sizes.append(changed_fields(result.failure.case))
        row = (name, check_id, caught, len(tried), statistics.median(sizes) if sizes else -1.0)
        print(f"{name:<26} {check_id}  {caught} of {len(tried)}  {row[4]:g} changed", flush=True)
        return row

    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(judge_one, names))


def judge_receivers(seeds: Sequence[int], examples: int, jobs: int) -> list[MutantRow]:
    """Judge broken receivers, as `judge_mutants` does clients; the size of a proof is the number of its events.

    Args:
        seeds: What stories are drawn from, one run for each.
        examples: How many are drawn for a probe.
        jobs: How many are judged at once.
    """
    checks = {check.check_id: check for check in receiver_checks()}

    def judge_one(name: str) -> MutantRow:
        check_id = RECEIVERS[name]
        command = f"{{python}} -m tests.contract_tests.receivers.app {name} {{port}} {{database}}"
        tried = seeds if checks[check_id].probe.drawn is not None else seeds[:1]
        caught, sizes = 0, []
        for seed in tried:
            with tempfile.TemporaryDirectory() as folder:
                subject = receiver(command, Path(folder))
                (result,) = judge_receiver(subject, [check_id], examples=examples, seed=seed)
            wanted = "fail" if checks[check_id].is_must else "warn"
            if result.verdict == wanted and result.failure is not None:
                caught += 1
                sizes.append(len(result.failure.case.events))
        row = (name, check_id, caught, len(tried), statistics.median(sizes) if sizes else -1.0)
        print(f"{name:<26} {check_id}  {caught} of {len(tried)}  {row[4]:g} events", flush=True)
        return row

    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(judge_one, RECEIVERS))


def judge_classes(emulator: Emulator, seeds: Sequence[int], options: Options, jobs: int) -> list[ClassRow]:
    """Return, for each kind of interface, the verdicts over all seeds, and what they should be.

    Args:
        emulator: A running one.
        seeds: What cases are drawn from, one run for each.
        options: How much is tried.
        jobs: How many are judged at once.
    """

    def judge_one(row: tuple[str, str, str]) -> ClassRow:
        name, check_id, wanted = row
        command = callable_command(f"tests.contract_tests.clients.interfaces:client_{name}")
        tried = seeds if DRAWN[check_id] else seeds[:1]
        found = [next(judge(emulator, command, [check_id], replace(options, seed=seed))).verdict for seed in tried]
        print(f"{name:<26} {check_id}  {found.count(wanted)} of {len(found)} {wanted}", flush=True)
        return name, check_id, wanted, found.count(wanted), len(found)

    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(judge_one, CLASSES))


def judge_correct(emulator: Emulator, options: Options) -> list[CorrectRow]:
    """Return, for each correct client, how many cases were judged, and what is held against it.

    Args:
        emulator: A running one.
        options: How much is tried.
    """
    rows = []
    for name, command in CORRECT.items():
        results = list(judge(emulator, command, [], options))
        rows.append(_correct_row(name, results))
    return rows


def judge_correct_receivers(examples: int) -> list[CorrectRow]:
    """Return, for each correct receiver, how many stories were judged, and what is held against it.

    Args:
        examples: How many stories are drawn for a probe.
    """
    rows = []
    for name, command in CORRECT_RECEIVERS.items():
        with tempfile.TemporaryDirectory() as folder:
            rows.append(_correct_row(name, judge_receiver(receiver(command, Path(folder)), [], examples=examples)))
    return rows


def _correct_row(name: str, results: Sequence[CheckResult[Any, Any]]) -> CorrectRow:
    against = [f"{one.requirement.check_id} {one.verdict}" for one in results if one.verdict not in ("pass", "skip")]
    row = (name, sum(one.examples for one in results), against)
    print(f"{name:<32} {row[1]:>6} judged  {', '.join(against) or 'nothing'}", flush=True)
    return row


def main() -> int:
    """Judge all of them, print the matrix, and write it as a page if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--examples", type=int, default=100, help="cases drawn for each probe")
    parser.add_argument("--jobs", type=int, default=2, help="how many are judged at once")
    parser.add_argument("--update", action="store_true", help=f"write {PAGE.relative_to(REPOSITORY)}")
    options = parser.parse_args()
    engine, seeds = Options(options.examples), range(options.seeds)
    with Emulator() as emulator:
        clients = [name for name in ALL_MUTANTS if name not in READERS]
        result = Matrix(
            judge_mutants(emulator, clients, seeds, engine, options.jobs),
            judge_mutants(emulator, list(READERS), seeds, engine, options.jobs),
            judge_receivers(seeds, max(1, options.examples // 4), options.jobs),
            judge_classes(emulator, seeds, engine, options.jobs),
            [*judge_correct(emulator, engine), *judge_correct_receivers(max(1, options.examples // 4))],
        )
    if options.update:
        command = f"make mutants ARGS={shlex.quote(' '.join(sys.argv[1:]))}"
        PAGE.write_text(page(result, command), "utf-8")
    caught = sum(row[2] for row in result.broken)
    runs = sum(row[3] for row in result.broken)
    wrong = [f"{row[0]} {row[1]}" for row in result.classes if row[3] < row[4]]
    failing = [name for name, _, against in result.correct if any(one.endswith(("fail", "error")) for one in against)]
    print(f"{caught} of {runs} caught; false alarms: {', '.join([*failing, *wrong]) or 'none'}")
    return 0 if caught >= 0.98 * runs and not failing and not wrong else 1


if __name__ == "__main__":
    sys.exit(main())
