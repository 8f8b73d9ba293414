from __future__ import annotations

from pathlib import Path

import click
import pytest

from mock_tavus.cli.project import read_settings

KNOWN = ["training-time", "api-key", "port", "openapi"]


def test_the_nearest_pyproject_counts(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text('[tool.mock-tavus]\ntraining-time = "4h"\napi-key = ["a", "b"]\n')

    assert read_settings(inner, KNOWN) == {"training_time": "4h", "api_key": ["a", "b"]}
    (tmp_path / "a" / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    assert read_settings(inner, KNOWN) == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tool.mock-tavus]\ntraning-time = 1\n", "has no setting 'traning-time'; did you mean 'training-time'?"),
        (
            "[tool.mock-tavus]\nxyz = 1\n",
            "no setting 'xyz'; the known ones are api-key, openapi, port, training-time",
        ),
        ("[tool.mock-tavus]\ntraining_time = 1\n", "did you mean 'training-time'?"),
        ("[tool]\nmock-tavus = 3\n", "expected a table [tool.mock-tavus], received 3"),
        ("[tool", "cannot be read"),
        ("[tool.mock-tavus]\nopenapi = 5\n", "openapi: expected a file's path, received 5"),
    ],
)
def test_a_mistake_in_it_is_told_by_name(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)

    with pytest.raises(click.UsageError) as caught:
        read_settings(tmp_path, KNOWN)

    assert message in str(caught.value)
    assert "pyproject.toml" in str(caught.value)


def test_files_are_meant_from_where_the_setting_stands(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.mock-tavus]\nopenapi = "mine.yaml"\n')
    (tmp_path / "sub").mkdir()

    assert read_settings(tmp_path / "sub", KNOWN) == {"openapi": str(tmp_path / "mine.yaml")}


def test_a_file_without_our_table_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("tool = 5\n")

    assert read_settings(tmp_path, KNOWN) == {}
