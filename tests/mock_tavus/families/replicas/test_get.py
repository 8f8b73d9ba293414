from __future__ import annotations

import pytest

from mock_tavus.training_errors import TRAINING_ERRORS
from tests.support import Api


def test_a_replica_goes_from_started_to_completed(api: Api) -> None:
    replica_id = api.created_id(replica_name="Rio")
    seen = []
    for _ in range(3):
        replica = api.get(replica_id)
        seen.append((replica["status"], replica["training_progress"], replica["updated_at"]))
        api.clock.advance(1.0)

    assert seen == [
        ("started", "0/100", "2026-01-01T00:00:00.000Z"),
        ("started", "50/100", "2026-01-01T00:00:00.000Z"),
        ("completed", "100/100", "2026-01-01T00:00:02.000Z"),
    ]
    assert api.get(replica_id) == {
        "replica_id": replica_id,
        "replica_name": "Rio",
        "thumbnail_video_url": f"https://mock-tavus.test/thumbnails/{replica_id}.mp4",
        "training_progress": "100/100",
        "status": "completed",
        "created_at": "2026-01-01T00:00:00.000Z",
        "updated_at": "2026-01-01T00:00:02.000Z",
        "error_message": None,
    }


@pytest.mark.parametrize("cause", TRAINING_ERRORS)
def test_a_training_fails_for_each_cause(api: Api, cause: str) -> None:
    replica_id = api.created_id(train_video_url=f"https://a.example/{cause}.mp4")
    assert api.get(replica_id)["error_message"] is None
    api.clock.advance(2)
    replica = api.get(replica_id)

    assert (replica["status"], replica["error_message"]) == ("error", TRAINING_ERRORS[cause])
    assert replica["training_progress"] == "99/100"


def test_reading_changes_nothing(api: Api) -> None:
    replica_id = api.created_id()

    assert api.get(replica_id) == api.get(replica_id)


def test_the_type_is_only_told_when_asked_for(api: Api) -> None:
    replica_id = api.created_id()

    assert "replica_type" not in api.get(replica_id)
    assert api.get(replica_id, verbose="true")["replica_type"] == "user"


def test_an_unknown_id_is_a_400(api: Api) -> None:
    response = api.call("getReplica", "r000000000")

    assert (response.status_code, response.get_json()) == (400, {"error": "Invalid replica_id"})


def test_other_accounts_do_not_see_it(api: Api) -> None:
    replica_id = api.created_id(key="one")

    assert api.call("getReplica", replica_id, key="other").status_code == 400
