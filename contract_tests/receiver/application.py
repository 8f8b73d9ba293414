"""What the kit may do to the application behind a receiver: ask for a state, tell of a create, start it anew."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shlex
import signal
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import IO, Any

from contract_tests.failures import KitError
from contract_tests.receiver.observation import State

_COMMAND_SECONDS = 20.0
_STARTS_WITHIN = 30.0
_ENDS_WITHIN = 5.0
_PRINTED_BYTES = 4096
_WORDS: Mapping[str, str] = {
    **dict.fromkeys(("pending", "started", "training", "created", "queued"), "pending"),
    **dict.fromkeys(("ready", "completed", "done"), "ready"),
    **dict.fromkeys(("error", "failed"), "error"),
}


@dataclass(frozen=True, slots=True)
class Hooks:
    """What the user has given; each a command, or a URL.

    Args:
        state: What tells the state of a replica; a URL ends with `=` or `/`.
        created: The hook that learns of the response to a create.
        fail_next: What has the next callback of a replica fail.
        start: The command that starts the application.
        restart: The command that starts it anew.
        state_words: From `pending`, `ready` and `error` to what the application calls them.
    """

    state: str | None = None
    created: str | None = None
    fail_next: str | None = None
    start: str | None = None
    restart: str | None = None
    state_words: Mapping[str, str] = field(default_factory=dict)


def read_state_words(text: str | None) -> dict[str, str]:
    """Return what an application calls states.

    Args:
        text: Such as `ready=done,error=failed`; None for nothing.

    Raises:
        KitError: It is of another form.
    """
    words = {}
    for pair in (text or "").split(",") if text else []:
        name, equals, word = pair.partition("=")
        if name.strip() not in ("pending", "ready", "error") or not equals or not word.strip():
            raise KitError(f"--state-words: expected words such as ready=done,error=failed, received {text!r}")
        words[name.strip()] = word.strip()
    return words


class Application:
    """The application behind a receiver.

    Args:
        hooks: What the user has given.
        accepts: Tells whether the receiver's port accepts connections.
    """

    def __init__(self, hooks: Hooks, accepts: Callable[[], bool]) -> None:
        self.hooks = hooks
        self._accepts = accepts
        self._process: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] | None = None
        self._lock = threading.Lock()
        self._is_over = False
        self._words = {**_WORDS, **{word: name for name, word in hooks.state_words.items()}}

    def start(self) -> None:
        """Start the application, if a command was given, and wait until its port accepts.

        Raises:
            KitError: It does not start, or nobody listens.
        """
        if self.hooks.start is not None:
            if self._accepts():
                raise KitError("--start: somebody listens on the receiver's port already; end that first")
            self._run(self.hooks.start, "--start")
        elif not self._accepts():
            raise KitError("--receiver: nobody listens there; start the application, or name its command with --start")

    def must_run(self) -> None:
        """Start the application again if it has died, and was started by the kit.

        Raises:
            KitError: It cannot be, or nobody listens.
        """
        if self._accepts():
            return
        if self.hooks.start is None:
            raise KitError("nobody listens on the receiver's port any more")
        self.restart_by(self.hooks.start, "--start")

    def restart(self) -> None:
        """End what was started, and start it anew.

        Raises:
            KitError: It does not start.
        """
        self.restart_by(str(self.hooks.restart), "--restart")

    def restart_by(self, command: str, option: str) -> None:
        """End what was started, and start it anew.

        Args:
            command: The command.
            option: Which option has named it, for messages.
        """
        self.stop()
        self._run(command, option)

    def end(self) -> None:
        """End what was started for good: whoever is in the middle of a story does not start it again."""
        with self._lock:
            self._is_over = True
        self.stop()

    def stop(self) -> None:
        """End what was started, with all its processes."""
        with self._lock:
            process, self._process = self._process, None
        if process is None:
            return
        if self._log is not None:
            self._log.close()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_ENDS_WITHIN)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def printed(self) -> str:
        """Return the last lines that the application has printed, if the kit has started it."""
        if self._log is None or self._log.closed:
            return ""
        size = self._log.seek(0, os.SEEK_END)
        self._log.seek(max(0, size - _PRINTED_BYTES))
        return self._log.read().decode("utf-8", "replace").strip()

    def created(self, replica_id: str) -> None:
        """Tell the application that a create was answered.

        Args:
            replica_id: The id that the response had.
        """
        _tell(str(self.hooks.created), replica_id, "--created")

    def fail_next(self, replica_id: str) -> None:
        """Have the next callback of a replica fail.

        Args:
            replica_id: The replica.
        """
        _tell(str(self.hooks.fail_next), replica_id, "--fail-next")

    def state(self, replica_id: str) -> State:
        """Return what the application holds for a replica.

        Args:
            replica_id: The replica.

        Raises:
            KitError: It does not tell, or not in the form that is documented.
        """
        hook = str(self.hooks.state)
        if _is_url(hook):
            said = _get(f"{hook}{urllib.parse.quote(replica_id, safe='')}", "--receiver-state")
        else:
            said = _command([*_split(hook, "--receiver-state"), replica_id], "--receiver-state")
        try:
            value = json.loads(said) if said.strip() else None
        except ValueError as error:
            raise KitError(f"--receiver-state: expected JSON ({error}), received {said[:100]!r}") from error
        return self._read(value)

    def _read(self, value: Any) -> State:
        if value is None:
            return State()
        if not isinstance(value, dict) or "state" not in value:
            raise KitError(f"--receiver-state: expected an object with a state, or null, received {str(value)[:100]}")
        told, effects, message = value["state"], value.get("effects"), value.get("error_message")
        if told is None:
            return State(effects=effects)
        return State(
            self._words.get(str(told), "other"),
            told,
            effects if isinstance(effects, int) and not isinstance(effects, bool) else None,
            message if isinstance(message, str) else None,
        )

    def _run(self, command: str, option: str) -> None:
        words = _split(command, option)
        with self._lock:
            if self._is_over:
                raise KitError("the application has been ended")
            self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the application is ended
            try:
                process = self._process = subprocess.Popen(
                    words, stdin=subprocess.DEVNULL, stdout=self._log, stderr=subprocess.STDOUT, start_new_session=True
                )
            except OSError as error:
                raise KitError(f"{option}: {words[0]} cannot be started: {error.strerror}") from error
        deadline, pause = time.monotonic() + _STARTS_WITHIN, threading.Event()
        while not self._accepts():
            if process.poll() is not None:
                code, printed = process.returncode, self.printed()
                self.stop()
                raise KitError(f"{option}: the command ended with {code}, and nobody listens\n{printed}".rstrip())
            if time.monotonic() > deadline:
                raise KitError(f"{option}: nobody listens on the receiver's port after {_STARTS_WITHIN:g} s")
            pause.wait(0.02)


def _is_url(hook: str) -> bool:
    return hook.startswith(("http://", "https://"))


def _split(command: str, option: str) -> list[str]:
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise KitError(f"{option}: {error}, received {command!r}") from error
    if not words:
        raise KitError(f"{option}: expected a command, received nothing")
    return words


def _tell(hook: str, replica_id: str, option: str) -> None:
    if _is_url(hook):
        _get(hook, option, json.dumps({"replica_id": replica_id}).encode())
    else:
        _command([*_split(hook, option), replica_id], option)


def _get(url: str, option: str, body: bytes | None = None) -> str:
    """Return what a URL answers; `null` for a 404."""
    headers = {} if body is None else {"content-type": "application/json"}
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        request = urllib.request.Request(url, body, headers)  # noqa: S310 - the user has named it
        with opener.open(request, timeout=_COMMAND_SECONDS) as response:
            return str(response.read().decode("utf-8", "replace"))
    except urllib.error.HTTPError as error:
        if error.code == 404 and body is None:
            return "null"
        raise KitError(f"{option}: {url} answered {error.code}") from error
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise KitError(f"{option}: {url} does not answer: {error}") from error


def _command(words: list[str], option: str) -> str:
    """Return what a command prints, run without a shell, in a process group of its own."""
    try:
        process = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        raise KitError(f"{option}: {words[0]} cannot be started: {error.strerror}") from error
    try:
        said, printed = process.communicate(timeout=_COMMAND_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise KitError(f"{option}: {words[0]} did not end within {_COMMAND_SECONDS:g} s") from error
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    if process.returncode:
        lines = printed.decode("utf-8", "replace").strip().splitlines()
        raise KitError(f"{option}: {words[0]} ended with {process.returncode}: {lines[-1] if lines else ''}")
    return said.decode("utf-8", "replace")
