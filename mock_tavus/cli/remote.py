"""The commands for a running emulator: `advance`, `requests`, `callbacks`, `complete`, `fail`, `reset`."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import click

from mock_tavus.cli.client import ControlClient
from mock_tavus.cli.options import OneLineErrorCommand, option
from mock_tavus.cli.types import DurationType
from mock_tavus.training_errors import TRAINING_ERRORS

_Command = TypeVar("_Command", bound=Callable[..., Any])
_POLL_SECONDS = 0.3


def _remote(command: _Command) -> _Command:
    """Add the options that say which server, and which account."""
    for add in (
        click.option("--json", "as_json", is_flag=True, help="Print the server's answer as it is."),
        option("--admin-token", "The server's --admin-token."),
        option("--account", "Only this account (acct_… and at least 12 of its digits). Default: all of them."),
        option("--url", "Where the server listens.", default="http://127.0.0.1:4010", show_default=True),
    ):
        command = add(command)
    return command


@click.command("advance", cls=OneLineErrorCommand)
@click.argument("by", type=DurationType())
@_remote
def advance(by: float, url: str, account: str | None, admin_token: str | None, as_json: bool) -> None:
    """Jump forward in time, by 4h, say, and send the callbacks that fall due."""
    answer = ControlClient(url, account, admin_token).change("/clock/advance", {"by": f"{by:f}s"})
    _print(answer, as_json, lambda: [*_moments(answer), *map(_callback_line, answer["callbacks"])])


@click.command("requests", cls=OneLineErrorCommand)
@option("--limit", "How many to show, the latest.", type=click.IntRange(1, 10_000), default=20, show_default=True)
@_remote
def requests_command(limit: int, url: str, account: str | None, admin_token: str | None, as_json: bool) -> None:
    """Show the latest requests, and what was wrong with them."""
    answer = ControlClient(url, account, admin_token).get("/requests", limit=limit)
    _print(answer, as_json, lambda: [line for request in answer["requests"] for line in _request_lines(request)])


@click.command("callbacks", cls=OneLineErrorCommand)
@click.option("--follow", is_flag=True, help="Go on, and show each as it ends, until Ctrl-C.")
@_remote
def callbacks(follow: bool, url: str, account: str | None, admin_token: str | None, as_json: bool) -> None:
    """Show the callbacks, and how they went."""
    client = ControlClient(url, account, admin_token)
    if follow:
        _follow(client, as_json)
        return
    answer = client.get("/callbacks")
    _print(answer, as_json, lambda: map(_callback_line, answer["callbacks"]))


@click.command("complete", cls=OneLineErrorCommand)
@click.argument("replica_id")
@_remote
def complete(replica_id: str, url: str, account: str | None, admin_token: str | None, as_json: bool) -> None:
    """End a training now, well, and send its callback."""
    answer = ControlClient(url, account, admin_token).change(f"/replicas/{replica_id}/complete")
    _print(answer, as_json, lambda: [_replica_line(answer["replica"])])


@click.command("fail", cls=OneLineErrorCommand)
@click.argument("replica_id")
@click.option("--cause", type=click.Choice(list(TRAINING_ERRORS)), required=True, help="Why it fails.")
@_remote
def fail(replica_id: str, cause: str, url: str, account: str | None, admin_token: str | None, as_json: bool) -> None:
    """End a training now, in error, and send its callback."""
    answer = ControlClient(url, account, admin_token).change(f"/replicas/{replica_id}/fail", {"cause": cause})
    _print(answer, as_json, lambda: [_replica_line(answer["replica"])])


@click.command("reset", cls=OneLineErrorCommand)
@click.option("--journal", is_flag=True, help="Also forget the requests.")
@_remote
def reset(journal: bool, url: str, account: str | None, admin_token: str | None, as_json: bool) -> None:
    """Forget replicas, callbacks and time."""
    answer = ControlClient(url, account, admin_token).change("/reset", {"journal": journal})
    _print(answer, as_json, lambda: [f"reset: {', '.join(answer['reset']) or 'there was nothing'}"])


COMMANDS = (advance, requests_command, callbacks, complete, fail, reset)


def _print(answer: Any, as_json: bool, lines: Callable[[], Any]) -> None:
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False, indent=2))
    else:
        for line in lines():
            click.echo(line)


def _follow(client: ControlClient, as_json: bool) -> None:
    known: dict[str, str] = {}
    pause = threading.Event()
    with contextlib.suppress(KeyboardInterrupt):  # Ctrl-C is how it is meant to end
        while True:
            _show_news(client, known, as_json)
            pause.wait(_POLL_SECONDS)


def _show_news(client: ControlClient, known: dict[str, str], as_json: bool) -> None:
    for callback in client.get("/callbacks")["callbacks"]:
        if known.get(callback["id"]) != callback["state"]:
            known[callback["id"]] = callback["state"]
            click.echo(json.dumps(callback, ensure_ascii=False) if as_json else _callback_line(callback))


def _moments(answer: Any) -> Iterator[str]:
    for account in answer["accounts"]:
        yield f"{account['account']}  {account['now']}{'  (stopped)' if account['frozen'] else ''}"


def _request_lines(request: Any) -> Iterator[str]:
    status, body = request["response"]["status"], request["response"]["body"]
    text = body.get("replica_id") or body.get("error") or body.get("message") or "" if isinstance(body, dict) else ""
    path = _plain(request["path"] + (f"?{request['query']}" if request["query"] else ""))
    yield _plain(f"{request['at'][11:]}  {status}  {_plain(request['method']):<6}  {path:<36}  {text}")
    for violation in request["violations"]:
        yield _plain(f"    {violation['message']}: {violation['fix']}  ({violation['contract']})")
    for remark in [*request["hints"], *request["warnings"]]:
        yield _plain(f"    {remark}")


def _callback_line(callback: Any) -> str:
    last = callback["attempts"][-1] if callback["attempts"] else {}
    why = last.get("error") or callback["note"] or ""
    target = callback["target_url"] or callback["url"]
    what = f"{callback['replica_id']} {callback['body'].get('status', '')}"
    return _plain(
        f"{callback['due_at'][11:]}  {callback['state']:<9}  {what:<18}  {target.partition('?')[0]}  {why}"
    ).rstrip()


def _replica_line(replica: Any) -> str:
    return _plain(f"{replica['replica_id']}  {replica['status']}  {replica['error_message'] or ''}").rstrip()


def _plain(text: str) -> str:
    """Return a text that cannot move the cursor."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
