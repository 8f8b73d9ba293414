from __future__ import annotations

import threading

import pytest

from mock_tavus.admin.plane import MAX_WAITERS
from tests.mock_tavus.admin.conftest import AdminApi


def ids(answer: dict[str, list[dict[str, str]]]) -> list[str]:
    return [request["id"] for request in answer["requests"]]


def test_every_request_is_there_with_its_answer_and_no_key(api: AdminApi) -> None:
    replica_id = api.created_id(key="secret-canary", replica_name="Rio")
    (request,) = api.control("GET", "/__admin/requests")["requests"]

    assert request["operation"] == "createReplica"
    assert request["verdict"] == "accepted"
    assert request["account"] == api.account("secret-canary")
    assert '"replica_name": "Rio"' in request["body"]
    assert request["response"] == {
        "status": 200,
        "headers": {},
        "body": {"replica_id": replica_id, "status": "started"},
    }
    assert request["headers"]["x-api-key"] == "***"
    assert "canary" not in repr(request)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [1, 2, 3, 4]),
        ("?operation=createReplica", [1, 2, 3]),
        ("?status=400", [2]),
        ("?unmatched=true", [4]),
        ("?since=req_000002", [3, 4]),
        ("?limit=2", [3, 4]),
        ("?operation=createReplica&limit=1", [3]),
        ("?operation=other", []),
    ],
)
def test_requests_are_filtered(api: AdminApi, query: str, found: list[int]) -> None:
    api.create()
    api.create({})
    api.create(key="other")
    api.client.get("/nowhere")

    assert ids(api.control("GET", f"/__admin/requests{query}")) == [f"req_{number:06d}" for number in found]


def test_an_account_sees_its_own(api: AdminApi) -> None:
    api.create()
    api.create(key="other")

    by_query = api.control("GET", f"/__admin/requests?account={api.account('other')}")
    by_key = api.control("GET", "/__admin/requests", key="other")

    assert ids(by_query) == ids(by_key) == ["req_000002"]


def test_requests_are_found_and_counted_by_what_they_are(api: AdminApi) -> None:
    api.create(replica_name="Rio")
    api.create({})
    api.client.get("/nowhere")

    def count(**criteria: object) -> int:
        found = api.control("POST", "/__admin/requests/find", criteria)["requests"]
        counted = api.control("POST", "/__admin/requests/count", criteria)["count"]
        assert counted == len(found)
        return int(counted)

    assert count() == 3
    assert count(method="POST", path="/v2/replicas") == 2
    assert count(body_contains="Rio") == 1
    assert count(status=404, unmatched=True) == 1
    assert count(since="req_000001", operation="createReplica") == 1


def test_waiting_ends_when_so_many_have_come(api: AdminApi) -> None:
    threading.Timer(0.1, lambda: [api.create() for _ in range(2)]).start()

    answer = api.control("GET", "/__admin/requests/wait?count=2&timeout=20&operation=createReplica")

    assert len(answer["requests"]) == 2


def test_waiting_in_vain_says_so(api: AdminApi) -> None:
    api.create()

    answer = api.control("GET", "/__admin/requests/wait?count=2&timeout=0", status=408)

    assert answer == {"message": "1 of 2 requests came within 0 s"}


def test_requests_can_be_forgotten_apart(api: AdminApi) -> None:
    api.create()
    api.create(key="other")

    assert api.control("DELETE", "/__admin/requests", key="other") == {"forgotten": 1}
    assert ids(api.control("GET", "/__admin/requests")) == ["req_000001"]
    assert api.control("DELETE", "/__admin/requests") == {"forgotten": 1}
    assert api.control("GET", "/__admin/requests")["requests"] == []


def test_what_is_not_remembered_is_a_404(api: AdminApi) -> None:
    assert "req_999999" in api.control("GET", "/__admin/requests/req_999999", status=404)["message"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/__admin/requests?limit=0", None),
        ("GET", "/__admin/requests?account=me", None),
        ("GET", "/__admin/requests/wait?timeout=1000", None),
        ("GET", "/__admin/requests/wait?timeout=nan", None),
        ("GET", "/__admin/callbacks/wait?timeout=inf", None),
        ("POST", "/__admin/requests/find", {"mehtod": "GET"}),
        ("POST", "/__admin/clock/advance", {"by": "soon"}),
        ("POST", "/__admin/clock/advance", {}),
        ("POST", "/__admin/clock/advance", {"by": 3}),
    ],
)
def test_a_mistake_in_the_question_is_told(api: AdminApi, method: str, path: str, body: object) -> None:
    assert api.control(method, path, body, status=400, key="k")["message"]


def test_secrets_in_bodies_are_masked_by_name(api: AdminApi) -> None:
    api.client.post(
        "/v2/replicas", json={"x-api-key": "canary", "auth": "canary", "name": "Rio"}, headers={"x-auth": "canary"}
    )
    (request,) = api.control("GET", "/__admin/requests")["requests"]

    assert "canary" not in repr(request)
    assert '"name": "Rio"' in request["body"]


def test_no_more_wait_than_leave_room_for_others(api: AdminApi) -> None:
    plane = api.plane()
    for _ in range(MAX_WAITERS):
        assert plane._waiters.acquire(blocking=False)

    assert "waiting already" in api.control("GET", "/__admin/requests/wait?timeout=0", status=503)["message"]
