"""The wheel, installed where the checkout cannot be seen."""

from __future__ import annotations

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
