"""What a running emulator tells, in lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mock_tavus.terminal import plain, without_secrets


def moments(answer: Any) -> Iterator[str]:
    """Yield where each account's clock is, from the answer of `/__admin/clock/…`.

    Args:
        answer: What the server said.
    """
    for account in answer["accounts"]:
        yield f"{account['account']}  {account['now']}{'  (stopped)' if account['frozen'] else ''}"


def request_lines(request: Any) -> Iterator[str]:
    """Yield a line for one request of the journal, and one for each thing that is worth saying of it.

    Args:
        request: The request.
    """
    status, body = request["response"]["status"], request["response"]["body"]
    text = body.get("replica_id") or body.get("error") or body.get("message") or "" if isinstance(body, dict) else ""
    path = plain(request["path"] + (f"?{request['query']}" if request["query"] else ""))
    decided = f"  (scenario {request['scenario']})" if request["scenario"] else ""
    yield plain(f"{request['at'][11:]}  {status}  {plain(request['method']):<6}  {path:<36}  {text}{decided}")
    for violation in request["violations"]:
        yield plain(f"    {violation['message']}: {violation['fix']}  ({violation['contract']})")
    for remark in [*request["hints"], *request["warnings"]]:
        yield plain(f"    {remark}")


def callback_line(callback: Any) -> str:
    """Return the line of one callback, with its id, which `mock-tavus replay` takes.

    Args:
        callback: The callback, as the server shows it.
    """
    last = callback["attempts"][-1] if callback["attempts"] else {}
    why = last.get("error") or callback["note"] or ""
    body = callback["body"] if isinstance(callback["body"], dict) else {}  # a scenario may have it say anything
    what = f"{callback['replica_id']} {body.get('status', '')}"
    target = without_secrets(callback["target_url"] or callback["url"])
    return plain(
        f"{callback['due_at'][11:]}  {callback['state']:<9}  {what:<18}  {target}  {callback['id']}  {why}"
    ).rstrip()


def replica_line(replica: Any) -> str:
    """Return the line of one replica.

    Args:
        replica: The replica, with its plan.
    """
    return plain(f"{replica['replica_id']}  {replica['status']}  {replica['error_message'] or ''}").rstrip()


def scenario_line(scenario: Any) -> str:
    """Return the line of one armed scenario.

    Args:
        scenario: The scenario.
    """
    outcome = ", ".join(f"{name}={value}" for name, value in scenario["outcome"].items())
    times = "any number of" if scenario["times"] is None else scenario["times"]
    operation = scenario["match"]["operation"] or "any operation"
    return plain(f"{scenario['id']}  {outcome}  for {times} requests of {scenario['account'] or 'all'}, {operation}")
