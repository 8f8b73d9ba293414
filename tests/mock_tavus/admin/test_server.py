from __future__ import annotations

from openapi_spec_validator import OpenAPIV31SpecValidator

from mock_tavus.admin.plane import HANDLERS
from mock_tavus.contract import Contract
from tests.mock_tavus.admin.conftest import AdminApi


def test_every_operation_of_the_control_contract_has_a_handler(control_contract: Contract) -> None:
    assert set(control_contract.operations) == set(HANDLERS) | {"getControlContract"}


def test_the_control_contract_is_valid_and_served(api: AdminApi) -> None:
    document = api.control("GET", "/__admin/control.json")

    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []
    assert document["servers"][0]["url"] == "http://localhost"


def test_reset_starts_an_account_clean(api: AdminApi) -> None:
    first = api.created_id(callback_url="http://127.0.0.1:9/")
    other = api.created_id(key="other")
    api.control("POST", "/__admin/clock/advance", {"by": "1h"}, key="other")

    assert api.control("POST", "/__admin/reset", key="test") == {"reset": [api.account()]}

    assert api.call("getReplica", first).status_code == 400
    assert api.get(other, key="other")["status"] == "completed"
    assert api.created_id() == first  # ids follow from the count, which begins again
    assert [one["state"] for one in api.control("GET", "/__admin/callbacks")["callbacks"]] == []


def test_reset_of_all_must_be_said_and_spares_the_journal_unless_asked(api: AdminApi) -> None:
    api.create()
    api.create(key="other")
    api.control("POST", "/__admin/reset", status=400)
    api.control("POST", "/__admin/reset?all=true")

    assert api.emulator.stores.resources.count() == 0
    assert len(api.control("GET", "/__admin/requests")["requests"]) == 2
    api.control("POST", "/__admin/reset?all=true", {"journal": True})
    assert api.control("GET", "/__admin/requests")["requests"] == []


def test_the_ledger_counts_what_would_have_been_billed(api: AdminApi) -> None:
    for _ in range(3):
        api.create()
    api.create({})
    api.create(key="other")

    assert api.control("GET", "/__admin/ledger") == {
        "trainings": 4,
        "accounts": [
            {"account": api.account(), "trainings": 3},
            {"account": api.account("other"), "trainings": 1},
        ],
    }
    assert api.control("GET", "/__admin/ledger", key="other")["trainings"] == 1


def test_accounts_are_bounded() -> None:
    api = AdminApi(max_accounts=3)
    ids = [api.created_id(key=f"k{number}") for number in range(3)]
    api.get(ids[0], key="k0")
    api.create(key="k3")

    assert api.call("getReplica", ids[1], key="k1").status_code == 400  # the one unused for the longest time
    assert api.control("GET", "/__admin/health")["accounts_forgotten"] == 2  # and asking made it anew
    assert api.control("GET", "/__admin/health")["accounts"] == 3


def test_odd_messages_leave_an_inbox_readable(api: AdminApi) -> None:
    for body in (rb'{"a":"\ud800"}', b'{"a":NaN}', b"1e999", b"\xff", b"[" * 5000):
        api.client.post("/__inbox/odd", data=body, headers={"x-api-key": "canary", "authorization": "canary"})
    messages = api.control("GET", "/__inbox/odd")["messages"]

    assert [message["body"] for message in messages[:4]] == [r'{"a":"\ud800"}', '{"a":NaN}', "1e999", "\\xff"]
    assert "canary" not in repr(messages)
