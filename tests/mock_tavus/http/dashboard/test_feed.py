from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pytest

from mock_tavus.auth import account_id_for
from mock_tavus.http.dashboard.feed import MAX_ROWS, DashboardFeed, _remaining
from mock_tavus.messages import Replica, TrainingPlan
from tests.support import Api


class Rendered:
    """Stands for the templates: tells what it was asked to render."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, Mapping[str, Any]]] = []

    def __call__(self, section: str, row: Mapping[str, Any]) -> str:
        self.rows.append((section, row))
        return repr(sorted(row.items(), key=lambda item: item[0]))


def changed(board: DashboardFeed) -> dict[str, dict[str, Any]]:
    return {change["section"]: change for change in board.changes()}


def test_what_stays_is_not_told_again() -> None:
    api = Api()
    board = DashboardFeed(api.emulator, Rendered())
    first = api.created_id()
    assert set(changed(board)) == {"summary", "accounts", "replicas", "callbacks", "requests", "scenarios", "inboxes"}
    assert changed(board) == {}

    second = api.created_id()

    news = changed(board)
    assert set(news) == {"summary", "replicas", "requests"}
    account = account_id_for(b"test")
    assert news["replicas"]["order"] == [f"{account}-{second}", f"{account}-{first}"]
    assert list(news["replicas"]["rows"]) == [f"{account}-{second}"]


def test_time_changes_a_replica() -> None:
    api = Api(training_time=10)
    board = DashboardFeed(api.emulator, Rendered())
    api.created_id()
    changed(board)

    api.clock.advance(5)

    (html,) = changed(board)["replicas"]["rows"].values()
    assert "('progress', 50)" in html
    assert "5 s left" in html


def test_what_has_gone_is_told() -> None:
    api = Api()
    board = DashboardFeed(api.emulator, Rendered())
    replica_id = api.created_id()
    changed(board)

    api.call("deleteReplica", replica_id)

    assert changed(board)["replicas"] == {"section": "replicas", "order": [], "rows": {}}


def test_a_request_is_rendered_once_and_masked() -> None:
    api = Api()
    rendered = Rendered()
    board = DashboardFeed(api.emulator, rendered)
    api.create(key="s3cret-key")
    changed(board)
    api.create(key="s3cret-key")
    changed(board)

    requests = [row for section, row in rendered.rows if section == "requests"]
    assert [row["id"] for row in requests] == ["req_000001", "req_000002"]
    assert "s3cret-key" not in repr(requests)


def test_the_latest_are_shown() -> None:
    api = Api()
    for _ in range(MAX_ROWS + 5):
        api.created_id(callback_url="http://127.0.0.1:9000/")
    rows = DashboardFeed(api.emulator, Rendered()).rows()

    assert {section: len(rows[section]) for section in ("replicas", "callbacks", "requests")} == {
        "replicas": MAX_ROWS,
        "callbacks": MAX_ROWS,
        "requests": MAX_ROWS,
    }
    assert next(iter(rows["requests"])) == f"req_{MAX_ROWS + 5:06d}"


def test_an_account_that_is_not_known_is_offered_all_the_same() -> None:
    rows = DashboardFeed(Api().emulator, Rendered(), "acct_000000000000").rows()

    assert list(rows["accounts"]) == ["account-", "account-acct_000000000000"]
    assert list(rows["summary"]) == ["summary-clock", "summary-trainings"]


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (-1, ""),
        (0.2, "1 s left"),
        (59, "59 s left"),
        (61, "1 min left"),
        (4 * 3600 + 300, "4 h 5 min left"),
        (math.inf, "stuck for ever"),
    ],
)
def test_how_long_a_training_goes_on(left: float, words: str) -> None:
    assert _remaining(Replica("r1", "acct_1", "", TrainingPlan(0, 100 + left)), 100) == words
