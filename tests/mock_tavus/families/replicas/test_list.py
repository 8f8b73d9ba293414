from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import Api


def listed(api: Api, **query: Any) -> tuple[list[str], int]:
    answer = api.call("listReplicas", query_string=query).get_json()
    return [item["replica_id"] for item in answer["data"]], answer["total_count"]


def test_nothing_yet(api: Api) -> None:
    assert listed(api) == ([], 0)


def test_the_newest_come_first_ten_to_a_page(api: Api) -> None:
    ids = [api.created_id() for _ in range(12)][::-1]

    assert listed(api) == (ids[:10], 12)
    assert listed(api, page=2) == (ids[10:], 12)
    assert listed(api, page=3) == ([], 12)
    assert listed(api, page=10**30, limit=10**30) == ([], 12)


@given(total=st.integers(0, 12), limit=st.integers(1, 14))
def test_the_pages_put_together_are_the_whole(total: int, limit: int) -> None:
    api = Api()
    ids = [api.created_id() for _ in range(total)][::-1]
    pages = [listed(api, limit=limit, page=page) for page in range(1, total // limit + 2)]

    assert [replica_id for page, _ in pages for replica_id in page] == ids
    assert {count for _, count in pages} == {total}


def test_filters(api: Api) -> None:
    first, second, third = (api.created_id() for _ in range(3))

    assert listed(api, replica_ids=f"{first}, {third},unknown") == ([third, first], 2)
    assert listed(api, replica_type="user") == ([third, second, first], 3)
    assert listed(api, replica_type="system") == ([], 0)


def test_items_say_less_than_the_replica_itself(api: Api) -> None:
    api.created_id()
    (item,) = api.call("listReplicas", query_string={"verbose": "true"}).get_json()["data"]

    assert item["replica_type"] == "user"
    assert "updated_at" not in item
    assert "error_message" not in item


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": "x"}, {"page": -1}, {"replica_type": "mine"}])
def test_a_wrong_parameter_is_named(api: Api, query: dict[str, Any]) -> None:
    response = api.call("listReplicas", query_string=query)

    assert (response.status_code, response.get_json()) == (400, {"error": f"Invalid {next(iter(query))}"})


def test_accounts_see_their_own(api: Api) -> None:
    api.created_id(key="other")

    assert listed(api) == ([], 0)
