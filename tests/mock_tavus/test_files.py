from __future__ import annotations

from pathlib import Path

import pytest

from mock_tavus.files import unfinished_name, write_whole


def test_what_is_there_is_replaced_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"before")
    unfinished_name(path).write_bytes(b"left by a process that was killed")
    with path.open("rb") as still_open:
        write_whole(path, b"after", 0o600)
        assert still_open.read() == b"before"

    assert path.read_bytes() == b"after"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.mkdir()
    with pytest.raises(OSError, match="a"):
        write_whole(path, b"after")

    assert list(tmp_path.iterdir()) == [path]
