from __future__ import annotations

import pytest

from mock_tavus.wire import Listener, WireLog
from tests.mock_tavus.admin.conftest import AdminApi
from tests.mock_tavus.wire.test_lines import Ports


def test_without_the_wire_nothing_can_be_armed(api: AdminApi) -> None:
    assert api.control("GET", "/__admin/wire") == {"doors": {}, "lines": {}, "armed": []}
    answer = api.control("POST", "/__admin/wire/scripts", {"scripts": [{}]}, status=409)
    assert "--wire-port" in answer["message"]


def test_what_is_armed_can_be_seen_replaced_and_forgotten(api: AdminApi) -> None:
    api.emulator.wire.listeners = (Listener("wire", "http://127.0.0.1:4011"),)
    assert api.control("POST", "/__admin/wire/scripts", {"scripts": [{"cut": 1}]}, key="a")["armed"] == 1
    api.control("POST", "/__admin/wire/scripts", {"scripts": [{"cut": 2}], "replace": True}, key="a")

    assert api.control("GET", "/__admin/wire")["armed"] == [{"account": api.account("a"), "script": {"cut": 2}}]
    api.control("POST", "/__admin/reset", {}, key="a")
    assert api.control("GET", "/__admin/wire")["armed"] == []
    assert api.control("DELETE", "/__admin/wire/scripts") == {"disarmed": 0}


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ({"end": "bang"}, "end"),
        ({"cut": -1}, "cut"),
        ({"answer": {"headers": [["a", "b\r\nc"]]}}, "answer"),
        ({"raw_base64": "?"}, "raw_base64: expected base64"),
        ({"unknown": 1}, "unknown"),
    ],
)
def test_a_script_that_cannot_be_read_is_told(api: AdminApi, script: dict[str, object], message: str) -> None:
    api.emulator.wire.listeners = (Listener("wire", "http://127.0.0.1:4011"),)
    answer = api.control("POST", "/__admin/wire/scripts", {"scripts": [script]}, status=400)

    assert message in answer["message"]


def test_exchanges_can_be_read_from_one_on_and_forgotten(api: AdminApi) -> None:
    for _ in range(3):
        api.emulator.wire.end(api.emulator.wire.begin("wire", 1, 0.0), "kept")

    found = api.control("GET", "/__admin/wire/exchanges?since=wx_000001&settle=1")["exchanges"]
    assert [exchange["id"] for exchange in found] == ["wx_000002", "wx_000003"]
    assert len(api.control("GET", "/__admin/wire/exchanges?limit=1")["exchanges"]) == 1
    assert api.control("DELETE", "/__admin/wire/exchanges") == {"forgotten": 3}


def test_a_line_is_opened_armed_and_closed(api: AdminApi) -> None:
    assert "--wire-port" in api.control("POST", "/__admin/wire/lines", status=409)["message"]

    def listen(log: WireLog) -> Ports:
        log.listeners = (Listener("wire", "http://127.0.0.1:4099"),)
        return Ports(log)

    api.emulator.lines.listen = listen
    opened = api.control("POST", "/__admin/wire/lines")
    line = opened["line"]
    api.control("POST", f"/__admin/wire/scripts?line={line}", {"scripts": [{"cut": "in-body"}]})

    assert opened["doors"] == {"wire": "http://127.0.0.1:4099"}
    assert api.control("GET", "/__admin/wire")["lines"] == {line: opened["doors"]}
    assert api.control("GET", "/__admin/wire")["armed"] == []
    assert api.control("GET", f"/__admin/wire?line={line}")["armed"] == [
        {"account": None, "script": {"cut": "in-body"}}
    ]
    assert api.control("GET", f"/__admin/wire/exchanges?line={line}")["exchanges"] == []
    assert api.control("DELETE", f"/__admin/wire/lines/{line}") == {}
    assert "no line" in api.control("GET", f"/__admin/wire?line={line}", status=404)["message"]
    assert "no line" in api.control("DELETE", f"/__admin/wire/lines/{line}", status=404)["message"]
