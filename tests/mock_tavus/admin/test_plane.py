"""Every operation of the control plane answers as its contract says."""

from __future__ import annotations

import pytest

from mock_tavus.wire import Listener
from tests.mock_tavus.admin.conftest import ANSWERS, AdminApi
from tests.mock_tavus.wire.test_lines import Ports


def test_every_operation_is_documented_with_what_it_answers(api: AdminApi) -> None:
    api.emulator.wire.listeners = (Listener("wire", "http://127.0.0.1:4011"),)
    replica_id = api.created_id(callback_url="http://127.0.0.1:9/")
    other = api.created_id(callback_url="http://127.0.0.1:9/")
    inbox = api.client.post("/__inbox/a", json={"a": 1})
    assert inbox.status_code == 204
    ANSWERS.seen.clear()
    scenario = api.control("POST", "/__admin/scenarios", {"outcome": {"status": 503}})
    for path in ("health", "openapi.json", "control.json", "ledger", "requests", "requests/wait?count=1", "callbacks"):
        api.control("GET", f"/__admin/{path}")
    request_id = api.control("GET", "/__admin/requests")["requests"][0]["id"]
    api.control("GET", f"/__admin/requests/{request_id}")
    api.control("POST", "/__admin/requests/find", {"method": "POST"})
    api.control("POST", "/__admin/requests/count", {"method": "POST"})
    api.control("POST", f"/__admin/replicas/{replica_id}/fail", {"cause": "video_fps"})
    api.control("POST", f"/__admin/replicas/{other}/complete")
    api.control("POST", f"/__admin/callbacks/cb_{other}_forced/replay")
    api.control("GET", "/__admin/callbacks/wait?state=cancelled&count=2")
    api.control("GET", "/__admin/clock", key="test")
    for path, body in (("advance", {"by": "1h"}), ("freeze", None), ("resume", None)):
        api.control("POST", f"/__admin/clock/{path}", body, key="test")
    api.control("GET", "/__admin/replicas")
    api.control("GET", "/__admin/scenarios")
    api.control("DELETE", f"/__admin/scenarios/{scenario['id']}")
    api.control("DELETE", "/__admin/scenarios")
    api.emulator.lines.listen = Ports
    line = api.control("POST", "/__admin/wire/lines")["line"]
    api.control("DELETE", f"/__admin/wire/lines/{line}")
    api.control("POST", "/__admin/wire/scripts", {"scripts": [{"cut": 3}]})
    api.control("GET", "/__admin/wire")
    api.control("GET", "/__admin/wire/exchanges")
    api.control("DELETE", "/__admin/wire/exchanges")
    api.control("DELETE", "/__admin/wire/scripts")
    api.control("GET", "/__inbox/a")
    api.control("GET", "/__inbox/a/wait?count=1")
    api.control("PUT", "/__inbox/a", {"status": 201})
    api.control("DELETE", "/__inbox/a")
    api.control("POST", "/__admin/reset?all=true", {"journal": True})
    api.control("DELETE", "/__admin/requests")

    assert ANSWERS.seen == set(api.plane().contract.operations)


def test_a_fault_of_ours_is_a_500_and_no_mistake_of_the_callers(
    api: AdminApi, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise ValueError("a bug")

    monkeypatch.setattr(api.emulator.stores.accounts, "creations", fail)

    assert "Internal server error" in api.control("GET", "/__admin/ledger", status=500)["message"]
    assert "a bug" in caplog.text


def test_an_inboxs_name_over_the_limit_is_refused(api: AdminApi) -> None:
    name = "x" * 201

    assert "at most 200 characters" in api.control("GET", f"/__inbox/{name}", status=400)["message"]
    assert api.client.post(f"/__inbox/{name}", json={}).status_code == 400
    assert api.client.post(f"/__inbox/{'x' * 200}", json={}).status_code == 204
