"""A run, in this process: what of it needs no program of its own."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from mock_tavus import Config, ServerError
from mock_tavus.launch import session
from mock_tavus.launch.embedded import OwnEmulator
from mock_tavus.launch.session import RunOptions, _Interrupted, _Signals, run

CREATE = """
import json, urllib.request
request = urllib.request.Request(
    "https://tavusapi.com/v2/replicas", json.dumps({"train_video_url": "https://a.example/b.mp4"}).encode(),
    {"x-api-key": "k", "content-type": "application/json"})
urllib.request.urlopen(request, timeout=20).read()
"""


def test_a_command_is_run_and_told_of(capfd: pytest.CaptureFixture[str]) -> None:
    with OwnEmulator(Config()) as emulated:
        code = run(emulated, [sys.executable, "-c", CREATE], RunOptions(only_vendor=True), os.environ)

    assert code == 0
    assert "mock-tavus: 1 request, 1 training that would have been bought" in capfd.readouterr().err


def test_a_command_that_a_signal_ends_has_its_number(capfd: pytest.CaptureFixture[str]) -> None:
    with OwnEmulator(Config()) as emulated:
        options = RunOptions(only_vendor=True, base_url_variable="BASE", fails_on_unused=True)
        assert run(emulated, ["sh", "-c", "kill -KILL $$"], options, os.environ) == 128 + signal.SIGKILL
        assert run(emulated, ["sh", "-c", 'test -n "$BASE"'], options, os.environ) == 1
    assert "NO REQUEST" in capfd.readouterr().err


def test_a_signal_before_there_is_a_command_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any) -> Any:
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(session, "_tunnels", interrupted)
    before = signal.getsignal(signal.SIGTERM)
    with OwnEmulator(Config()) as emulated:
        assert run(emulated, ["true"], RunOptions(), os.environ) == 128 + signal.SIGTERM
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_signal_while_the_command_starts_reaches_it() -> None:
    signals = _Signals()
    with pytest.raises(_Interrupted):
        signals._handle(signal.SIGTERM, None)
    signals._is_starting = True
    signals._handle(signal.SIGTERM, None)

    assert signals.wait_for(["sleep", "60"], os.environ) == 128 + signal.SIGTERM
    signals._handle(signal.SIGTERM, None)  # it has ended: nobody is there any more


def test_ctrl_c_of_a_terminal_is_not_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[int] = []
    signals = _Signals()
    signals._process = type(
        "Process", (), {"returncode": None, "send_signal": lambda self, number: sent.append(number)}
    )()
    for has_terminal in (True, False):
        monkeypatch.setattr(session, "_has_terminal", lambda has=has_terminal: has)
        signals._handle(signal.SIGINT, None)
    assert sent == [signal.SIGINT]


def test_without_a_terminal_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "open", lambda *_: (_ for _ in ()).throw(OSError()))
    assert not session._has_terminal()


def test_without_a_hosts_file_there_is_none_for_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "_HOSTS", tmp_path / "missing")
    assert session._hosts_file(tmp_path, "127.84.1.1") == ""


def test_the_hosts_file_of_a_run_has_the_vendors_host_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "before").write_text(
        "127.0.0.1 localhost # mine\n203.0.113.9 TAVUSAPI.com. other\n203.0.113.8 tavusapi.com\n"
    )
    monkeypatch.setattr(session, "_HOSTS", tmp_path / "before")

    text = Path(session._hosts_file(tmp_path, "127.84.1.1")).read_text()

    assert text.splitlines() == [
        "127.84.1.1 tavusapi.com tavusapi.com.",
        "::ffff:127.84.1.1 tavusapi.com tavusapi.com.",
        "127.0.0.1 localhost # mine",
        "203.0.113.9 other",
    ]


@pytest.mark.parametrize("failures", [1, 2])
def test_where_port_443_cannot_be_had_a_free_one_is_enough(failures: int) -> None:
    class Door:
        def __init__(self) -> None:
            self.asked: list[int] = []

        def start(self, *addresses: tuple[str, int]) -> list[tuple[str, int]]:
            self.asked.append(len(addresses))
            if len(self.asked) <= failures:
                raise PermissionError(13, "Permission denied")
            return [("127.0.0.1", 4443)]

    door: Any = Door()
    if failures == 2:
        with pytest.raises(ServerError, match=r"no port can be had on 127\.0\.0\.1: Permission denied"):
            session._start(door)
    else:
        assert session._start(door)[0] == 4443
    assert door.asked == [2, 1]
