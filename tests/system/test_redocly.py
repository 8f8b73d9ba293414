"""Redocly's linter, with its recommended rules, on the contract."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.system.conftest import REPOSITORY

VERSION = "2.77.0"


@pytest.mark.deep
@pytest.mark.parametrize("document", ["tavus.yaml", "control.yaml"])
def test_the_contracts_are_clean_under_redocly(document: str, need: Callable[[str], str], tmp_path: Path) -> None:
    need("node")
    folder = REPOSITORY / ".cache" / f"redocly-{VERSION}"
    program = folder / "node_modules" / ".bin" / "redocly"
    if not program.exists():  # the two tests may run at once: npm is content to find its own work
        install = [need("npm"), "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder)]
        subprocess.run([*install, f"@redocly/cli@{VERSION}"], check=True, timeout=300)
    command = [str(program), "lint", "--extends", "recommended", "--format", "json", f"openapi/{document}"]
    quiet = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=REPOSITORY, env={**os.environ, **quiet}, timeout=120, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout[done.stdout.index("{") :])["totals"] == {"errors": 0, "warnings": 0, "ignored": 0}
