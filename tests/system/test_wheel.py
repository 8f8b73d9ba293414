"""The wheel, installed where the checkout cannot be seen."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.system.conftest import REPOSITORY


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir"]
    subprocess.run([*command, str(folder), str(REPOSITORY)], check=True, timeout=300)
    (built,) = folder.glob("*.whl")
    return built


def test_it_carries_the_contract_into_both_packages(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        source = (REPOSITORY / "openapi" / "tavus.yaml").read_bytes()
        for package in ("mock_tavus", "contract_tests"):
            assert archive.read(f"{package}/openapi/tavus.yaml") == source
            assert f"{package}/py.typed" in names
    assert "mock_tavus/openapi/control.yaml" in names
    assert {
        "mock_tavus/http/dashboard/templates/dashboard.html",
        "mock_tavus/http/dashboard/static/dashboard.js",
    } <= names
    assert not [name for name in names if name.startswith(("tests/", "benchmarks/"))]


def test_it_works_without_the_checkout(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    program = """
import mock_tavus.contract.document as emulator_side, contract_tests.oracle as kit_side
from mock_tavus.emulator import Emulator
print(emulator_side.bundled_contract())
print(kit_side.bundled_contract())
print(len(Emulator().contract.operations), kit_side.Oracle.load().callback_faults("text/plain", b"") != [])
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path / "installed")},
        timeout=60,
    )

    assert done.stdout.splitlines() == [
        str(tmp_path / "installed" / "mock_tavus" / "openapi" / "tavus.yaml"),
        str(tmp_path / "installed" / "contract_tests" / "openapi" / "tavus.yaml"),
        "5 True",
    ]


def test_an_editable_install_finds_the_checkouts_contract(tmp_path: Path) -> None:
    program = "from mock_tavus.contract.document import bundled_contract; print(bundled_contract())"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path, timeout=60
    )

    assert Path(done.stdout.strip()) == REPOSITORY / "openapi" / "tavus.yaml"


@pytest.fixture(scope="module")
def fresh(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the programs of an environment of its own, which has the wheel, pytest, and nothing of ours beside."""
    folder = tmp_path_factory.mktemp("fresh")
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True, timeout=120)
    programs = folder / "venv" / "bin"
    quiet = ["--quiet", "--disable-pip-version-check"]
    subprocess.run([programs / "python", "-m", "pip", "install", *quiet, str(wheel), "pytest"], check=True, timeout=300)
    return programs


def in_fresh(fresh: Path, folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    clean = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "MOCK_TAVUS", "COVERAGE"))
    }
    return subprocess.run(
        [str(fresh / command[0]), *command[1:]],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**clean, "PATH": f"{fresh}:{os.environ['PATH']}", "HOME": str(folder), "TMPDIR": str(folder)},
        timeout=60,
        check=False,
    )


EXAMPLE = re.compile(
    r"^```python\n(import requests\n\n\ndef test_my_client_creates_one_replica.*?)^```$", re.MULTILINE | re.DOTALL
)
"""The README's example of the pytest plugin."""


@pytest.mark.deep
def test_every_command_works_from_a_fresh_environment(fresh: Path, tmp_path: Path) -> None:
    from mock_tavus.cli.commands import main

    for name in main.commands:
        done = in_fresh(fresh, tmp_path, "mock-tavus", name, "--help")
        if name in ("conform", "conform-receiver", "compare"):  # the kit needs more, and says what
            assert done.returncode == 2
            assert "mock-tavus[kit]" in done.stderr
        else:
            assert (done.returncode, done.stderr) == (0, ""), name
            assert done.stdout.startswith(f"Usage: mock-tavus {name}")


@pytest.mark.deep
def test_a_fresh_environment_serves_runs_and_tests(fresh: Path, tmp_path: Path) -> None:
    started = in_fresh(fresh, tmp_path, "mock-tavus", "start", "--port", "0", "--https-port", "0")
    assert started.returncode == 0, started.stderr
    assert in_fresh(fresh, tmp_path, "mock-tavus", "health", "--url", started.stdout.strip()).returncode == 0
    assert in_fresh(fresh, tmp_path, "mock-tavus", "stop").returncode == 0

    program = str(REPOSITORY / "examples" / "unchanged.py")
    run = in_fresh(fresh, tmp_path, "mock-tavus", "run", "--", str(fresh / "python"), program)
    assert '"status":"started"' in run.stdout, run.stderr

    (example,) = EXAMPLE.findall((REPOSITORY / "README.md").read_text("utf-8"))
    (tmp_path / "test_example.py").write_text(example)
    tested = in_fresh(fresh, tmp_path, "python", "-m", "pytest", "-q", "test_example.py")
    assert "1 passed" in tested.stdout, tested.stdout
