from __future__ import annotations

import pytest

from mock_tavus import DeliveryState
from tests.support import Api


@pytest.mark.parametrize("query", [{}, {"hard": "true"}])
def test_a_deleted_replica_is_gone_for_every_operation(api: Api, query: dict[str, str]) -> None:
    replica_id = api.created_id()

    assert api.call("deleteReplica", replica_id, query_string=query).get_json() == {}
    assert api.call("getReplica", replica_id).get_json() == {"error": "Invalid replica_id"}
    assert api.call("deleteReplica", replica_id).get_json() == {"error": "Invalid replica_id"}
    assert api.call("renameReplica", replica_id, json={"replica_name": "x"}).get_json() == {
        "error": "Invalid replica_id"
    }
    assert api.call("listReplicas").get_json()["total_count"] == 0


def test_one_deleted_in_training_calls_nobody_back(api: Api) -> None:
    replica_id = api.created_id(callback_url="http://127.0.0.1:9000/")
    api.call("deleteReplica", replica_id)

    assert [delivery.state for delivery in api.emulator.stores.deliveries.find()] == [DeliveryState.CANCELLED]


def test_another_account_cannot_delete_it(api: Api) -> None:
    replica_id = api.created_id(key="one")

    assert api.call("deleteReplica", replica_id, key="other").status_code == 400
    assert api.get(replica_id, key="one")["replica_id"] == replica_id
