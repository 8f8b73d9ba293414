"""What the options of the kit's commands refuse."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract_tests.cli.options import _read_replay, _write_github, _write_repros
from contract_tests.client.session import read_basic_body
from contract_tests.emulator.process import Emulator
from contract_tests.failures import KitError
from contract_tests.report.model import Report


@pytest.mark.parametrize("text", ["nonsense", "[]", "[" * 100_000])
def test_what_no_report_gives_cannot_be_played_again(text: str) -> None:
    with pytest.raises(KitError, match="--replay: expected what a report gives"):
        _read_replay(text)


@pytest.mark.parametrize("text", ["nonsense", "[]", "{}", '{"train_video_url": 1}'])
def test_a_smallest_body_has_a_video(text: str) -> None:
    with pytest.raises(KitError, match="--basic-body: expected a"):
        read_basic_body(text, "--basic-body")
    assert read_basic_body('{"train_video_url": "x"}', "--basic-body") == {"train_video_url": "x"}


def test_reports_that_cannot_be_written_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def cannot(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    report = object.__new__(Report)
    monkeypatch.setattr("contract_tests.cli.options.write_repros", cannot)
    monkeypatch.setattr("contract_tests.cli.options.write_github", cannot)
    assert _write_repros(None, report) == _write_github(False, report) == []
    assert _write_repros(tmp_path, report) == [f"{tmp_path} cannot be written (Permission denied)"]
    assert _write_github(True, report)[0].endswith("cannot be written (Permission denied)")


def test_an_emulator_that_has_not_been_started_has_no_control_plane() -> None:
    emulator = Emulator()
    assert (emulator.tls, emulator.is_ours) == (None, False)
    with pytest.raises(KitError, match="has not been started"):
        emulator.admin  # noqa: B018
