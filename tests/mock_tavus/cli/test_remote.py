"""The commands for a running emulator, against one in this process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner

from mock_tavus import Config, MockServer
from mock_tavus.auth import account_id_for
from mock_tavus.cli.commands import main


@pytest.fixture
def server() -> Iterator[MockServer]:
    with MockServer(Config(training_time=3600, seed=1)) as server:
        yield server


def create(server: MockServer, key: str = "k", **fields: Any) -> str:
    body = {"train_video_url": "https://a.example/me.mp4", **fields}
    response = requests.post(f"{server.base_url}/v2/replicas", json=body, headers={"x-api-key": key}, timeout=10)
    return str(response.json().get("replica_id"))


def run(server: MockServer, *arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(main, [*arguments, "--url", server.base_url], catch_exceptions=False)
    assert result.exit_code == code, result.output
    return str(result.output)


def test_advance_moves_all_and_shows_the_callbacks(server: MockServer) -> None:
    replica_id = create(server, callback_url=f"{server.base_url}/__inbox/a?secret=canary")
    create(server, "other")

    output = run(server, "advance", "4h")

    assert account_id_for(b"k") in output
    assert account_id_for(b"other") in output
    assert f"delivered  {replica_id} ready" in output
    assert "canary" not in output


def test_one_account_can_be_named(server: MockServer) -> None:
    create(server)
    create(server, "other")

    output = run(server, "advance", "4h", "--account", account_id_for(b"k"))

    assert account_id_for(b"other") not in output


def test_requests_are_shown_with_what_was_wrong(server: MockServer) -> None:
    create(server)
    create(server, train_video_url="x", extra="1")
    requests.get(f"{server.base_url}/v2/replica", timeout=10)

    lines = run(server, "requests").splitlines()

    assert "200  POST    /v2/replicas" in lines[0]
    assert "400  POST    /v2/replicas" in lines[1]
    assert "send an absolute http or https URL" in lines[2]
    assert "tavus.yaml:" in lines[2]
    assert "did you mean /v2/replicas?" in lines[-1]
    assert len(run(server, "requests", "--limit", "1").splitlines()) == 2


def test_callbacks_are_shown_with_how_they_went(server: MockServer) -> None:
    create(server, callback_url="https://yourwebsite.com/hook")
    run(server, "advance", "2h")

    output = run(server, "callbacks")

    assert "held back" in output
    assert "--allow-callback-host yourwebsite.com" in output


@pytest.mark.parametrize("command", [["complete"], ["fail", "--cause", "video_fps"]])
def test_a_training_is_ended(server: MockServer, command: list[str]) -> None:
    replica_id = create(server)

    output = run(server, command[0], replica_id, *command[1:])

    assert output.split()[:2] == [replica_id, "completed" if command == ["complete"] else "error"]
    assert "has ended already" in run(server, command[0], replica_id, *command[1:], code=2)


def test_reset(server: MockServer) -> None:
    create(server)

    assert run(server, "reset", "--journal") == f"reset: {account_id_for(b'k')}\n"
    assert run(server, "reset") == "reset: there was nothing\n"
    assert run(server, "requests") == ""


def test_everything_can_be_had_as_json(server: MockServer) -> None:
    create(server)

    assert json.loads(run(server, "requests", "--json"))["requests"][0]["operation"] == "createReplica"
    assert json.loads(run(server, "callbacks", "--json")) == {"callbacks": []}
    assert json.loads(run(server, "reset", "--json"))["reset"] == [account_id_for(b"k")]


def test_the_token_is_sent() -> None:
    with MockServer(Config(admin_token="s3cret")) as server:
        assert "--admin-token" in run(server, "requests", code=2)
        assert run(server, "requests", "--admin-token", "s3cret") == ""


def test_a_server_that_is_not_there_is_told_in_one_line(tmp_path: Path) -> None:
    with MockServer() as server:
        gone = server.base_url
    result = CliRunner().invoke(main, ["requests", "--url", gone], catch_exceptions=False)

    assert result.exit_code == 2
    assert result.output == (
        f"Error: nothing answers at {gone}; start it with mock-tavus serve, or name another with --url\n"
    )


def test_a_callback_can_be_sent_again_by_the_id_that_is_shown(server: MockServer) -> None:
    create(server, callback_url=f"{server.base_url}/__inbox/again")
    shown = run(server, "advance", "2h", "--key", "k")
    callback_id = next(word for word in shown.split() if word.startswith("cb_"))

    assert f"{callback_id}_replay1" in run(server, "replay", callback_id)
    assert len(server.account("k").inbox("again").wait(2)) == 2


def test_callbacks_that_say_anything_are_shown_without_their_secrets(server: MockServer) -> None:
    server.account("k").next(callback_body=["not", "an object"])
    create(server, callback_url="http://user:canary@127.0.0.1:9/hook?secret=canary")

    output = run(server, "callbacks")

    assert "canary" not in output
    assert "http://127.0.0.1:9/hook" in output


def test_time_can_be_stopped_and_goes_on(server: MockServer) -> None:
    create(server)

    assert "(stopped)" in run(server, "freeze", "--key", "k")
    assert "(stopped)" not in run(server, "resume")


def test_scenarios_are_armed_and_cleared(server: MockServer) -> None:
    shown = run(server, "arm", "status=503", "retry-after=30", "--times", "2", "--key", "k")

    assert "status=503" in shown
    assert "for 2 requests of acct_" in shown
    assert create(server) == "None"
    assert "forgotten: 1" in run(server, "clear")
    assert create(server) != "None"
    assert "expected NAME=VALUE" in run(server, "arm", "nonsense", code=2)
    assert "unknown outcome" in run(server, "arm", "colour=red", code=2)


def test_the_contract_is_printed(server: MockServer) -> None:
    assert "operationId: createReplica" in run(server, "contract")
    assert json.loads(run(server, "contract", "--json"))["openapi"].startswith("3.1")


def test_an_account_is_named_once(server: MockServer) -> None:
    assert "give one of them" in run(server, "freeze", "--key", "k", "--account", account_id_for(b"k"), code=2)
