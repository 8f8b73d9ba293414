"""Schemathesis, with its default checks, against the served document."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.system.conftest import Program


@pytest.mark.deep
@pytest.mark.parametrize("seed", [1, 2])
def test_its_default_run_finds_nothing(serve: Callable[..., Program], tmp_path: Path, seed: int) -> None:
    """One check is left out: the vendor answers 400 to an unknown id, so not every valid request is accepted."""
    program = serve("--quiet", "--api-key", "k")
    command = [str(Path(sys.executable).with_name("schemathesis")), "run", f"{program.url}/__admin/openapi.json"]
    command += ["-H", "x-api-key: k", "--seed", str(seed), "--exclude-checks", "positive_data_acceptance"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=300, check=False)

    assert done.returncode == 0, done.stdout[-5000:]
    generated = re.search(r"(\d+) generated", done.stdout)
    assert generated
    assert int(generated[1]) > 100


@pytest.mark.deep
def test_creates_that_the_contract_allows_are_accepted(serve: Callable[..., Program], tmp_path: Path) -> None:
    program = serve("--quiet", "--api-key", "k")
    command = [str(Path(sys.executable).with_name("schemathesis")), "run", f"{program.url}/__admin/openapi.json"]
    command += ["-H", "x-api-key: k", "--seed", "1", "--include-operation-id-regex", "createReplica|listReplicas"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=300, check=False)

    assert done.returncode == 0, done.stdout[-5000:]


@pytest.mark.deep
def test_the_control_plane_never_answers_5xx(serve: Callable[..., Program], tmp_path: Path) -> None:
    """What waits is left out: it would wait for as long as it is told."""
    program = serve("--quiet")
    program.create()
    command = [str(Path(sys.executable).with_name("schemathesis")), "run", f"{program.url}/__admin/control.json"]
    command += ["-H", "x-api-key: test", "--seed", "1", "--checks", "not_a_server_error"]
    command += ["--exclude-operation-id-regex", "^waitFor", "--max-examples", "30"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=300, check=False)

    assert done.returncode == 0, done.stdout[-5000:]
