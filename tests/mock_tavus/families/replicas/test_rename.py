from __future__ import annotations

from typing import Any

import pytest

from tests.support import Api


def test_a_new_name_changes_the_replica_and_its_date(api: Api) -> None:
    replica_id = api.created_id(replica_name="Rio")
    api.clock.advance(10)

    response = api.call("renameReplica", replica_id, json={"replica_name": "Río 😀"})
    replica = api.get(replica_id)

    assert (response.status_code, response.get_json()) == (200, {})
    assert (replica["replica_name"], replica["updated_at"]) == ("Río 😀", "2026-01-01T00:00:10.000Z")


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, "Invalid replica_name"),
        ({"replica_name": None}, "Invalid replica_name"),
        ({"replica_name": 3}, "Invalid replica_name"),
        ([], "Invalid request body"),
    ],
)
def test_a_wrong_body_changes_nothing(api: Api, body: Any, error: str) -> None:
    replica_id = api.created_id(replica_name="Rio")

    response = api.call("renameReplica", replica_id, json=body)

    assert (response.status_code, response.get_json()) == (400, {"error": error})
    assert api.get(replica_id)["replica_name"] == "Rio"


def test_an_unknown_id_is_a_400(api: Api) -> None:
    response = api.call("renameReplica", "r0", json={"replica_name": "x"})

    assert (response.status_code, response.get_json()) == (400, {"error": "Invalid replica_id"})
