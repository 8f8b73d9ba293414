"""From options to `Config`; what is served with it is in tests/system."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from mock_tavus import Config, __version__
from mock_tavus.cli.commands import main
from mock_tavus.server.options import ServeOptions


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Return a function that runs the command line and gives what would be served."""
    served: list[tuple[Config, ServeOptions]] = []
    monkeypatch.setattr("mock_tavus.server.standalone.serve", lambda config, options: served.append((config, options)))
    monkeypatch.chdir(tmp_path)

    def invoke(*arguments: str, **environment: str) -> tuple[Config, ServeOptions]:
        result = CliRunner().invoke(main, ["serve", *arguments], env=environment, catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return served[-1]

    return invoke


def refused(*arguments: str, **environment: str) -> Result:
    result = CliRunner().invoke(main, list(arguments), env=environment, catch_exceptions=False)
    assert result.exit_code == 2
    assert "Traceback" not in result.output
    return result


def test_without_options_the_defaults_are_served(run: Any) -> None:
    assert run() == (Config(), ServeOptions())


def test_options_reach_the_config(run: Any, tmp_path: Path) -> None:
    messages = tmp_path / "messages.json"
    messages.write_text('{"video_fps": "too slow"}')

    config, options = run(
        *[
            "--host",
            "::1",
            "--port",
            "0",
            "--quiet",
            "--until-stdin-ends",
            "--ready-file",
            "r.json",
            "--api-key",
            "a",
            "--api-key",
            "b",
            "--seed",
            "7",
            "--replica-id-digits",
            "11",
        ],
        *[
            "--training-time",
            "4h",
            "--max-replicas",
            "5",
            "--accept-null",
            "--allow-callback-host",
            "x.com",
            "--callback-timeout",
            "1s",
        ],
        *["--callback-rewrite", "https://a.com=http://127.0.0.1:1", "--callback-retries", "3", "--journal-size", "9"],
        "--training-messages",
        str(messages),
    )

    assert options == ServeOptions("::1", 0, quiet=True, ready_file=Path("r.json"), until_stdin_ends=True)
    assert config == Config(
        api_keys=("a", "b"),
        seed=7,
        replica_id_digits=11,
        training_time=14400.0,
        training_messages={"video_fps": "too slow"},
        max_replicas=5,
        accept_null=True,
        allow_callback_hosts=("x.com",),
        callback_rewrites=(("https://a.com", "http://127.0.0.1:1"),),
        callback_timeout=1.0,
        callback_retries=3,
        journal_size=9,
    )


def test_the_environment_and_pyproject_count_in_their_order(run: Any, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[tool.mock-tavus]\ntraining-time = "1h"\nport = 1\nseed = 1\nquiet = true\napi-key = ["a", "b"]\n'
    )

    config, options = run("--port", "3", MOCK_TAVUS_PORT="2", MOCK_TAVUS_SEED="2")

    assert (options.port, options.quiet) == (3, True)
    assert (config.seed, config.training_time, config.api_keys) == (2, 3600.0, ("a", "b"))
    assert run(MOCK_TAVUS_API_KEY="x y")[0].api_keys == ("x", "y")


def test_version_and_help() -> None:
    runner = CliRunner()

    assert runner.invoke(main, ["--version"]).output == f"mock-tavus {__version__}\n"
    for arguments in (["--help"], ["-h"], ["serve", "--help"]):
        assert runner.invoke(main, arguments).exit_code == 0
    assert "Examples:" in runner.invoke(main, ["serve", "--help"]).output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["serve", "--training-time", "soon"], "expected a duration such as 250ms, 2s, 4h or 1h30m, received 'soon'"),
        (["serve", "--port", "70000"], "70000 is not in the range"),
        (["serve", "--callback-rewrite", "x"], "expected FROM=TO"),
        (["serve", "--max-replicas", "0"], "max-replicas: expected 1 or more, received 0"),
        (["serve", "--api-key", ""], "api-key: expected a key"),
        (["serve", "--training-messages", "nowhere.json"], "nowhere.json cannot be read"),
        (["serve", "--training-messages", "list.json"], "expected one JSON object in list.json"),
        (["serve", "--openapi", "nowhere.yaml", "--port", "0"], "nowhere.yaml: cannot be read"),
        (["serve", "--host", "no such host"], "--host: expected a name or address of this machine"),
        (["sevre"], "No such command"),
    ],
)
def test_a_users_mistake_is_told_in_words(
    arguments: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "list.json").write_text("[]")

    assert message in " ".join(refused(*arguments).output.split())


def test_a_mistake_in_pyproject_is_told_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text("[tool.mock-tavus]\nprot = 1\n")

    assert "did you mean 'port'?" in refused("serve").output
