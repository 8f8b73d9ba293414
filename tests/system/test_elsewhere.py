"""Containers, GitHub Actions, and test suites of other languages: what of them can run without their engines."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from tests.support import wait_until
from tests.system.conftest import REPOSITORY

PROGRAMS = str(Path(sys.executable).parent)


def read(name: str) -> Any:
    return yaml.safe_load((REPOSITORY / name).read_text("utf-8"))


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PATH": f"{PROGRAMS}:{os.environ['PATH']}", **more}


def test_the_image_runs_as_a_user_without_rights_and_tells_its_health() -> None:
    lines = (REPOSITORY / "docker" / "Dockerfile").read_text("utf-8").splitlines()
    instructions = [line.split(maxsplit=1) for line in lines if line and line[0].isupper()]

    assert [rest for name, rest in instructions if name == "USER"] == ["tavus"]
    assert dict(instructions)["HEALTHCHECK"].endswith('CMD ["mock-tavus", "health"]')
    assert dict(instructions)["ENTRYPOINT"] == '["entrypoint.sh"]'
    copied = [rest.split()[0] for name, rest in instructions if name == "COPY" and not rest.startswith("--from")]
    assert all((REPOSITORY / path).exists() for path in copied)


def test_in_the_composition_the_emulator_is_the_vendors_host() -> None:
    services = read("docker/compose.yaml")["services"]

    assert services["tavus"]["networks"]["default"]["aliases"] == ["tavusapi.com"]
    assert services["tavus"]["ports"] == ["127.0.0.1:4010:4010"]
    assert services["app"]["volumes"] == ["certificates:/certificates:ro"]
    for path in services["app"]["environment"].values():
        assert path in ("/certificates/bundle.pem", "/certificates/ca.pem")


def test_the_entry_point_gives_certificates_away_and_never_the_key(tmp_path: Path) -> None:
    certificates = tmp_path / "certificates"
    certificates.mkdir()
    command = [
        str(REPOSITORY / "docker" / "entrypoint.sh"),
        "serve",
        "--port",
        "0",
        "--https-port",
        "0",
        "--ready-file",
    ]
    process = subprocess.Popen(
        [*command, "ready.json"],
        cwd=tmp_path,
        env=environment(CERTIFICATES=str(certificates), MOCK_TAVUS_CA_DIR=str(tmp_path / "ca")),
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_until((tmp_path / "ready.json").exists)
        url = json.loads((tmp_path / "ready.json").read_text())["https"]
        bundle = str(certificates / "bundle.pem")
        assert requests.get(f"{url}/v2/replicas", headers={"x-api-key": "k"}, verify=bundle, timeout=20).ok
    finally:
        process.terminate()
        process.wait(20)

    assert sorted(path.name for path in certificates.iterdir()) == ["bundle.pem", "ca.pem"]
    assert not any("PRIVATE KEY" in path.read_text() for path in certificates.iterdir())


@pytest.mark.deep
def test_the_entry_point_does_without_a_volume(tmp_path: Path) -> None:
    done = subprocess.run(
        [REPOSITORY / "docker" / "entrypoint.sh", "--version"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment(CERTIFICATES=str(tmp_path / "nowhere")),
        timeout=60,
        check=False,
    )
    assert done.stdout.startswith("mock-tavus ")


@pytest.fixture
def step(tmp_path: Path) -> Iterator[Callable[..., dict[str, str]]]:
    """Return a function that runs the last step of an action, and gives its outputs."""

    def run(action: str, **inputs: str) -> dict[str, str]:
        last = read(action)["runs"]["steps"][-1]
        given = {
            name: re.sub(r"\$\{\{ inputs\.([a-z-]+) \}\}", lambda found: inputs.get(found[1], ""), value)
            for name, value in last["env"].items()
        }
        outputs = tmp_path / "outputs"
        outputs.touch()
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", last["run"]],
            capture_output=True,
            text=True,
            cwd=REPOSITORY,
            env=environment(
                **given,
                GITHUB_OUTPUT=str(outputs),
                GITHUB_STEP_SUMMARY=str(tmp_path / "summary"),
                RUNNER_TEMP=str(tmp_path),
            ),
            timeout=120,
            check=False,
        )
        found = dict(line.partition("=")[::2] for line in outputs.read_text().splitlines())
        return {**found, "code": str(done.returncode), "said": done.stdout + done.stderr}

    yield run
    subprocess.run(
        [sys.executable, "-m", "mock_tavus", "stop", "--pid-file", tmp_path / "mock-tavus.json"], timeout=60, check=True
    )


def test_the_action_starts_a_server_and_says_where(step: Callable[..., dict[str, str]]) -> None:
    arguments = "--training-time 0 --seed 1"
    found = step("action.yml", port="0", **{"https-port": "0"}, arguments=arguments)

    assert found["code"] == "0", found["said"]
    for url in (found["url"], found["https-url"]):
        answer = requests.get(f"{url}/v2/replicas", headers={"x-api-key": "k"}, verify=found["bundle"], timeout=20)
        assert answer.json() == {"data": [], "total_count": 0}
    assert Path(found["certificate"]).read_text().startswith("-----BEGIN CERTIFICATE")
    assert set(read("action.yml")["outputs"]) == {"url", "https-url", "certificate", "bundle"}


@pytest.mark.deep
def test_the_second_action_judges_a_client_and_writes_a_summary(
    step: Callable[..., dict[str, str]], tmp_path: Path
) -> None:
    arguments = "--only SEC-01 --no-database"
    found = step("conform/action.yml", client="examples.clients.broken_client:create_replica", arguments=arguments)

    assert found["code"] == "1", found["said"]
    assert "SEC-01" in (tmp_path / "summary").read_text()
    assert "::error" in found["said"]


SUITES = {
    "node": (["node", "--test", "examples/node/"], "# pass 3"),
    "ruby": (["ruby", "examples/ruby/replica_test.rb"], "3 runs, 7 assertions, 0 failures, 0 errors"),
    "java": (["java", "-ea", "examples/java/ReplicaTest.java"], "2 tests passed"),
}


@pytest.mark.parametrize("name", [pytest.param(one, marks=pytest.mark.deep) for one in SUITES])
def test_the_suites_of_other_languages_pass(name: str, need: Callable[[str], str]) -> None:
    command, words = SUITES[name]
    need(command[0])
    run = [sys.executable, "-m", "mock_tavus", "run", "--training-time", "4h", "--set", "TAVUS_BASE_URL", "--"]
    done = subprocess.run([*run, *command], capture_output=True, text=True, cwd=REPOSITORY, timeout=120, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert words in done.stdout
    assert "Unsupported upgrade" not in done.stderr


@pytest.mark.deep
def test_the_suite_fails_where_the_code_is_wrong(need: Callable[[str], str], tmp_path: Path) -> None:
    need("node")
    for name in ("replica.mjs", "replica.test.mjs"):
        text = (REPOSITORY / "examples" / "node" / name).read_text()
        (tmp_path / name).write_text(text.replace("attempt < 3", "attempt < 0"))
    run = [sys.executable, "-m", "mock_tavus", "run", "--training-time", "4h", "--set", "TAVUS_BASE_URL", "--"]
    done = subprocess.run(
        [*run, "node", "--test", "."], capture_output=True, text=True, cwd=tmp_path, timeout=120, check=False
    )

    assert done.returncode == 1
    assert "# fail 1" in done.stdout
