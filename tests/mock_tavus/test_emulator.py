from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from mock_tavus import Config, ContractError, DeliveryState, TestClock
from mock_tavus.contract.document import bundled_contract, read_document
from mock_tavus.emulator import Emulator
from mock_tavus.http.flask_app import create_app
from mock_tavus.messages import ApiRequest
from tests.support import Api, Receiver, wait_until


def edited(tmp_path: Path, edit: Callable[[dict[str, Any]], object], **settings: Any) -> Config:
    document = read_document(bundled_contract())
    edit(document)
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(document, sort_keys=False))
    return Config(openapi=path, **settings)


def test_a_bad_key_is_told_before_anything_else(api: Api) -> None:
    answers = [
        api.create({"train_video_url": 1}, key=None),
        api.create_raw(b"x" * 2_000_000),
        api.client.put("/v2/replicas"),
        api.client.get("/v2/replicas?limit=x"),
        api.call("getReplica", "unknown", key="invalid-key"),
        api.create(key=""),
    ]
    answers[1] = api.client.post("/v2/replicas", data=b"x" * 2_000_000)

    assert {(answer.status_code, answer.get_json()["message"]) for answer in answers} == {(401, "Invalid access token")}


def test_only_given_keys_are_accepted() -> None:
    api = Api(api_keys=("one", "two"))

    assert [api.create(key=key).status_code for key in ("one", "two", "three", "ONE", "one ", "")] == [
        200,
        200,
        401,
        401,
        200,  # HTTP takes the white space around a header's value for its own
        401,
    ]


@pytest.mark.parametrize(
    ("method", "path", "status", "body"),
    [
        ("GET", "/", 404, {"message": "Not found"}),
        ("POST", "/v2/replica", 404, {"message": "Not found"}),
        ("POST", "/v2/replicas/", 404, {"message": "Not found"}),
        ("POST", "//v2/replicas", 404, {"message": "Not found"}),
        ("PUT", "/v2/replicas", 405, {"message": "Method not allowed"}),
        ("OPTIONS", "/v2/replicas", 405, {"message": "Method not allowed"}),
        ("POST", "/v2/replicas/r1", 405, {"message": "Method not allowed"}),
        ("SEARCH", "/v2/replicas/r1/name", 405, {"message": "Method not allowed"}),
    ],
)
def test_what_the_contract_does_not_have(api: Api, method: str, path: str, status: int, body: dict[str, str]) -> None:
    response = api.client.open(path, method=method, headers={"x-api-key": "k"})

    assert (response.status_code, response.get_json()) == (status, body)
    assert response.headers["content-type"] == "application/json"
    assert ("allow" in response.headers) == (status == 405)


def test_a_body_over_the_limit_is_a_413() -> None:
    api = Api(max_body_bytes=100)
    body = b'{"train_video_url": "https://a.example/' + b"x" * 59 + b'"}'

    assert len(body) == 100
    assert api.create_raw(body).status_code == 200
    assert api.create_raw(body + b" ").status_code == 413
    assert api.emulator.stores.resources.count() == 1


def test_every_request_is_journaled_whatever_its_answer(api: Api) -> None:
    api.create(key="secret-canary")
    api.create(key=None)
    api.client.get("/nowhere")
    api.create(train_video_url="x", callback_url=1)

    entries = api.emulator.journal.entries()

    assert [entry.response.status for entry in entries] == [200, 401, 404, 400]
    assert [entry.account_id is None for entry in entries] == [False, True, True, False]
    assert [violation.field for violation in entries[3].violations] == ["train_video_url", "callback_url"]
    assert "secret-canary" not in repr(entries)


def test_a_fault_of_the_emulator_is_a_500_without_a_traceback(
    api: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(api.emulator.stores.resources, "add", fail)
    response = api.client.post(
        "/v2/replicas", json={"train_video_url": "https://a.example/b"}, headers={"x-api-key": "secret-canary"}
    )

    assert (response.status_code, response.get_json()) == (500, {"message": "Internal server error"})
    assert "a bug" in caplog.text
    assert "secret-canary" not in caplog.text


def test_an_operation_without_a_module_is_answered_from_its_examples(tmp_path: Path) -> None:
    def edit(document: dict[str, Any]) -> None:
        document["paths"]["/v2/videos/{video_id}"] = {
            "post": {
                "operationId": "generateVideo",
                "parameters": [
                    {"name": "video_id", "in": "path", "required": True, "schema": {"type": "string"}},
                    {"name": "fast", "in": "query", "schema": {"type": "boolean"}},
                ],
                "requestBody": {
                    "content": {"application/json": {"schema": {"type": "object", "required": ["script"]}}}
                },
                "responses": {
                    "201": {
                        "description": "",
                        "content": {"application/json": {"example": {"video_id": "v1", "status": "queued"}}},
                    }
                },
            }
        }

    client = Api(edited(tmp_path, edit)).client
    headers = {"x-api-key": "k"}

    good = client.post("/v2/videos/v1?fast=true", json={"script": "hello"}, headers=headers)
    no_body = client.post("/v2/videos/v1", headers=headers)
    bad_body = client.post("/v2/videos/v1", json={}, headers=headers)
    bad_query = client.post("/v2/videos/v1?fast=x", headers=headers)

    assert (good.status_code, good.get_json()) == (201, {"video_id": "v1", "status": "queued"})
    assert no_body.status_code == 201
    assert (bad_body.status_code, bad_body.get_json()) == (400, {"error": "Invalid script"})
    assert (bad_query.status_code, bad_query.get_json()) == (400, {"error": "Invalid fast"})
    assert client.post("/v2/videos/v1").status_code == 401


def test_a_module_without_an_operation_fails_the_start(tmp_path: Path) -> None:
    def edit(document: dict[str, Any]) -> None:
        document["paths"]["/v2/replicas"]["post"]["operationId"] = "makeReplica"

    with pytest.raises(ContractError) as caught:
        Emulator(edited(tmp_path, edit))

    message = str(caught.value)
    assert "mine.yaml: no operation has the operationId 'createReplica'" in message
    assert "mock_tavus/families/replicas/create.py answers" in message


def test_security_is_the_contracts(tmp_path: Path) -> None:
    def edit(document: dict[str, Any]) -> None:
        document["components"]["securitySchemes"]["apiKey"] = {"type": "http", "scheme": "bearer"}
        document["paths"]["/v2/replicas"]["get"]["security"] = []

    client = Api(edited(tmp_path, edit)).client

    assert client.get("/v2/replicas").status_code == 200
    assert client.get("/v2/replicas/r1", headers={"x-api-key": "k"}).status_code == 401
    assert client.get("/v2/replicas/r1", headers={"authorization": "Bearer k"}).status_code == 400


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "array"},
        {"type": "object", "properties": {"train_video_url": {"type": "array"}, "callback_url": {"type": "integer"}}},
        {},
    ],
)
def test_no_edit_of_the_body_makes_the_emulator_fail(tmp_path: Path, schema: dict[str, Any]) -> None:
    def edit(document: dict[str, Any]) -> None:
        document["components"]["schemas"]["CreateReplicaRequest"] = schema

    client = Api(edited(tmp_path, edit)).client

    for body in ([1], {"train_video_url": [], "callback_url": 3}, {}):
        response = client.post("/v2/replicas", json=body, headers={"x-api-key": "k"})
        assert response.status_code in (200, 400)


def test_old_replicas_are_forgotten_so_that_a_load_test_never_stops() -> None:
    api = Api(max_replicas=5)
    for _ in range(20):
        api.created_id()
        api.clock.advance(1)

    assert api.emulator.stores.resources.count() == 5
    assert api.emulator.stores.resources.forgotten_count == 15


def test_a_callback_is_sent_once_its_answer_has_been_written() -> None:
    clock = TestClock()
    emulator = Emulator(Config(callback_grace=0), clock)
    emulator.start()
    body = b'{"train_video_url": "https://a.example/b", "callback_url": "http://127.0.0.1:9/"}'
    headers = {"x-api-key": "k", "content-type": "application/json"}
    exchanged = emulator.pipeline.exchange(ApiRequest("POST", "/v2/replicas", headers, body))

    clock.advance(1000, timeout=0)
    assert [delivery.state for delivery in emulator.stores.deliveries.find()] == [DeliveryState.PLANNED]
    exchanged.close()
    wait_until(lambda: emulator.stores.deliveries.find()[0].state.is_final)
    emulator.stop()


def test_the_emulator_calls_back_over_http_and_tells_its_listeners() -> None:
    clock = TestClock()
    emulator = Emulator(Config(callback_grace=0), clock)
    ended: list[str] = []
    emulator.deliveries.on_ended(lambda delivery: ended.append(delivery.replica_id))
    emulator.start()
    with Receiver() as receiver:
        body = f'{{"train_video_url": "https://a.example/b", "callback_url": "{receiver.url}/hook"}}'.encode()
        headers = {"x-api-key": "k", "content-type": "application/json"}
        with emulator.pipeline.exchange(ApiRequest("POST", "/v2/replicas", headers, body)) as response:
            assert response.status == 200
        clock.advance(2)
        receiver.wait_for(1)
        wait_until(lambda: ended)
    emulator.stop()


def test_path_parameters_may_have_any_name(tmp_path: Path) -> None:
    def edit(document: dict[str, Any]) -> None:
        for suffix in ("", "/name"):
            item = document["paths"].pop(f"/v2/replicas/{{replica_id}}{suffix}")
            item["parameters"] = [
                {"name": "replica-id.x", "in": "path", "required": True, "schema": {"type": "string"}}
            ]
            document["paths"][f"/v2/replicas/{{replica-id.x}}{suffix}"] = item

    client = Api(edited(tmp_path, edit)).client
    headers = {"x-api-key": "k"}
    created = client.post("/v2/replicas", json={"train_video_url": "https://a.example/b"}, headers=headers).get_json()
    url = f"/v2/replicas/{created['replica_id']}"

    assert client.get(url, headers=headers).get_json()["replica_id"] == created["replica_id"]
    assert client.patch(f"{url}/name", json={"replica_name": "x"}, headers=headers).status_code == 200
    assert client.delete(url, headers=headers).status_code == 200


def test_other_types_of_list_parameters_are_taken(tmp_path: Path) -> None:
    def edit(document: dict[str, Any]) -> None:
        for parameter in document["paths"]["/v2/replicas"]["get"]["parameters"]:
            if parameter.get("name") == "replica_ids":
                parameter["schema"] = {"type": "array", "items": {"type": "string"}}
            elif parameter.get("name") in ("limit", "page"):
                parameter["schema"] = {"type": "number"}

    client = Api(edited(tmp_path, edit)).client

    for query in ("replica_ids=a&replica_ids=b", "limit=1.5&page=2.5", "limit=-3&page=-1"):
        assert client.get(f"/v2/replicas?{query}", headers={"x-api-key": "k"}).status_code == 200


def test_a_browser_is_told_that_pages_of_this_machine_may_call(api: Api) -> None:
    origin = {"origin": "http://localhost:5173"}
    asked = {**origin, "access-control-request-method": "POST", "access-control-request-headers": "x-api-key"}
    preflight = api.client.options("/v2/replicas", headers=asked)
    refused = api.client.post("/v2/replicas", headers=origin)
    created = api.create(key="k")

    assert (preflight.status_code, preflight.data) == (204, b"")
    assert preflight.headers["access-control-allow-methods"] == "POST, GET"
    assert refused.status_code == 401
    assert refused.headers["access-control-allow-origin"] == "http://localhost:5173"
    assert "access-control-allow-origin" not in created.headers


def test_pages_of_other_machines_have_no_effect_and_admin_is_for_none(api: Api) -> None:
    evil = {"origin": "https://evil.example", "access-control-request-method": "POST", "x-api-key": "k"}

    assert api.client.options("/v2/replicas", headers=evil).status_code == 403
    answer = api.client.post("/v2/replicas", json={"train_video_url": "https://a.example/b"}, headers=evil)
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers
    assert api.emulator.stores.resources.count() == 0
    near = {"origin": "http://localhost:5173", "access-control-request-method": "POST"}
    for path in ("/__admin/health", "/__inbox/a"):
        assert not [
            name for name, _ in api.client.options(path, headers=near).headers if "access-control" in name.lower()
        ]


def test_an_exchange_tells_which_step_decided(api: Api) -> None:
    api.client.get("/nowhere")
    api.create(key=None)
    api.client.put("/v2/replicas", headers={"x-api-key": "k"})
    api.create(train_video_url=1)
    api.create()
    api.client.post("/v2/replicas", headers={"x-api-key": "k", "x-mock-tavus-scenario": "status=503"})
    api.client.post("/v2/replicas", headers={"x-api-key": "k", "x-mock-tavus-scenario": "nonsense"})
    api.client.get("/v2/replicas", headers={"origin": "https://evil.example"})

    steps = [(entry.step.value, entry.scenario_id) for entry in api.emulator.journal.entries()]

    assert steps == [
        ("path", None),
        ("key", None),
        ("method", None),
        ("contract", None),
        ("operation", None),
        ("scenario", "header"),
        ("scenario", None),
        ("origin", None),
    ]


def test_the_words_of_the_api_come_from_the_contract(tmp_path: Path) -> None:
    def edit(document: dict[str, Any]) -> None:
        unauthorized = document["components"]["responses"]["Unauthorized"]["content"]["application/json"]
        unauthorized["examples"] = {"it": {"value": {"error": {"code": "no_key"}}}}
        bad = document["paths"]["/v2/replicas"]["post"]["responses"]["400"]["content"]["application/json"]
        bad["x-mock-tavus-template"] = {"detail": "{field} is wrong"}
        create = document["paths"]["/v2/replicas"]["post"]
        (ended,) = create["callbacks"].values()
        ended["{$request.body#/notify}"] = ended.pop("{$request.body#/callback_url}")
        examples = ended["{$request.body#/notify}"]["post"]["requestBody"]["content"]["application/json"]["examples"]
        examples["ready"]["value"] = {"replica_id": "r", "state": "done"}

    config = edited(tmp_path, edit)
    emulator = Emulator(config, TestClock())
    client = create_app(emulator).test_client()
    body = {
        "train_video_url": "https://a.example/b",
        "notify": "http://127.0.0.1:9/",
        "callback_url": "http://127.0.0.1:8/",
    }

    assert client.post("/v2/replicas").get_json() == {"error": {"code": "no_key"}}
    headers = {"x-api-key": "k"}
    assert client.post("/v2/replicas", json={}, headers=headers).get_json() == {"detail": "train_video_url is wrong"}
    created = client.post("/v2/replicas", json=body, headers=headers).get_json()
    (delivery,) = emulator.stores.deliveries.find()
    assert (delivery.url, delivery.body) == (
        "http://127.0.0.1:9/",
        {"replica_id": created["replica_id"], "state": "done"},
    )
