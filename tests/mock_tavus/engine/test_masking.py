"""No key is shown, whatever place and form it is sent in."""

from __future__ import annotations

import io
import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_tavus.engine.masking import Masker
from mock_tavus.errors import Violation
from mock_tavus.messages import ApiRequest
from mock_tavus.server.console import Console
from tests.support import Api

KEYS = st.builds("canary{}".format, st.text("abcXYZ0129-_.~+/=$%&'*!#^`|é", min_size=6, max_size=30))
"""Keys as people have them: long enough not to stand anywhere by chance."""


def percent(text: str) -> str:
    """Return a text with each of its bytes percent-encoded."""
    return "".join(f"%{byte:02x}" for byte in text.encode())


def escaped(text: str) -> str:
    """Return a text with each of its characters as JSON may write it."""
    return "".join(f"\\u{ord(char):04x}" for char in text)


def latin1(text: str) -> str:
    """Return a text as a header's value says it."""
    return text.encode().decode("latin-1")


PLACES: dict[str, Any] = {
    "query": lambda key: {"query_string": f"api_key={quote(key, safe='')}&limit=x"},
    "query, encoded": lambda key: {"query_string": f"x={percent(key)}&limit=x"},
    "query, twice encoded": lambda key: {"query_string": f"x={quote(percent(key))}&limit=x"},
    "query, name encoded": lambda key: {"query_string": f"api%5Fkey={quote(key, safe='')}&limit=x"},
    "query, alone": lambda key: {"query_string": percent(key)},
    "text": lambda key: {"json": {"train_video_url": key}},
    "url": lambda key: {"json": {"train_video_url": 5, "callback_url": f"http://127.0.0.1:9/?k={key}"}},
    "name": lambda key: {"json": {key: 1}},
    "list": lambda key: {"json": {"api_key": [key, [key]], "train_video_url": 5}},
    "object": lambda key: {"json": {"token": {"a": {"b": key}}, "train_video_url": 5}},
    "violation": lambda key: {"json": {"train_video_url": {"secret": [key], "x": 1}}},
    "escaped": lambda key: {"data": b'{"x": "%b"}' % "".join(f"\\u{ord(char):04x}" for char in key).encode()},
    "cut off": lambda key: {"data": b'{"password": ["%b' % json.dumps(key)[1:-1].encode()},
    "form": lambda key: {"data": f"api_key={quote(key, safe='')}".encode()},
    "form, declared": lambda key: {
        "data": f"x={percent(key)}".encode(),
        "headers": {"content-type": "application/x-www-form-urlencoded"},
    },
    "twice": lambda key: {"headers": {"x-api-key": f"{latin1(key)},other-key"}, "query_string": f"x={percent(key)}"},
    "bearer": lambda key: {"headers": {"authorization": f"Bearer  {latin1(key)}"}, "json": {"replica_name": key}},
    "lower-case hex": lambda key: {"data": json.dumps({"x": quote(key, safe="").lower()}).encode()},
    "escaped, and cut off": lambda key: {"data": b'{"x": "%b' % escaped(key).encode()},
    "JSON in JSON": lambda key: {"json": {"meta": json.dumps({"x_api_key": key[::-1], "y": key})}},
    "unknown field of an accepted one": lambda key: {"json": {"train_video_url": "https://a.example/b", key: 1}},
    "cookie": lambda key: {"headers": {"cookie": f"session={quote(key, safe='')}"}},
}


@pytest.mark.parametrize("count", [20, pytest.param(300, marks=pytest.mark.deep)])
def test_no_key_is_seen_anywhere(count: int) -> None:
    drawn = given(key=KEYS, place=st.sampled_from(sorted(PLACES)), knows=st.booleans())
    settings(max_examples=count)(drawn(must_not_show))()


def must_not_show(key: str, place: str, knows: bool) -> None:
    api = Api(api_keys=(key,) if knows else ())
    stream = io.StringIO()
    console = Console(
        stream,
        color=False,
        mask=api.emulator.journal.mask,
        mask_text=api.emulator.journal.mask_text,
        remarks=api.emulator.explainer.remarks,
    )
    api.emulator.journal.on_record(console.show)
    options = PLACES[place](key)
    raw_key = key.encode().decode("latin-1")
    headers = {"x-api-key": raw_key, "content-type": "application/json", **options.pop("headers", {})}
    if "json" in options:
        options["data"] = json.dumps(options.pop("json"))
    for method, path in (("POST", "/v2/replicas"), ("GET", "/v2/replicas"), ("POST", f"/v2/{percent(key)}")):
        api.client.open(path, method=method, headers=headers, **options)
    api.client.post("/__inbox/a", headers=headers, **options)
    console.start()
    console.stop()

    shown = {
        "console": stream.getvalue(),
        "journal": api.client.get("/__admin/requests").text,
        "dashboard": api.client.get("/__admin/").text,
        "inbox": api.client.get("/__inbox/a").text,
        "callbacks": api.client.get("/__admin/callbacks").text,
        "entries": repr(api.emulator.journal.entries()),
    }
    for where, text in shown.items():
        forms = (key, raw_key, json.dumps(key)[1:-1], quote(key), quote(key, safe=""), percent(key), escaped(key))
        for form in (*forms, key[::-1]):
            assert form.lower() not in text.lower(), where


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b'{"api_key": "s3cret", "x": 1}', b'{"api_key": "***", "x": 1}'),
        (b'{"api_key": 12345, "x": 1}', b'{"api_key": "***", "x": 1}'),
        (b'{"api_key" : ["a", {"b": "]"}], "x": 1}', b'{"api_key" : "***", "x": 1}'),
        (b'{"api_key": {"b": "}"}, "x": [1]}', b'{"api_key": "***", "x": [1]}'),
        (b'{"api\\u005fkey": "a"}', b'{"api\\u005fkey": "***"}'),
        (b'{"api_key": null, "token": false}', b'{"api_key": null, "token": false}'),
        (b'{"x": "say \\"token\\": y", "z": 1}', b'{"x": "say \\"token\\": y", "z": 1}'),
        (b'{"api_key": "not ended', b'{"api_key": "***"'),
        (b'{"api_key": ["not", "ended', b'{"api_key": "***"'),
        (b"plain text, api_key", b"plain text, api_key"),
        (b"\xff\xfe", b"\xff\xfe"),
        (b"", b""),
    ],
)
def test_a_secret_value_of_any_type_is_masked_and_nothing_else(body: bytes, shown: bytes) -> None:
    assert Masker().for_request({}).body(body, "application/json") == shown


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("{'api_key': ['a', 'b'], 'x': 1} is not a string", "{'api_key': '***', 'x': 1} is not a string"),
        ("it's {'token': {'a': 'b'}} and more", "it's {'token': '***'} and more"),
        ('{"token": 5, "x": "y"}', '{"token": "***", "x": "y"}'),
        ("'x' is a required property", "'x' is a required property"),
    ],
)
def test_what_a_violation_repeats_is_masked(message: str, shown: str) -> None:
    masked = Masker().for_request({}).violation(Violation("x", message, received=message, fix=message))

    assert (masked.message, masked.received, masked.fix) == (shown, shown, shown)


@given(st.binary(max_size=200))
def test_no_body_is_too_strange(body: bytes) -> None:
    masked = Masker().for_request({"x-api-key": "canary"}).request(ApiRequest("POST", "/", {}, body))

    assert b"canary" not in masked.body
