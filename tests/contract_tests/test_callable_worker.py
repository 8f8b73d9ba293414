from __future__ import annotations

import enum
import http
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest

from contract_tests.callable_worker import Callables, load, operations_of


def answer(client: Any, request: dict[str, Any]) -> dict[str, Any]:
    return Callables({"create_replica": client}).answer(request)


class Colour(enum.Enum):
    RED = "red"


REQUEST = {"id": 7, "base_url": "http://a", "api_key": "k", "body": {"a": 1}, "timeout": 2.0}


def test_what_is_given() -> None:
    given: list[Any] = []

    def client(base_url: str, api_key: str, body: dict[str, Any], timeout: float) -> dict[str, str]:
        given.extend([base_url, api_key, body, timeout])
        return {"replica_id": "r1", "status": "started"}

    found = answer(client, REQUEST)

    assert given == ["http://a", "k", {"a": 1}, 2.0]
    assert found == {"id": 7, "outcome": "ok", "replica_id": "r1", "status": "started"}


def test_a_timeout_is_given_only_to_those_who_take_it() -> None:
    assert answer(lambda url, key, body: {"replica_id": "r1"}, REQUEST)["replica_id"] == "r1"
    assert answer(lambda url, key, body, **more: {"replica_id": more["timeout"]}, REQUEST)["replica_id"] == 2.0


def test_a_timeout_is_left_out_where_it_can_be() -> None:
    def its_own(url: str, key: str, body: object, timeout: float = 7.5) -> dict[str, float]:
        return {"replica_id": timeout}

    request = {**REQUEST, "timeout": None}

    assert answer(its_own, request)["replica_id"] == 7.5
    assert answer(lambda url, key, body: {"replica_id": "r1"}, request)["replica_id"] == "r1"
    assert answer(lambda url, key, body, timeout: {"replica_id": timeout}, request)["outcome"] == "unsupported"


@pytest.mark.parametrize(
    ("result", "replica_id"),
    [
        (SimpleNamespace(replica_id="r1"), "r1"),
        (None, None),
        ({}, None),
        ("text", None),
        ({"replica_id": Path("a")}, "a"),
        ({"replica_id": Colour.RED, "status": object()}, "red"),
    ],
)
def test_what_is_returned(result: Any, replica_id: str | None) -> None:
    found = answer(lambda url, key, body: result, REQUEST)

    assert (found["outcome"], found["replica_id"]) == ("ok", replica_id)


def test_a_coroutine_is_awaited() -> None:
    async def client(url: str, key: str, body: object) -> dict[str, str]:
        return {"replica_id": "r1"}

    assert answer(client, REQUEST)["replica_id"] == "r1"


class Failure(Exception):
    def __init__(self, message: str, **attributes: Any) -> None:
        super().__init__(message)
        self.__dict__.update(attributes)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Failure("a", status_code=401), 401),
        (Failure("a", http_status=400), 400),
        (Failure("a", status=http.HTTPStatus.BAD_GATEWAY), 502),
        (Failure("a", code=404), 404),
        (Failure("a", code="E1", response=SimpleNamespace(status_code=429)), 429),
        (Failure("a", status_code=True), None),
        (Failure("a", code=7), None),
        (Failure("a"), None),
    ],
)
def test_the_status_of_an_error(error: Exception, status: int | None) -> None:
    def client(url: str, key: str, body: object) -> None:
        raise error

    found = answer(client, REQUEST)

    assert (found["outcome"], found["http_status"], found["message"]) == ("error", status, "a")


def test_causes_are_told() -> None:
    def client(url: str, key: str, body: object) -> None:
        try:
            raise Failure("inner", status_code=503)
        except Failure as cause:
            raise Failure("outer", kind="http") from cause

    found = answer(client, REQUEST)

    assert (found["http_status"], found["message"], found["kind"]) == (503, "outer · inner", "http")


@pytest.mark.parametrize("name", ["json", "json:", ":dumps", "json:__doc__", "json:decoder"])
def test_a_name_that_leads_to_nothing_is_told(name: str) -> None:
    with pytest.raises(ValueError, match=r"expected package\.module:callable|not callable"):
        operations_of(name)


def test_a_name_may_lead_into_a_class() -> None:
    assert load("json:JSONEncoder.encode") is json.JSONEncoder.encode


def test_a_module_offers_what_has_the_names_of_operations() -> None:
    found = operations_of("examples.clients.replicas")

    assert list(found) == [
        "create_replica",
        "get_replica",
        "list_replicas",
        "rename_replica",
        "delete_replica",
        "wait_for_replica",
    ]
    assert list(operations_of("examples.clients.urllib_client:create_replica")) == ["create_replica"]


def test_an_operation_can_be_named_by_itself() -> None:
    more = {"get_replica": "examples.clients.replicas:get_replica"}
    found = operations_of("examples.clients.urllib_client:create_replica", more)

    assert sorted(found) == ["create_replica", "get_replica"]
    with pytest.raises(ValueError, match="expected one of"):
        operations_of("examples.clients.urllib_client:create_replica", {"fly": "json:dumps"})
    with pytest.raises(ValueError, match="is not callable"):
        operations_of("examples.clients.urllib_client:create_replica", {"get_replica": "json:__doc__"})


class Model:
    def model_dump(self) -> dict[str, Any]:
        return {"replica_id": "r1", "status": Colour.RED, "at": None}


class Named(NamedTuple):
    replica_id: str
    status: str


class Slotted:
    __slots__ = ("replica_id", "status")

    def __init__(self) -> None:
        self.replica_id, self.status = "r1", "started"


class Lazy:
    def __init__(self) -> None:
        self._raw = {"replica_id": "r1", "status": "started"}

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["_raw"][name]
        except KeyError:
            raise AttributeError(name) from None


def test_a_generator_that_is_awaited_is_collected() -> None:
    async def listed(url: str, key: str) -> AsyncIterator[dict[str, str]]:
        yield {"replica_id": "r1"}
        yield {"replica_id": "r2"}

    request = {"id": 1, "operation": "list_replicas", "base_url": "u", "api_key": "k", "timeout": 9.0}
    found = Callables({"list_replicas": listed}).answer(request)

    assert [one["replica_id"] for one in found["replicas"]] == ["r1", "r2"]


def test_a_class_of_other_operations_is_no_create() -> None:
    assert list(operations_of("tests.contract_tests.test_callable_worker:Waits")) == ["wait_for_replica"]


class Waits:
    @staticmethod
    def wait_for_replica(url: str, key: str, replica_id: str) -> str:
        return "completed"


@pytest.mark.parametrize(
    ("operation", "result", "told"),
    [
        ("get_replica", {"replica_id": "r1", "a": [1]}, {"replica": {"replica_id": "r1", "a": [1]}}),
        ("get_replica", Model(), {"replica": {"replica_id": "r1", "status": "red", "at": None}}),
        ("get_replica", SimpleNamespace(replica_id="r1", _x=1), {"replica": {"replica_id": "r1"}}),
        ("get_replica", Named("r1", "started"), {"replica": {"replica_id": "r1", "status": "started"}}),
        ("get_replica", Slotted(), {"replica": {"replica_id": "r1", "status": "started"}}),
        ("get_replica", Lazy(), {"replica": {"replica_id": "r1", "status": "started"}}),
        ("get_replica", Path("a"), {"replica": "a"}),
        ("get_replica", datetime(2026, 1, 1, tzinfo=UTC), {"replica": "2026-01-01T00:00:00+00:00"}),
        ("get_replica", None, {"replica": None}),
        ("list_replicas", iter([{"replica_id": "r1"}]), {"replicas": [{"replica_id": "r1"}]}),
        ("list_replicas", {"data": [], "total_count": 3}, {"replicas": [], "total_count": 3}),
        ("list_replicas", SimpleNamespace(items=[{"a": 1}]), {"replicas": [{"a": 1}]}),
        ("wait_for_replica", "completed", {"status": "completed"}),
        ("wait_for_replica", {"status": "error", "error_message": "no"}, {"status": "error", "error_message": "no"}),
        ("rename_replica", "whatever", {}),
        ("delete_replica", None, {}),
    ],
)
def test_what_other_operations_return(operation: str, result: Any, told: dict[str, Any]) -> None:
    found = Callables({operation: lambda url, key, **given: result}).answer(
        {"id": 7, "operation": operation, "base_url": "http://a", "api_key": "k", "timeout": 1.0, "replica_id": "r1"}
    )

    assert found == {"id": 7, "outcome": "ok", **told}


def test_what_an_operation_is_given() -> None:
    given: dict[str, Any] = {}

    def wait(url: str, key: str, replica_id: str, timeout: float = 1.0) -> str:
        given.update(replica_id=replica_id, timeout=timeout)
        return "completed"

    request = {"id": 1, "operation": "wait_for_replica", "base_url": "u", "api_key": "k", "timeout": 9.0}
    Callables({"wait_for_replica": wait}).answer({**request, "replica_id": "r1", "interval": 0.1})

    assert given == {"replica_id": "r1", "timeout": 9.0}  # an interval may be ignored
    assert Callables({}).answer(request)["outcome"] == "unsupported"
    assert Callables({"wait_for_replica": wait}).answer({**request, "operation": "describe"}) == {
        "id": 1,
        "outcome": "ok",
        "takes_timeout": True,
        "takes_interval": False,
        "operations": ["wait_for_replica"],
    }
