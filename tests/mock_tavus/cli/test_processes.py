"""A server in the background: what can go wrong without one."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from mock_tavus.cli import processes
from mock_tavus.cli.client import AdminClient, ServerRefused, ServerUnreachable
from mock_tavus.cli.commands import main


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments), catch_exceptions=False)


@pytest.fixture
def told(tmp_path: Path) -> Path:
    path = tmp_path / "told.json"
    path.write_text(json.dumps({"url": "http://127.0.0.1:9", "pid": os.getpid()}))
    return path


def answering(monkeypatch: pytest.MonkeyPatch, answer: Any) -> None:
    """Have every server answer so, or raise so."""

    def get(self: AdminClient, path: str, **query: Any) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(AdminClient, "get", get)


def test_a_server_that_wants_a_token_runs_too(told: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, ServerRefused("expected the token"))
    result = invoke("start", "--pid-file", str(told))

    assert result.exit_code == 2
    assert "one runs already, at http://127.0.0.1:9" in result.output


def test_one_that_does_not_end_is_told(told: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, {"status": "ok"})
    monkeypatch.setattr(processes, "_STOPS_WITHIN", 0.01)
    monkeypatch.setattr(os, "kill", lambda pid, number: None)
    result = invoke("stop", "--pid-file", str(told))

    assert result.exit_code == 2
    assert f"process {os.getpid()}, does not end" in result.output


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"url": 1, "pid": "x"}'])
def test_a_file_that_tells_nothing_is_no_server(told: Path, text: str) -> None:
    told.write_text(text)
    assert invoke("stop", "--pid-file", str(told)).exit_code == 0


def test_a_server_that_is_not_well_has_exit_code_1(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, {"status": "degraded", "replicas": 1, "callbacks_pending": 2})
    result = invoke("health")

    assert (result.exit_code, result.output) == (1, "degraded: 1 replicas, 2 callbacks to come\n")


def test_a_folder_that_cannot_be_made_or_is_somebody_elses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, ServerUnreachable("nothing"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (tmp_path / f"mock-tavus-{os.getuid()}").write_text("")
    assert "cannot be made" in invoke("stop").output

    (tmp_path / "mock-tavus-12345").mkdir()
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    assert "belongs to another user; give --pid-file" in invoke("stop").output


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    result = invoke("start", "--pid-file", str(tmp_path / "nowhere" / "x.json"))

    assert result.exit_code == 2
    assert "cannot be written" in result.output


def test_one_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    result = invoke("start", "--pid-file", str(tmp_path / "x.json"), "--timeout", "1ms", "--port", "0", "--no-https")

    assert result.exit_code == 2
    assert "the server does not answer within 0.001 s" in result.output
