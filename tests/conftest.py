"""Settings and fixtures for all tests."""

from __future__ import annotations

import os
import signal

import pytest
from hypothesis import HealthCheck, settings

from contract_tests import Oracle
from tests.support import Api
from tests.support.cores import usable_cores

settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("default"), derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")

# A shell starts background jobs with Ctrl-C ignored, and programs inherit that: tests that press it would wait.
signal.signal(signal.SIGINT, signal.default_int_handler)


# What coverage tells the programs that tests start.
COVERAGE = ("COVERAGE_PROCESS_CONFIG", "COVERAGE_PROCESS_START")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/system/" in item.nodeid:
            item.add_marker("system")
        if _is_uncovered(item):
            item.add_marker("no_cover")
    items.sort(key=_is_quick)
    # Each worker begins with tests that stand together in the list: its share of what takes long, and then of the rest,
    # so that none is left alone with long ones at the end.
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    deep = [item for item in items if item.get_closest_marker("deep") is not None]
    quick = items[len(deep) :]
    items[:] = [item for number in range(workers) for item in (*deep[number::workers], *quick[number::workers])]


def pytest_xdist_auto_num_workers() -> int:
    """Say how many workers `-n auto` starts: xdist itself counts the cores of the host.

    Many tests wait for deadlines: one worker more than there are cores keeps these busy.
    """
    return usable_cores() + 1


def _is_uncovered(item: pytest.Item) -> bool:
    return item.get_closest_marker("deep") is not None and item.get_closest_marker("covered") is None


def _is_quick(item: pytest.Item) -> tuple[bool, bool]:
    return item.get_closest_marker("deep") is None, "tests/system/" not in item.nodeid


@pytest.fixture(autouse=True)
def uncovered(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have deep tests, and what they start, run without coverage, which makes them twice as long; some are marked."""
    if _is_uncovered(request.node):
        for name in COVERAGE:
            monkeypatch.delenv(name, raising=False)


@pytest.fixture
def api() -> Api:
    """Return an emulator with the default settings, ids from seed 1, and a clock that stands still."""
    return Api()


@pytest.fixture(scope="session")
def oracle() -> Oracle:
    """Return the kit's reading of the bundled contract."""
    return Oracle.load()
