from __future__ import annotations

import json
from typing import Any

import pytest

from mock_tavus.contract import Contract
from mock_tavus.errors import InvalidField
from mock_tavus.messages import ApiRequest

CREATE = Contract.load().operations["createReplica"]
VIDEO = "https://a.example/me.mp4"


def fields_refused(body: bytes, content_type: str = "application/json") -> list[str]:
    """Return the wrong fields, the one that the API answers first."""
    request = ApiRequest("POST", "/v2/replicas", {"content-type": content_type}, body)
    try:
        CREATE.accept(request)
    except InvalidField as refusal:
        return [violation.field for violation in refusal.violations]
    return []


@pytest.mark.parametrize(
    "extra",
    [
        {},
        {"callback_url": ""},
        {"callback_url": "http://127.0.0.1:9000/hook?secret=1"},
        {"consent_video_url": "HTTPS://A.EXAMPLE/X"},
        {"replica_name": ""},
        {"replica_name": "\x00\r\n😀" * 100},
        {"model_name": "phoenix-99"},
        {"properties": {}},
        {"properties": {"gaze_correction": False, "background_green_screen": True, "other": 1}},
        {"unknown": [None]},
        {"train_video_url": "http://[::1]:80/a?b#c"},
        {"train_video_url": "https://münchen.example/ü"},
    ],
)
def test_accepted(extra: dict[str, Any]) -> None:
    assert fields_refused(json.dumps({"train_video_url": VIDEO, **extra}).encode()) == []


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["train_video_url"]),
        ({"train_video_url": None}, ["train_video_url"]),
        ({"train_video_url": ""}, ["train_video_url"]),
        ({"train_video_url": "ftp://a.example/b"}, ["train_video_url"]),
        ({"train_video_url": "a.example/b"}, ["train_video_url"]),
        ({"train_video_url": "https://"}, ["train_video_url"]),
        ({"train_video_url": "https:///path"}, ["train_video_url"]),
        ({"train_video_url": "https://a.example/b c"}, ["train_video_url"]),
        ({"train_video_url": "https://a.example/b\n"}, ["train_video_url"]),
        ({"train_video_url": " https://a.example/b"}, ["train_video_url"]),
        ({"train_video_url": VIDEO, "consent_video_url": ""}, ["consent_video_url"]),
        ({"train_video_url": VIDEO, "callback_url": None}, ["callback_url"]),
        ({"train_video_url": VIDEO, "callback_url": "\n"}, ["callback_url"]),
        ({"train_video_url": VIDEO, "properties": []}, ["properties"]),
        ({"train_video_url": VIDEO, "properties": {"gaze_correction": "true"}}, ["properties.gaze_correction"]),
        (
            {"properties": {"background_green_screen": 0, "gaze_correction": 1}, "replica_name": 1, "callback_url": 2},
            [
                "train_video_url",
                "callback_url",
                "replica_name",
                "properties.gaze_correction",
                "properties.background_green_screen",
            ],
        ),
        ({"consent_video_url": 1, "train_video_url": 2}, ["consent_video_url", "train_video_url"]),
        ([], ["request body"]),
        ("text", ["request body"]),
        (None, ["request body"]),
    ],
)
def test_refused_in_the_contracts_order(body: Any, fields: list[str]) -> None:
    assert fields_refused(json.dumps(body).encode()) == fields


@pytest.mark.parametrize(
    "content_type", ["application/json", "application/json; charset=utf-8", "Application/JSON", "application/json;a=b"]
)
def test_content_types_of_json(content_type: str) -> None:
    assert fields_refused(json.dumps({"train_video_url": VIDEO}).encode(), content_type) == []


@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "application/x-www-form-urlencoded", "application/json-patch+json", "application/json;", "*/*"],
)
def test_other_content_types_are_about_the_request_body(content_type: str) -> None:
    assert fields_refused(json.dumps({"train_video_url": VIDEO}).encode(), content_type) == ["request body"]


@pytest.mark.parametrize("body", [b"", b"{", b"\xef\xbb\xbf{}", b'{"a":1,"a":2}', b"NaN", b"[" * 1000])
def test_a_body_that_cannot_be_decoded(body: bytes) -> None:
    assert fields_refused(body) == ["request body"]


def test_any_number_of_content_types_does_not_fill_memory() -> None:
    for number in range(200):
        assert fields_refused(b"{}", f"application/json; a={number}") == ["train_video_url"]

    assert CREATE.request_body is not None
    assert len(CREATE.request_body._media_types) <= 64


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"train_video_url": "x"}, 'expected an absolute http or https URL, received "x"'),
        ({"train_video_url": 3}, "3 is not of type 'string'"),
        ({}, "'train_video_url' is a required property"),
    ],
)
def test_what_is_wrong_is_said_in_words(body: Any, message: str) -> None:
    request = ApiRequest("POST", "/v2/replicas", {"content-type": "application/json"}, json.dumps(body).encode())

    with pytest.raises(InvalidField) as caught:
        CREATE.accept(request)

    assert caught.value.violations[0].message == message
