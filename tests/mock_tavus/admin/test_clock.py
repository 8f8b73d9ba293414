from __future__ import annotations

from mock_tavus.clock import TestClock
from tests.mock_tavus.admin.conftest import AdminApi


def test_an_account_jumps_alone(api: AdminApi) -> None:
    mine, other = api.created_id(), api.created_id(key="other")

    answer = api.control("POST", "/__admin/clock/advance", {"by": "4h"}, key="test")

    assert answer["accounts"] == [{"account": api.account(), "now": "2026-01-01T04:00:00.000Z", "frozen": False}]
    assert api.get(mine)["status"] == "completed"
    assert api.get(other, key="other")["status"] == "started"
    assert api.control("GET", "/__admin/clock", key="test")["now"] == "2026-01-01T04:00:00.000Z"
    assert api.control("GET", "/__admin/clock")["now"] == "2026-01-01T00:00:00.000Z"


def test_all_accounts_jump_only_if_it_is_said(api: AdminApi) -> None:
    ids = {key: api.created_id(key=key) for key in ("one", "two")}

    assert "?all=true" in api.control("POST", "/__admin/clock/advance", {"by": "4h"}, status=400)["message"]
    api.control("POST", "/__admin/clock/advance?all=true", {"by": "4h"})

    assert {api.get(replica_id, key=key)["status"] for key, replica_id in ids.items()} == {"completed"}


def test_a_frozen_clock_stands_until_it_is_moved_or_resumed(api: AdminApi) -> None:
    replica_id = api.created_id()
    assert isinstance(api.clock, TestClock)

    assert api.control("POST", "/__admin/clock/freeze", key="test")["accounts"][0]["frozen"] is True
    api.clock.advance(1000)
    assert api.get(replica_id)["training_progress"] == "0/100"
    api.control("POST", "/__admin/clock/advance", {"by": "1s"}, key="test")
    assert api.get(replica_id)["training_progress"] == "50/100"
    assert api.control("POST", "/__admin/clock/resume", key="test")["accounts"][0]["frozen"] is False
    api.clock.advance(1)
    assert api.get(replica_id)["training_progress"] == "100/100"


def test_a_jump_beyond_all_dates_is_refused(api: AdminApi) -> None:
    message = api.control("POST", "/__admin/clock/advance", {"by": "99999d"}, status=400, key="test")["message"]

    assert "at most ten years" in message


def test_no_clock_leaves_the_calendar(api: AdminApi) -> None:
    api.create()
    account = api.emulator.accounts.open(api.account())
    account.advance(6900 * 365 * 86400)
    message = api.control("POST", "/__admin/clock/advance", {"by": "3650d"}, key="test")["accounts"][0]["now"]
    while message < "8990":
        message = api.control("POST", "/__admin/clock/advance", {"by": "3650d"}, key="test")["accounts"][0]["now"]

    refused = api.control("POST", "/__admin/clock/advance", {"by": "3650d"}, status=400, key="test")
    assert "beyond the year 9000" in refused["message"]
    assert api.create().status_code == 200
    assert api.call("listReplicas").status_code == 200


def test_asking_makes_no_account(api: AdminApi) -> None:
    api.control("GET", "/__admin/clock?account=acct_000000000000000000000000")
    api.control("GET", "/__admin/replicas?account=acct_000000000000000000000000")

    assert api.control("GET", "/__admin/health")["accounts"] == 0
