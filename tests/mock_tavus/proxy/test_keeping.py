"""The user's own authority: made once, and renewed before it ends."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from mock_tavus import ServerError
from mock_tavus.proxy.authority import LIFETIME
from mock_tavus.proxy.keeping import AuthorityFolder

NOW = 1_800_000_000.0
DAY = 86400.0


def test_it_is_made_once(tmp_path: Path) -> None:
    folder = AuthorityFolder(tmp_path / "new" / "ca")

    assert folder.open(NOW).pem == folder.open(NOW + DAY).pem == folder.certificate.read_bytes()
    assert folder.bundle.read_bytes().endswith(folder.certificate.read_bytes())
    assert len(folder.bundle.read_bytes()) > 10 * len(folder.certificate.read_bytes())


def test_nobody_else_may_read_its_key(tmp_path: Path) -> None:
    AuthorityFolder(tmp_path / "ca").open(NOW)

    assert (tmp_path / "ca" / "ca-key.pem").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "ca").stat().st_mode & 0o077 == 0


def test_a_key_that_others_could_read_is_not_used_again(tmp_path: Path) -> None:
    folder = AuthorityFolder(tmp_path)
    before = folder.open(NOW).pem
    (tmp_path / "ca-key.pem").chmod(0o644)

    assert folder.open(NOW).pem != before


def test_it_is_renewed_a_month_before_it_ends(tmp_path: Path) -> None:
    folder = AuthorityFolder(tmp_path)
    before = folder.open(NOW).pem
    ends = NOW + LIFETIME.total_seconds()

    assert folder.open(ends - 32 * DAY).pem == before
    assert folder.open(ends - 29 * DAY).pem != before
    assert before not in folder.bundle.read_bytes()


@pytest.mark.parametrize("name", ["ca.pem", "ca-key.pem"])
@pytest.mark.parametrize("content", [b"", b"nonsense", None])
def test_what_cannot_be_read_is_made_anew(tmp_path: Path, name: str, content: bytes | None) -> None:
    folder = AuthorityFolder(tmp_path)
    before = folder.open(NOW).pem
    (tmp_path / name).unlink()
    if content is not None:
        (tmp_path / name).touch(mode=0o600)
        (tmp_path / name).write_bytes(content)

    assert folder.open(NOW).pem != before
    assert folder.open(NOW).pem == folder.certificate.read_bytes()


def test_two_that_start_at_once_have_the_same(tmp_path: Path) -> None:
    found: list[bytes] = []
    threads = [threading.Thread(target=lambda: found.append(AuthorityFolder(tmp_path).open(NOW).pem)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 8
    assert len(set(found)) == 1


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(ServerError, match=r"file/ca cannot be written .* --ca-dir"):
        AuthorityFolder(tmp_path / "file" / "ca").open(NOW)


def test_one_that_is_not_valid_yet_is_not_used(tmp_path: Path) -> None:
    folder = AuthorityFolder(tmp_path)
    later = folder.open(NOW + 2 * 365 * DAY).pem

    assert folder.open(NOW).pem != later


def test_what_is_wrong_with_the_bundle_is_mended(tmp_path: Path) -> None:
    folder = AuthorityFolder(tmp_path)
    found = folder.open(NOW)
    folder.bundle.write_text("nonsense")

    folder.open(NOW)

    assert folder.bundle.read_bytes().endswith(found.pem)


def test_its_paths_are_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert AuthorityFolder(Path("ca")).certificate == tmp_path / "ca" / "ca.pem"
