from __future__ import annotations

import io
from typing import Any

import pytest

from mock_tavus.http.requests import read_body
from tests.support import Api

VALID = b'{"train_video_url": "https://a.example/b.mp4"}'


def test_head_is_answered_as_get_without_a_body(api: Api) -> None:
    response = api.client.head("/v2/replicas", headers={"x-api-key": "k"})

    assert (response.status_code, response.data) == (200, b"")


@pytest.mark.parametrize(
    "path", ["/v2/replicas/%00", "/v2/replicas/%F0%9F%98%80", "/v2/replicas/%ff", "/v2/replicas/.."]
)
def test_strange_paths_are_answered(api: Api, path: str) -> None:
    response = api.client.get(path, headers={"x-api-key": "k"})

    assert response.status_code in (400, 404)
    assert response.headers["content-type"] == "application/json"


def test_a_get_with_a_content_type_and_a_body_is_taken(api: Api) -> None:
    response = api.client.get("/v2/replicas", headers={"x-api-key": "k"}, content_type="application/json", data="x")

    assert response.status_code == 200


@pytest.mark.parametrize("host", ["", "a b", "evil\x00", "[::1", "x" * 300])
def test_a_broken_host_header_is_no_500(api: Api, host: str) -> None:
    for path in ("/v2/replicas", "/__admin/openapi.json"):
        response = api.client.get(path, headers={"x-api-key": "k", "host": host})
        assert response.status_code in (200, 400, 403)


@pytest.mark.parametrize(
    ("environ", "body", "too_large"),
    [
        ({"CONTENT_LENGTH": "5"}, b"12345", False),
        ({"CONTENT_LENGTH": "10"}, b"1234567890", False),
        ({"CONTENT_LENGTH": "11"}, b"", True),
        ({"CONTENT_LENGTH": "9" * 5000}, b"", True),
        ({"CONTENT_LENGTH": ""}, b"", False),
        ({"CONTENT_LENGTH": "-1"}, b"", False),
        ({"CONTENT_LENGTH": "٣"}, b"", False),
        ({}, b"", False),
        ({"HTTP_TRANSFER_ENCODING": "chunked"}, b"1234567890", True),
    ],
)
def test_no_more_is_read_than_the_limit(environ: dict[str, Any], body: bytes, too_large: bool) -> None:
    stream = io.BytesIO(b"12345678901234567890")
    length = environ.get("CONTENT_LENGTH", "")
    if length.isascii() and length.isdigit() and len(length) < 5:
        stream = io.BytesIO(stream.read(int(length)))

    assert read_body({**environ, "wsgi.input": stream, "wsgi.input_terminated": True}, 10) == (body, too_large)


def test_the_same_emulator_answers_through_any_number_of_requests(api: Api) -> None:
    ids = {api.created_id() for _ in range(200)}

    assert len(ids) == 200


def test_two_slashes_are_another_path(api: Api) -> None:
    response = api.client.get("/", environ_overrides={"PATH_INFO": "//v2/replicas"}, headers={"x-api-key": "k"})

    assert (response.status_code, response.get_json()) == (404, {"message": "Not found"})


def test_a_body_that_ends_too_early_is_refused(api: Api) -> None:
    body = b'{"train_video_url": "https://a.example/b.mp4"}'
    response = api.client.post(
        "/v2/replicas",
        input_stream=io.BytesIO(body),
        headers={"x-api-key": "k", "content-type": "application/json"},
        environ_overrides={"wsgi.input_terminated": True, "CONTENT_LENGTH": "500"},
    )

    assert (response.status_code, response.get_json()) == (400, {"error": "Invalid request body"})


def test_any_number_of_query_fields_is_read(api: Api) -> None:
    response = api.client.get("/v2/replicas?" + "a=1&" * 2000, headers={"x-api-key": "k"})

    assert response.status_code == 200
