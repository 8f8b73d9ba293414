from __future__ import annotations

import re
from typing import Any

import pytest

from mock_tavus import DeliveryState
from tests.support import SEED_PAGE_BODIES, Api


@pytest.mark.parametrize("body", SEED_PAGE_BODIES.values(), ids=SEED_PAGE_BODIES)
def test_the_reference_pages_requests_start_a_training(api: Api, body: dict[str, Any]) -> None:
    response = api.create(body)

    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert set(response.get_json()) == {"replica_id", "status"}
    assert re.fullmatch(r"r[0-9a-f]{9}", response.get_json()["replica_id"])
    assert response.get_json()["status"] == "started"


def test_the_reference_pages_errors(api: Api) -> None:
    refused = api.create({"train_video_url": "no url"})
    unauthorized = api.create(key="invalid")

    assert (refused.status_code, refused.get_json()) == (400, {"error": "Invalid train_video_url"})
    assert (unauthorized.status_code, unauthorized.get_json()) == (401, {"message": "Invalid access token"})


def test_ids_follow_from_the_seed_and_the_account() -> None:
    def ids(seed: int, keys: str) -> dict[str, list[str]]:
        api = Api(seed=seed)
        made: dict[str, list[str]] = {key: [] for key in keys}
        for key in keys:
            made[key].append(api.created_id(key=key))
        return made

    assert ids(1, "aabab") == ids(1, "bbaaa")
    assert ids(1, "a") != ids(2, "a")


def test_ids_can_have_more_digits() -> None:
    assert re.fullmatch(r"r[0-9a-f]{11}", Api(seed=1, replica_id_digits=11).created_id())


def test_the_callback_is_planned_for_the_end_of_the_training(api: Api) -> None:
    replica_id = api.created_id(callback_url="http://127.0.0.1:9000/hook?secret=1")

    (delivery,) = api.emulator.stores.deliveries.find()

    assert delivery.replica_id == replica_id
    assert delivery.url == "http://127.0.0.1:9000/hook?secret=1"
    assert delivery.due_at == api.clock.now() + 2.0
    assert delivery.state is DeliveryState.PLANNED


def test_an_empty_callback_url_means_none(api: Api) -> None:
    api.created_id(callback_url="")
    api.created_id()

    assert api.emulator.stores.deliveries.find() == []


def test_a_refused_create_does_nothing(api: Api) -> None:
    for response in (api.create(callback_url=1), api.create(key=None), api.create_raw(b"{")):
        assert response.status_code in (400, 401)

    assert api.emulator.stores.resources.count() == 0
    assert api.emulator.stores.deliveries.find() == []


def test_null_is_refused_unless_told_otherwise() -> None:
    assert Api().create(callback_url=None, replica_name=None).get_json() == {"error": "Invalid callback_url"}

    lenient = Api(accept_null=True)
    assert lenient.create(callback_url=None, replica_name=None, properties=None).status_code == 200
    assert lenient.create(train_video_url=None).get_json() == {"error": "Invalid train_video_url"}
    assert lenient.emulator.stores.deliveries.find() == []
