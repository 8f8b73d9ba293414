from __future__ import annotations

import pytest

from mock_tavus.training_errors import TRAINING_ERRORS
from tests.mock_tavus.admin.conftest import AdminApi


def test_a_training_can_be_completed_at_once(api: AdminApi) -> None:
    replica_id = api.created_id(callback_url="http://127.0.0.1:9/hook")

    answer = api.control("POST", f"/__admin/replicas/{replica_id}/complete")

    assert answer["replica"]["status"] == "completed"
    assert [callback["body"]["status"] for callback in answer["callbacks"]] == ["ready"]
    assert api.get(replica_id)["status"] == "completed"


@pytest.mark.parametrize("cause", ["video_fps", "poor_lighting"])
def test_a_training_can_be_failed_for_a_cause(api: AdminApi, cause: str) -> None:
    replica_id = api.created_id(callback_url="http://127.0.0.1:9/hook")

    answer = api.control("POST", f"/__admin/replicas/{replica_id}/fail", {"cause": cause})

    assert answer["callbacks"][0]["body"] == {
        "replica_id": replica_id,
        "status": "error",
        "error_message": TRAINING_ERRORS[cause],
    }
    assert api.get(replica_id)["error_message"] == TRAINING_ERRORS[cause]
    states = {one["id"]: one["state"] for one in api.control("GET", "/__admin/callbacks")["callbacks"]}
    assert states == {f"cb_{replica_id}": "cancelled", f"cb_{replica_id}_forced": "planned"}


def test_the_message_can_be_given(api: AdminApi) -> None:
    replica_id = api.created_id()
    api.control("POST", f"/__admin/replicas/{replica_id}/fail", {"cause": "video_fps", "message": "too slow"})

    assert api.get(replica_id)["error_message"] == "too slow"


def test_what_cannot_be_forced(api: AdminApi) -> None:
    replica_id = api.created_id()
    url = f"/__admin/replicas/{replica_id}"

    assert "documented ones are" in api.control("POST", f"{url}/fail", {"cause": "fps"}, status=400)["message"]
    assert "no replica" in api.control("POST", f"{url}/complete", status=404, key="other")["message"]
    api.control("POST", f"{url}/complete")
    assert "has ended already" in api.control("POST", f"{url}/complete", status=409)["message"]


def test_replicas_of_all_accounts_can_be_seen(api: AdminApi) -> None:
    mine, other = api.created_id(), api.created_id(key="other")

    answer = api.control("GET", "/__admin/replicas")

    assert {replica["replica_id"] for replica in answer["replicas"]} == {mine, other}
    assert answer["total_count"] == 2
    assert [one["replica_id"] for one in api.control("GET", "/__admin/replicas", key="other")["replicas"]] == [other]
