"""Who may call the control plane, and from where."""

from __future__ import annotations

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.support import Api

RESET = "/__admin/reset?all=true"


def test_health(api: Api) -> None:
    api.created_id(callback_url="http://127.0.0.1:9000/")

    assert api.client.get("/__admin/health").get_json() == {
        "status": "ok",
        "replicas": 1,
        "replicas_forgotten": 0,
        "callbacks_pending": 1,
        "accounts": 1,
        "accounts_forgotten": 0,
        "receivers_without_thread": 0,
        "threads_refused": 0,
        "faults": 0,
    }


def test_the_contract_is_served_with_the_local_servers_address(api: Api) -> None:
    document = api.client.get("/__admin/openapi.json", base_url="http://127.0.0.1:4010").get_json()

    assert document["servers"] == [{"url": "http://127.0.0.1:4010", "description": "This emulator."}]
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []
    assert next(iter(document)) == "openapi"


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:4010",
        "127.0.0.1:4010",
        "[::1]:4010",
        "192.168.1.7",
        "mock-tavus:4010",
        "app.test",
        "a.localhost",
    ],
)
def test_this_machine_by_any_name_may_change_state(api: Api, host: str) -> None:
    assert api.client.post(RESET, headers={"host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:4010", "localhost.evil.example"])
def test_a_name_that_a_stranger_could_point_here_may_not_even_read(api: Api, host: str) -> None:
    response = api.client.post(RESET, headers={"host": host})

    assert response.status_code == 403
    assert "--admin-host" in response.get_json()["message"]
    assert api.client.get("/__admin/requests", headers={"host": host}).status_code == 403


def test_a_name_can_be_allowed() -> None:
    api = Api(control_hosts=("Mock.example",))

    assert api.client.post(RESET, headers={"host": "mock.example:4010"}).status_code == 200


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1:4011", "http://localhost:4010", "ftp://127.0.0.1:4010"]
)
def test_a_page_of_another_origin_may_not(api: Api, origin: str) -> None:
    response = api.client.post(RESET, headers={"host": "127.0.0.1:4010", "origin": origin})

    assert (response.status_code, response.get_json()) == (403, {"message": "sent by a page of another origin"})


def test_our_own_page_may(api: Api) -> None:
    headers = {"host": "127.0.0.1:4010", "origin": "http://127.0.0.1:4010"}

    assert api.client.post(RESET, headers=headers).status_code == 200


def test_our_own_page_may_come_through_a_proxy_that_speaks_https(api: Api) -> None:
    headers = {"host": "mock.test", "origin": "https://mock.test"}

    assert api.client.post(RESET, headers=headers).status_code == 200


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", None])
def test_what_a_form_can_send_may_not(api: Api, content_type: str | None) -> None:
    response = api.client.post("/__admin/clock/advance?all=true", data=b'{"by": "1h"}', content_type=content_type)

    assert response.status_code == 415


def test_no_answer_may_be_read_by_another_origin(api: Api) -> None:
    response = api.client.get("/__admin/requests", headers={"origin": "https://evil.example"})

    assert not [name for name, _ in response.headers if name.lower().startswith("access-control")]


def test_a_token_is_asked_for_if_there_is_one() -> None:
    api = Api(admin_token="s3cret")

    for headers in ({}, {"authorization": "Bearer wrong"}, {"authorization": "s3cret"}):
        for path in ("/__admin/health", "/__admin/requests", "/__inbox/a"):
            assert api.client.get(path, headers=headers).status_code == 401
    headers = {"authorization": "Bearer s3cret"}
    assert api.client.get("/__admin/requests", headers=headers).status_code == 200
    assert api.client.post(RESET, headers=headers).status_code == 200
    assert api.create().status_code == 200
    assert api.client.post("/__inbox/a", json={}).status_code == 204
