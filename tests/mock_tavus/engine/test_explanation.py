from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mock_tavus.contract import bundled_contract
from tests.mock_tavus.admin.conftest import AdminApi

CONTRACT = bundled_contract().read_text().splitlines()


@pytest.fixture
def api() -> AdminApi:
    return AdminApi()


def explained(api: AdminApi, response: Any) -> dict[str, Any]:
    """Follow the header of a refusal to its explanation."""
    return dict(api.control("GET", response.headers["X-Mock-Tavus-Explain"]))


def line_of(violation: dict[str, str]) -> str:
    path, _, number = violation["contract"].rpartition(":")
    assert Path(path) == bundled_contract()
    return CONTRACT[int(number) - 1].strip()


def test_the_vendors_answer_stays_exact_and_the_header_leads_to_the_rest(api: AdminApi) -> None:
    response = api.create({"train_video_url": "x", "properties": {"gaze_correction": "yes"}, "callback_url": 3})

    assert response.get_json() == {"error": "Invalid train_video_url"}
    explanation = explained(api, response)
    assert explanation["verdict"] == "refused"
    assert [violation["pointer"] for violation in explanation["violations"]] == [
        "/train_video_url",
        "/callback_url",
        "/properties/gaze_correction",
    ]
    first, second, third = explanation["violations"]
    assert first["expected"] == "an absolute http or https URL"
    assert first["received"] == '"x"'
    assert first["fix"] == "send an absolute http or https URL"
    assert line_of(first).startswith("pattern:")
    assert (second["expected"], second["received"], line_of(second)) == ("a string", "3", "type: string")
    assert (third["expected"], third["received"], line_of(third)) == ("a boolean", '"yes"', "type: boolean")


def test_an_accepted_request_has_no_such_header(api: AdminApi) -> None:
    assert "X-Mock-Tavus-Explain" not in api.create().headers


def test_a_missing_field_is_to_be_added(api: AdminApi) -> None:
    (violation,) = explained(api, api.create({}))["violations"]

    assert violation["fix"] == 'add "train_video_url" to the body, an absolute http or https URL'
    assert violation["received"] == ""
    assert line_of(violation) == "required: [train_video_url]"


@pytest.mark.parametrize(
    ("body", "content_type", "message", "line"),
    [
        (b"{", "application/json", "Expecting property name", "schema:"),
        (b"{}", "text/plain", "expected content type application/json, received text/plain", "content:"),
        (b"", "application/json", "is missing", "required: true"),
        (b"[]", "application/json", "is not of type 'object'", "type: object"),
    ],
)
def test_a_body_as_a_whole(api: AdminApi, body: bytes, content_type: str, message: str, line: str) -> None:
    (violation,) = explained(api, api.create_raw(body, content_type))["violations"]

    assert message in violation["message"]
    assert violation["fix"]
    assert line_of(violation) == line


def test_a_parameter(api: AdminApi) -> None:
    (violation,) = explained(api, api.call("listReplicas", query_string={"limit": "0"}))["violations"]

    assert (violation["location"], violation["field"]) == ("query", "limit")
    assert (violation["expected"], violation["received"]) == ("a number of at least 1", "0")


@pytest.mark.parametrize(
    ("method", "path", "headers", "body", "hint"),
    [
        ("POST", "/v2/replica", {}, None, "did you mean /v2/replicas?"),
        (
            "CONNECT",
            "/tavusapi.com:443",
            {},
            None,
            "this is no proxy: give your client its address as the base URL of the API",
        ),
        (
            "POST",
            "/v2/videos",
            {},
            None,
            "not emulated: the contract has replicas alone; docs/contract.md tells how to serve more",
        ),
        ("GET", "/", {}, None, "the API is at /v2/replicas, the dashboard at /__admin/"),
        ("GET", "/v2/replicas/", {}, None, "leave the slash at the end out: /v2/replicas"),
        ("PUT", "/v2/replicas", {"x-api-key": "k"}, None, "/v2/replicas takes POST, GET"),
        (
            "GET",
            "/v2/replicas",
            {"authorization": "Bearer k"},
            None,
            "the key belongs in the header x-api-key, by itself, not in Authorization",
        ),
        ("GET", "/v2/replicas?api_key=k", {}, None, "the key belongs in the header x-api-key, not in the query"),
        ("GET", "/v2/replicas", {}, None, "send the key in the header x-api-key"),
        (
            "POST",
            "/v2/replicas",
            {"x-api-key": "k"},
            {"trainVideoUrl": "https://a.example/b"},
            'did you mean "train_video_url"? The body has "trainVideoUrl"',
        ),
        (
            "POST",
            "/v2/replicas",
            {"x-api-key": "k"},
            {"train_vide_url": "https://a.example/b"},
            'did you mean "train_video_url"? The body has "train_vide_url"',
        ),
    ],
)
def test_near_misses(api: AdminApi, method: str, path: str, headers: dict[str, str], body: Any, hint: str) -> None:
    options = {} if body is None else {"json": body}
    response = api.client.open(path, method=method, headers=headers, **options)

    assert explained(api, response)["hints"] == [hint]


def test_a_wrong_key_in_the_right_place_has_no_hint(api: AdminApi) -> None:
    assert explained(api, api.create(key="invalid"))["hints"] == []


@pytest.mark.parametrize(
    ("fields", "warning"),
    [
        ({"extra": 1}, '"extra" is not documented, and does nothing'),
        ({"model_name": "phoenix-9"}, 'model_name "phoenix-9" is not documented'),
        ({"callback_url": "https://yourwebsite.com/"}, "the callback will be held back: yourwebsite.com is not on"),
    ],
)
def test_warnings_on_what_was_accepted(api: AdminApi, fields: dict[str, Any], warning: str) -> None:
    assert api.create(**fields).status_code == 200
    (request,) = api.control("GET", "/__admin/requests")["requests"]

    assert len(request["warnings"]) == 1
    assert request["warnings"][0].startswith(warning)


def test_nothing_is_said_of_an_ordinary_request(api: AdminApi) -> None:
    api.create(model_name="phoenix-2", callback_url="http://127.0.0.1:9000/")
    (request,) = api.control("GET", "/__admin/requests")["requests"]

    assert (request["violations"], request["hints"], request["warnings"]) == ([], [], [])


def test_a_method_of_a_longer_path(api: AdminApi) -> None:
    response = api.client.open("/v2/replicas/r123456789", method="PATCH", headers={"x-api-key": "k"}, json={})

    assert explained(api, response)["hints"] == [
        "/v2/replicas/r123456789 takes GET, DELETE",
        "PATCH goes to /v2/replicas/{replica_id}/name",
    ]


def test_a_replica_of_another_key(api: AdminApi) -> None:
    replica_id = api.created_id()

    hints = explained(api, api.call("getReplica", replica_id, key="another"))["hints"]

    assert hints == ["another API key has a replica of this id; each key is an account of its own"]


def test_null_that_public_clients_send(api: AdminApi) -> None:
    response = api.create({"train_video_url": "https://a.example/b.mp4", "callback_url": None})

    (hint,) = explained(api, response)["hints"]
    assert hint.startswith('"callback_url" is null, which public clients send all the same; leave the field out')


def test_a_parameter_that_does_nothing(api: AdminApi) -> None:
    api.client.get("/v2/replicas?Limit=3", headers={"x-api-key": "k"})

    (request,) = api.control("GET", "/__admin/requests")["requests"]
    assert request["warnings"] == ["the query has Limit, which does nothing; did you mean limit?"]
