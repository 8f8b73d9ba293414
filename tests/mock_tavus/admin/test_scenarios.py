"""Scenarios, armed over HTTP or asked for by a request, and what becomes of the requests."""

from __future__ import annotations

from typing import Any

import pytest

from mock_tavus.training_errors import TRAINING_ERRORS
from tests.mock_tavus.admin.conftest import AdminApi

VIDEO = {"train_video_url": "https://a.example/me.mp4"}


def arm(api: AdminApi, key: str | None = "test", status: int = 200, **settings: Any) -> Any:
    return api.control("POST", "/__admin/scenarios", settings, status=status, key=key)


def create(api: AdminApi, **headers: str) -> Any:
    sent = {"x-api-key": "test", **{name.replace("_", "-"): value for name, value in headers.items()}}
    body = {**VIDEO, "callback_url": "http://127.0.0.1:9/hook"}
    return api.client.post("/v2/replicas", json=body, headers=sent)


def test_the_next_create_fails_and_no_other(api: AdminApi) -> None:
    arm(api, times=1, outcome={"training_error": "video_fps"})
    failing, fine = api.created_id(), api.created_id()
    api.clock.advance(10)

    assert api.get(failing)["error_message"] == TRAINING_ERRORS["video_fps"]
    assert api.get(fine)["status"] == "completed"


def test_a_scenario_is_its_accounts_own(api: AdminApi) -> None:
    arm(api, outcome={"status": 503})

    assert create(api).status_code == 503
    assert api.create(key="other").status_code == 200
    arm(api, key=None, outcome={"status": 502})
    assert api.client.post("/v2/replicas", json=VIDEO, headers={"x-api-key": "other"}).status_code == 502


def test_a_forced_answer_does_nothing(api: AdminApi) -> None:
    response = create(api, prefer="code=401")

    assert (response.status_code, response.get_json()) == (401, {"message": "Invalid access token"})
    assert api.emulator.stores.resources.count() == 0
    response = create(api, x_mock_tavus_scenario="status=429; retry-after=30")
    assert (response.status_code, response.headers["retry-after"]) == (429, "30")


def test_a_wrong_key_comes_before_every_scenario(api: AdminApi) -> None:
    arm(api, key=None, outcome={"status": 200})

    assert api.create(key="invalid").status_code == 401


@pytest.mark.parametrize("fault", ["empty", "truncated", "malformed", "html", "wrong-content-type"])
def test_a_spoiled_answer_hides_a_training_that_was_bought(api: AdminApi, fault: str) -> None:
    response = create(api, x_mock_tavus_scenario=f"fault={fault}")

    assert response.status_code == 200
    assert api.control("GET", "/__admin/ledger")["trainings"] == 1


def test_a_stuck_training_never_ends(api: AdminApi) -> None:
    replica_id = create(api, x_mock_tavus_scenario="training-time=stuck").get_json()["replica_id"]
    api.control("POST", "/__admin/clock/advance", {"by": "3650d"}, key="test")

    assert api.get(replica_id)["status"] == "started"
    assert api.control("GET", "/__admin/replicas")["replicas"][0]["ends_at"] is None
    assert api.control("GET", "/__admin/callbacks")["callbacks"] == []


@pytest.mark.parametrize(
    ("directive", "due"),
    [
        ("callback=never", []),
        ("callback=twice", ["2026-01-01T00:00:02.000Z"] * 2),
        ("callback=out-of-order", ["2026-01-01T00:00:02.000Z"] * 2),
        ("callback-delay=1h", ["2026-01-01T01:00:02.000Z"]),
        ("training-time=1m", ["2026-01-01T00:01:00.000Z"]),
    ],
)
def test_callbacks_never_twice_late(api: AdminApi, directive: str, due: list[str]) -> None:
    create(api, x_mock_tavus_scenario=directive)

    assert [callback["due_at"] for callback in api.control("GET", "/__admin/callbacks")["callbacks"]] == due


@pytest.mark.parametrize(
    ("directive", "statuses"),
    [
        ("callback=out-of-order", ["ready", "error"]),
        ("callback=out-of-order; training-error=video_fps", ["error", "ready"]),
    ],
)
def test_a_callback_can_overtake_one_that_says_the_opposite(api: AdminApi, directive: str, statuses: list[str]) -> None:
    create(api, x_mock_tavus_scenario=directive)

    assert [delivery.body["status"] for delivery in api.emulator.stores.deliveries.find()] == statuses


def test_a_callback_can_say_something_else(api: AdminApi) -> None:
    arm(api, outcome={"callback_body": {"status": "done"}, "callback_retries": 2})
    create(api)

    assert api.control("GET", "/__admin/callbacks")["callbacks"][0]["body"] == {"status": "done"}
    assert api.emulator.stores.deliveries.find()[0].retries == 2


def test_a_callback_can_come_before_the_answer(api: AdminApi) -> None:
    api.emulator.start()
    response = create(api, x_mock_tavus_scenario="callback=before-answer")
    (callback,) = api.control("GET", "/__admin/callbacks")["callbacks"]
    api.emulator.stop()

    assert response.status_code == 200
    assert callback["state"] == "failed"  # nobody listens there; but it was tried before there was an answer
    assert len(callback["attempts"]) == 1


def test_an_answer_can_take_its_time(api: AdminApi) -> None:
    before = api.clock.monotonic()
    create(api, x_mock_tavus_scenario="delay=50ms..100ms")

    assert api.clock.monotonic() - before >= 0.05


def test_a_header_that_cannot_be_read_is_told(api: AdminApi) -> None:
    response = create(api, x_mock_tavus_scenario="training-error=fps")

    assert response.status_code == 400
    assert response.get_json()["message"].startswith("training-error: expected one of download_link")


def test_what_is_armed_can_be_seen_and_forgotten(api: AdminApi) -> None:
    armed = arm(api, match={"operation": "createReplica", "body": {"replica_name": "Rio"}}, outcome={"delay": "1s"})

    assert armed == {
        "id": "sc_000001",
        "account": api.account(),
        "match": {"operation": "createReplica", "body": {"replica_name": "Rio"}},
        "times": None,
        "probability": 1.0,
        "outcome": {"delay": "1s..1s"},
    }
    assert api.control("GET", "/__admin/scenarios")["scenarios"] == [armed]
    assert api.control("DELETE", "/__admin/scenarios/sc_000001") == {"disarmed": 1}
    api.control("DELETE", "/__admin/scenarios/sc_000001", status=404)
    arm(api, outcome={"training_time": "stuck"})
    assert api.control("DELETE", "/__admin/scenarios", key="test") == {"disarmed": 1}


def test_reset_disarms(api: AdminApi) -> None:
    arm(api, outcome={"status": 503})
    arm(api, key=None, outcome={"status": 502})
    api.control("POST", "/__admin/reset", key="test")
    assert create(api).status_code == 502
    api.control("POST", "/__admin/reset?all=true")
    assert create(api).status_code == 200


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"outcome": {}},
        {"outcome": {"status": 99}},
        {"outcome": {"colour": "red"}},
        {"outcome": {"status": 500}, "times": 0},
        {"outcome": {"status": 500}, "probability": 2},
        {"outcome": {"status": 500}, "mtach": {}},
    ],
)
def test_a_mistake_is_told(api: AdminApi, settings: dict[str, Any]) -> None:
    assert arm(api, status=400, **settings)["message"]


def test_trainings_can_be_limited() -> None:
    api = AdminApi(max_trainings=2)
    statuses = [api.create().status_code for _ in range(3)]

    assert statuses == [200, 200, 402]
    assert api.create().get_json() == {"message": "Out of replica trainings"}
    assert api.create(key="other").status_code == 200
    assert api.control("GET", "/__admin/ledger", key="test")["trainings"] == 2


def test_the_media_are_there(api: AdminApi) -> None:
    response = api.client.get("/__media/video_fps.mp4")

    assert (response.status_code, response.headers["content-type"]) == (200, "video/mp4")
    assert response.data[4:8] == b"ftyp"
