"""Where `serve` speaks https, and what becomes of it where it cannot."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from mock_tavus import ServerError
from mock_tavus.emulator import Emulator
from mock_tavus.server import https
from mock_tavus.server.https import start_https
from mock_tavus.server.options import ServeOptions

MAIN = ("127.0.0.1", 9)


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


def test_the_usual_port_is_only_used_if_it_is_free(taken: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(https, "HTTPS_PORT", taken)
    found = start_https(Emulator(), MAIN, ServeOptions(ca_dir=tmp_path), 8)

    assert found.door is None
    assert found.why_not.startswith(f"No https: port {taken} on 127.0.0.1 is taken; choose another with --https-port")
    found.stop()


def test_a_port_that_was_asked_for_must_be_had(taken: int, tmp_path: Path) -> None:
    with pytest.raises(ServerError, match="is taken"):
        start_https(Emulator(), MAIN, ServeOptions(https_port=taken, ca_dir=tmp_path), 8)


def test_without_a_folder_of_the_users_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr("click.get_app_dir", lambda name: str(tmp_path / "file" / name))

    found = start_https(Emulator(), MAIN, ServeOptions(port=0), 8)
    assert "cannot be written" in found.why_not
    with pytest.raises(ServerError, match="cannot be written"):
        start_https(Emulator(), MAIN, ServeOptions(https_port=0), 8)
    assert start_https(Emulator(), MAIN, ServeOptions(no_https=True), 8).why_not == ""


@pytest.mark.parametrize(
    ("address", "host"), [("127.0.0.1", "localhost"), ("127.0.0.2", "127.0.0.2"), ("0.0.0.0", "localhost")]
)
def test_it_is_announced_by_a_name_that_its_certificate_has(address: str, host: str, tmp_path: Path) -> None:
    found = start_https(Emulator(), (address, 9), ServeOptions(port=0, ca_dir=tmp_path), 8)
    found.stop()

    assert found.url == f"https://{host}:{found.port}"
