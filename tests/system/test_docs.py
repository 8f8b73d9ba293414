"""Every command and example in README and docs, run in the order in which it stands there.

Blocks of `sh` run in bash; what serves goes on in the background. A block of `json` or `text` below one is what it must
print; `text server` and `text receiver` are lines that the server or the receiver must have printed. Ids, moments and
ports may differ: an id in a page stands for the one that was really given.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import wait_until
from tests.system.conftest import REPOSITORY

PAGES = ["README.md", *sorted(str(path.relative_to(REPOSITORY)) for path in (REPOSITORY / "docs").glob("*.md"))]
SLOW_PAGES = tuple(
    f"docs/{name}.md"
    for name in ("callbacks", "configuration", "control", "conformance", "pytest", "python", "receivers", "unchanged")
)
"""Pages that make test-all runs; make test runs the others."""


COVERED_PAGES = ("docs/conformance.md", "docs/receivers.md")
"""Slow pages that reach what nothing else does."""


def _marked(page: str) -> Any:
    marks = [pytest.mark.deep] if page in SLOW_PAGES else []
    return pytest.param(page, marks=[*marks, *([pytest.mark.covered] if page in COVERED_PAGES else [])])


BLOCK = re.compile(r"^```(\w+)(?: (\w+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
REPLICA_ID = re.compile(r"\br[0-9a-f]{9}\b")
BACKGROUND = re.compile(r"(make serve|mock-tavus serve|mock-tavus listen|examples/receiver\.py)")
OUTER_MAKE = ("ARGS", "MAKEFLAGS", "MFLAGS", "MAKELEVEL")
"""A make that runs the tests must not hand its own arguments on to the one in a page."""

NOT_RUN_HERE = ["make test", "make lint", "pip install", "pipx run"]
"""A test cannot run all tests; CI runs these two as they stand. What is installed must not change under the tests."""


class Session:
    """A user's terminals, in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ids: dict[str, str] = {}
        self.ports = {port: free_port() for port in ("4010", "4011", "4443", "9000")}
        self.printed: dict[str, list[str]] = {"server": [], "receiver": [], "listener": []}
        self.background: list[tuple[str, subprocess.Popen[str], threading.Thread]] = []

    def run(self, command: str) -> str:
        """Run a block of sh, and return what it prints; nothing for one that serves."""
        command = self._with_real_values(command)
        if BACKGROUND.search(command):
            self._start(command)
            return ""
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command],
            capture_output=True,
            text=True,
            cwd=self.folder,
            env=self._environment(),
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout

    def expect(self, expected: str, printed: str) -> None:
        """Compare what a page shows with what was printed, and learn the ids."""
        for shown, real in zip(REPLICA_ID.findall(expected), REPLICA_ID.findall(printed), strict=True):
            self.ids.setdefault(shown, real)
        assert same(self._with_real_values(expected), printed)

    def expect_line(self, who: str, expected: str) -> None:
        """Wait for the line that a page shows, from the program in the background."""
        wanted = self._with_real_values(expected)
        lines = self.printed[who]
        wait_until(lambda: any(same(wanted, line) for line in list(lines)), instead=lambda: [wanted, *lines])

    def close(self) -> None:
        for _, process, reader in self.background:
            if process.poll() is None:
                os.killpg(process.pid, 15)
            process.wait(timeout=20)
            reader.join(timeout=20)
            assert process.stdout is not None
            process.stdout.close()

    def stop(self, who: str) -> None:
        """End what a page has started before, because it starts the same again."""
        for one, process, _ in self.background:
            if one == who and process.poll() is None:
                os.killpg(process.pid, 15)
                process.wait(timeout=20)

    def _start(self, command: str) -> None:
        who = "receiver" if "receiver.py" in command else "listener" if " listen " in command else "server"
        self.stop(who)
        if who == "receiver":
            command = f"{command.strip()} {self.ports['9000']}"
        process = subprocess.Popen(
            ["bash", "-c", command],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=self.folder,
            env=self._environment(),
            start_new_session=True,
        )
        lines = self.printed[who]
        lines.clear()

        def read() -> None:
            assert process.stdout is not None
            for line in process.stdout:
                lines.append(line)

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        self.background.append((who, process, reader))
        wait_until(
            lambda: any(line.startswith(("Listening", "Waiting", "forwarding")) for line in list(lines)),
            timeout=60,
            instead=lambda: [command, *lines],
        )

    def _environment(self) -> dict[str, str]:
        programs = Path(sys.executable).parent
        return {
            **{name: value for name, value in os.environ.items() if name not in OUTER_MAKE},
            "PATH": f"{programs}:{os.environ['PATH']}",
            "MOCK_TAVUS_PORT": self.ports["4010"],
            "MOCK_TAVUS_HTTPS_PORT": self.ports["4443"],
            "MOCK_TAVUS_URL": f"http://127.0.0.1:{self.ports['4010']}",
            "PYTHONUNBUFFERED": "1",
        }

    def _with_real_values(self, text: str) -> str:
        for shown, real in self.ports.items():
            text = re.sub(rf"(?<=127\.0\.0\.1:){shown}\b|(?<=--wire-port ){shown}\b", real, text)
        return REPLICA_ID.sub(lambda found: self.ids.get(found[0], found[0]), text)


def same(expected: str, printed: str) -> bool:
    """Return whether two texts are alike, but for moments and white space."""
    return comparable(expected) == comparable(printed)


def comparable(text: str) -> str:
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", "MOMENT", text)
    text = re.sub(r"\d\d:\d\d:\d\d\.\d{3}Z", "TIME", text)
    return " ".join(text.split())


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return str(listener.getsockname()[1])


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    for name in ("Makefile", "pyproject.toml", "examples"):
        (tmp_path / name).symlink_to(REPOSITORY / name)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    for program in ("mock-tavus", "python"):
        (tmp_path / ".venv" / "bin" / program).symlink_to(Path(sys.executable).with_name(program))
    for marker in ("runtime", "installed"):
        (tmp_path / ".venv" / marker).touch()
    session = Session(tmp_path)
    yield session
    session.close()


@pytest.mark.parametrize("page", [_marked(page) for page in PAGES])
def test_a_page_does_what_it_says(page: str, session: Session, need: Callable[[str], str]) -> None:
    for program in ("bash", "curl", "make"):
        need(program)
    printed = ""
    for language, who, text in BLOCK.findall((REPOSITORY / page).read_text("utf-8")):
        if language == "sh" and not any(command in text for command in NOT_RUN_HERE):
            printed = session.run(text)
        elif language in ("json", "text") and who:
            session.expect_line(who, text)
        elif language in ("json", "text"):
            session.expect(text, printed)
        elif language == "python":
            run_as_test(text, session.folder)
        elif language == "toml":
            (session.folder / "pyproject.toml").unlink()
            (session.folder / "pyproject.toml").write_text(text)
            session.run("mock-tavus serve")


def run_as_test(program: str, folder: Path) -> None:
    path = folder / "test_example.py"
    path.write_text(program)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(folder), str(path)],
        capture_output=True,
        text=True,
        cwd=folder,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_the_table_of_options_is_what_the_settings_say() -> None:
    from tools.options_table import PAGE, page_with

    page = PAGE.read_text("utf-8")

    assert page == page_with(page), "make options writes it anew"


def test_every_option_of_the_command_is_in_the_table() -> None:
    page = (REPOSITORY / "docs" / "configuration.md").read_text("utf-8")
    shown = subprocess.run(
        [str(Path(sys.executable).with_name("mock-tavus")), "serve", "--help"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout
    options = set(re.findall(r"^  (--[a-z-]+)", shown, re.MULTILINE)) - {"--help"}

    assert set(re.findall(r"^\| `(--[a-z-]+)", page, re.MULTILINE)) == options


def test_the_page_of_checks_is_as_the_checks_are() -> None:
    from tools.checks_table import page

    assert (REPOSITORY / "docs" / "checks.md").read_text("utf-8") == page(), "run: make checks"


def test_the_causes_are_all_there_with_their_messages() -> None:
    from mock_tavus.training_errors import TRAINING_ERRORS

    page = (REPOSITORY / "docs" / "fidelity.md").read_text("utf-8")

    assert dict(re.findall(r"^\| `(\w+)` \| ([A-Z].*\.) \|$", page, re.MULTILINE)) == TRAINING_ERRORS


def test_every_link_leads_somewhere() -> None:
    for page in [*PAGES, "CONTRIBUTING.md", "CHANGELOG.md", "benchmarks/README.md"]:
        path = REPOSITORY / page
        for link in re.findall(r"\]\(([^)#]+)[^)]*\)", path.read_text("utf-8")):
            assert link.startswith("https://") or (path.parent / link).exists(), f"{page}: {link}"
