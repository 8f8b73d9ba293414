from __future__ import annotations

from typing import Any

import pytest

from mock_tavus.contract import Contract
from mock_tavus.contract.parameter_readers import read_location
from mock_tavus.errors import InvalidField
from mock_tavus.messages import ApiRequest

LIST = Contract.load().operations["listReplicas"]


@pytest.mark.parametrize(
    ("query", "values"),
    [
        ("", {"limit": 10, "page": 1, "verbose": False}),
        ("limit=3&page=2", {"limit": 3, "page": 2, "verbose": False}),
        ("verbose=true", {"limit": 10, "page": 1, "verbose": True}),
        ("verbose=False", {"limit": 10, "page": 1, "verbose": False}),
        ("replica_type=user", {"limit": 10, "page": 1, "verbose": False, "replica_type": "user"}),
        ("replica_ids=r1,r2", {"limit": 10, "page": 1, "verbose": False, "replica_ids": "r1,r2"}),
        ("replica_ids=r1%2Cr2", {"limit": 10, "page": 1, "verbose": False, "replica_ids": "r1,r2"}),
        ("limit=1&limit=x&unknown=1", {"limit": 1, "page": 1, "verbose": False}),
    ],
)
def test_values_get_their_types_and_defaults(query: str, values: dict[str, Any]) -> None:
    assert LIST.accept(ApiRequest("GET", "/v2/replicas", {}, query=query)).query == values


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=-1", "limit"),
        ("limit=x", "limit"),
        ("limit=", "limit"),
        ("limit=" + "1" * 5000, "limit"),
        ("page=0&limit=0", "limit"),
        ("page=1.5", "page"),
        ("verbose=maybe", "verbose"),
        ("replica_type=other", "replica_type"),
        ("replica_ids=", "replica_ids"),
    ],
)
def test_a_wrong_value_is_named(query: str, field: str) -> None:
    with pytest.raises(InvalidField) as caught:
        LIST.accept(ApiRequest("GET", "/v2/replicas", {}, query=query))

    assert caught.value.field == field
    assert caught.value.violations[0].message


def test_the_four_locations() -> None:
    headers = {"cookie": "a=1; b=2=3; nothing", "x-y": "z"}
    request = ApiRequest("GET", "/", headers, query="q=1&q=2")
    path = {"p": "1"}

    assert read_location(request, path, "path") == {"p": "1"}
    assert read_location(request, path, "query")["q"] == "1"
    assert read_location(request, path, "header")["X-Y"] == "z"
    assert read_location(request, path, "cookie") == {"a": "1", "b": "2=3"}
