from __future__ import annotations

import html
import itertools
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from mock_tavus.auth import account_id_for
from mock_tavus.http.dashboard.routes import MAX_VIEWERS
from mock_tavus.messages import DeliveryAttempt, DeliveryState
from tests.support import Api


@pytest.fixture
def api() -> Api:
    return Api()


def page_of(api: Api, query: str = "", status: int = 200, **headers: str) -> str:
    response = api.client.get(f"/__admin/{query}", headers=headers)
    assert response.status_code == status, response.data
    return response.get_data(as_text=True)


def events(stream: Any) -> Iterator[dict[str, Any]]:
    for chunk in stream.response:
        text = chunk.decode() if isinstance(chunk, bytes) else chunk
        for line in text.splitlines():
            if line.startswith("data: "):
                yield json.loads(line.removeprefix("data: "))


def test_an_empty_page_says_how_to_make_the_first_request(api: Api) -> None:
    page = page_of(api)

    assert "curl http://localhost/v2/replicas" in page
    assert "/__inbox/first" in page
    assert page.count('<p class="empty">') == 5


def test_what_has_happened_is_there(api: Api) -> None:
    replica_id = api.created_id(callback_url="http://127.0.0.1:9000/hook", replica_name="Rio")
    api.create({"trainVideoUrl": "x"})
    page = page_of(api)

    for shown in (replica_id, "Rio", "http://127.0.0.1:9000/hook", "planned", "did you mean", "openapi/tavus.yaml:"):
        assert shown in page
    assert '<section id="first" class="first" hidden>' in page


EVIL = "</pre><img src=x onerror=alert(1)>"


def test_nothing_that_was_sent_becomes_part_of_the_page(api: Api) -> None:
    replica_id = api.created_id(replica_name=EVIL, callback_url=f"http://127.0.0.1:9000/?{EVIL}".replace(" ", "+"))
    api.create_raw(f'{{"train_video_url": "{EVIL}"}}'.encode())
    api.client.get(f"/v2/{EVIL}", query_string=EVIL, headers={"x-other": EVIL})
    scenario = {"match": {"body": {EVIL: EVIL}}, "outcome": {"status": 500, "body": EVIL}}
    api.client.post("/__admin/scenarios", json=scenario)
    store = api.emulator.stores.deliveries
    (planned,) = store.find()
    store.release(planned)
    (claimed,) = store.claim_due(1e12, 1e12, 10)
    assert claimed is not None
    attempt = DeliveryAttempt(0.0, 1.0, 500, EVIL, EVIL.encode())
    assert store.finish(
        replace(claimed, state=DeliveryState.FAILED, attempts=(attempt,), note=EVIL, body={"status": EVIL})
    )
    shown = page_of(api) + page_of(api, f"?account={account_id_for(b'test')}")

    assert replica_id in shown
    assert "onerror" in shown
    assert "<img" not in shown
    with api.client.get("/__admin/live", buffered=False) as stream:
        told = "".join(html for change in itertools.islice(events(stream), 7) for html in change["rows"].values())
    assert told.count("onerror") >= 8
    assert "<img" not in told


@pytest.mark.parametrize("account", ["<b>", "all", "acct_1"])
def test_what_is_no_account_leads_to_all(api: Api, account: str) -> None:
    response = api.client.get("/__admin/", query_string={"account": account})

    assert (response.status_code, response.headers["location"]) == (302, "/__admin/")


def test_a_key_is_masked_wherever_it_was_sent() -> None:
    key = "SEKRET-KEY-123"
    api = Api(api_keys=(key,))
    for body in (
        {"train_video_url": {"api_key": key}},
        {"train_video_url": key},
        {"api_key": [key], "train_video_url": "https://a.example/"},
    ):
        api.create(body, key=key)
    sent = key.encode()
    for raw in (b'{"api_key": "' + sent + b"x" * 20_000, b"{'api_key': '" + sent + b"'}", b"k=" + sent):
        api.call("createReplica", key=key, data=raw, content_type="application/json")
    api.client.get(f"/v2/replicas/{key}", query_string={"a": key}, headers={"x-tavus": key, "x-api-key": "other"})
    headers = {"x-api-key": key, "x-mock-tavus-scenario": f"status={key}"}
    assert api.client.post("/v2/replicas", json={}, headers=headers).status_code == 400

    assert key not in page_of(api)
    assert key not in api.client.get("/__admin/requests").get_data(as_text=True)


def test_answers_are_shown_as_they_were_sent(api: Api) -> None:
    api.created_id(replica_name="O'Brien & Zoë")
    api.call("listReplicas")
    page = html.unescape(page_of(api))

    assert '"replica_name": "O\'Brien & Zoë"' in page
    assert page.index('"replica_id"') < page.index('"created_at"')


def test_a_forged_cookie_opens_nothing() -> None:
    api = Api(admin_token="s3cret")
    for value in ("x", "s3cret", ""):
        api.client.set_cookie("mock_tavus_admin_80", value, path="/__admin")
        assert api.client.get("/__admin/requests").status_code == 401
        assert api.client.get("/__admin/").status_code == 401


def test_one_account_is_shown_alone(api: Api) -> None:
    other = json.loads(api.create(key="other").data)["replica_id"]
    mine = json.loads(api.create(key="mine").data)["replica_id"]
    page = page_of(api, f"?account={account_id_for(b'mine')}")

    assert mine in page
    assert other not in page


def test_a_page_may_do_no_more_than_it_needs(api: Api) -> None:
    response = api.client.get("/__admin/")

    assert "default-src 'none'" in response.headers["content-security-policy"]
    assert response.headers["cache-control"] == "no-store"
    assert "style=" not in response.get_data(as_text=True)
    assert api.client.get("/__admin/", headers={"host": "evil.example"}).status_code == 403


def test_the_bare_path_leads_there(api: Api) -> None:
    response = api.client.get("/__admin")

    assert (response.status_code, response.headers["location"]) == (302, "/__admin/")


@pytest.mark.parametrize("name", ["dashboard.css", "dashboard.js", "icon.svg"])
def test_what_the_page_loads_is_there(api: Api, name: str) -> None:
    assert f"/__admin/static/{name}" in page_of(api)
    with api.client.get(f"/__admin/static/{name}") as response:
        assert response.status_code == 200


def test_a_token_is_asked_for_and_remembered_without_being_told() -> None:
    api = Api(admin_token="s3cret")
    assert "--admin-token" in page_of(api, status=401)
    assert api.client.get("/__admin/live").status_code == 401

    wrong = api.client.post("/__admin/login", data={"token": "guess"})
    assert wrong.status_code == 401
    assert "That is not it." in wrong.get_data(as_text=True)
    assert "set-cookie" not in wrong.headers

    right = api.client.post("/__admin/login", data={"token": "s3cret"})
    assert (right.status_code, right.headers["location"]) == (303, "/__admin/")
    cookie = right.headers["set-cookie"]
    assert "s3cret" not in cookie
    assert {"HttpOnly", "SameSite=Strict", "Path=/__admin"} <= {part.strip() for part in cookie.split(";")}

    assert "Replicas" in page_of(api)
    assert api.client.get("/__admin/requests").status_code == 200
    assert api.client.post("/__admin/reset?all=true", headers={"origin": "https://evil.example"}).status_code == 403


def test_no_other_page_may_log_in() -> None:
    api = Api(admin_token="s3cret")
    for headers in ({"origin": "https://evil.example"}, {"origin": "null"}, {"host": "evil.example"}):
        assert api.client.post("/__admin/login", data={"token": "s3cret"}, headers=headers).status_code == 403


def test_where_no_token_is_wanted_none_is_taken(api: Api) -> None:
    assert api.client.post("/__admin/login", data={"token": ""}).status_code == 401


def test_what_changes_is_told_as_it_happens(api: Api) -> None:
    stream = api.client.get("/__admin/live", buffered=False)
    assert stream.headers["content-type"].startswith("text/event-stream")
    told = events(stream)
    first = [next(told) for _ in range(6)]
    assert [change["section"] for change in first] == [
        "summary",
        "accounts",
        "replicas",
        "callbacks",
        "requests",
        "scenarios",
    ]

    replica_id = api.created_id()

    change = next(one for one in told if one["section"] == "replicas")
    (row,) = change["order"]
    assert replica_id in change["rows"][row]
    stream.close()


def test_it_ends_when_the_emulator_stops(api: Api) -> None:
    stream = api.client.get("/__admin/live", buffered=False)
    told = events(stream)
    next(told)
    api.emulator.stop()

    assert len(list(told)) < 20
    stream.close()


def test_so_many_pages_may_be_open(api: Api) -> None:
    streams = [api.client.get("/__admin/live", buffered=False) for _ in range(MAX_VIEWERS)]
    refused = api.client.get("/__admin/live")
    assert refused.status_code == 503
    assert "close one" in refused.get_json()["message"]

    streams.pop().close()

    again = api.client.get("/__admin/live", buffered=False)
    assert again.status_code == 200
    for stream in [*streams, again]:
        stream.close()


def test_no_page_is_longer_than_a_megabyte(api: Api) -> None:
    for number in range(60):
        name = f"{number}" + "x" * 16_000
        api.created_id(replica_name=name, callback_url="http://127.0.0.1:9/" + "y" * 8000)
        api.client.post(f"/__inbox/i{number}", data=b"z" * 60_000)
    api.call("listReplicas", query_string={"limit": 60})

    assert len(page_of(api)) < 1_000_000
