"""The wire: what happens to its next exchanges, and what was seen on it."""

from __future__ import annotations

import base64
from typing import Any

from mock_tavus.admin.context import AdminCall, AdminError
from mock_tavus.emulator import Emulator
from mock_tavus.messages import JsonObject
from mock_tavus.wire import WireExchange, WireLog, script_from
from mock_tavus.wire.lines import LineError
from mock_tavus.wire.log import Traffic
from mock_tavus.wire.script import ScriptError


def get_wire(call: AdminCall, emulator: Emulator) -> JsonObject:
    """Return where the wire listens, and what is armed.

    Args:
        call: What was asked for, as the contract has accepted it.
        emulator: The emulator that it is about.
    """
    wire = _log(call, emulator)
    return {
        "doors": _doors(wire),
        "lines": {name: _doors(log) for name, log in emulator.lines.logs.items()},
        "armed": [{"account": account, "script": script.source} for script, account in wire.armed(call.account_id)],
    }


def arm_wire(call: AdminCall, emulator: Emulator) -> JsonObject:
    """Arm scripts for the next exchanges, and tell after which exchange they begin.

    Args:
        call: What was asked for, as the contract has accepted it.
        emulator: The emulator that it is about.
    """
    wire = _log(call, emulator)
    if not wire.listeners:
        raise AdminError("the wire is not listening; start the server with --wire-port", status=409)
    try:
        scripts = [script_from(settings) for settings in call.body["scripts"]]
        if call.body.get("replace"):
            wire.disarm(call.account_id)
        wire.arm(scripts, call.account_id)
    except ScriptError as error:
        raise AdminError(str(error)) from error
    return {"armed": len(scripts), "since": wire.last_id}


def disarm_wire(call: AdminCall, emulator: Emulator) -> JsonObject:
    """Forget the scripts of one account, or all.

    Args:
        call: What was asked for, as the contract has accepted it.
        emulator: The emulator that it is about.
    """
    return {"disarmed": _log(call, emulator).disarm(call.account_id)}


def list_exchanges(call: AdminCall, emulator: Emulator) -> JsonObject:
    """Return the latest exchanges, byte by byte, the oldest first.

    Args:
        call: What was asked for, as the contract has accepted it.
        emulator: The emulator that it is about.
    """
    since = int(call.query.get("since", "wx_0").removeprefix("wx_")[:18])
    wire = _log(call, emulator)
    wire.wait_until_ended(since, call.query["settle"])
    found = wire.exchanges(since, call.account_id)
    return {"exchanges": [exchange_view(one) for one in found[max(0, len(found) - call.query["limit"]) :]]}


def clear_exchanges(call: AdminCall, emulator: Emulator) -> JsonObject:
    """Forget the exchanges of one account, or all.

    Args:
        call: What was asked for, as the contract has accepted it.
        emulator: The emulator that it is about.
    """
    return {"forgotten": _log(call, emulator).clear(call.account_id)}


def open_line(call: AdminCall, emulator: Emulator) -> JsonObject:
    """Open a line: doors whose scripts and exchanges nobody else sees.

    Args:
        call: What was asked for, as the contract has accepted it.
        emulator: The emulator that it is about.
    """
    try:
        name, log = emulator.lines.open()
    except LineError as error:
        raise AdminError(str(error), status=409) from error
    return {"line": name, "doors": _doors(log)}


def close_line(call: AdminCall, emulator: Emulator) -> JsonObject:
    """Close a line, and forget what was armed and seen there.

    Args:
        call: What was asked for, as the contract has accepted it.
        emulator: The emulator that it is about.
    """
    try:
        emulator.lines.close(call.path["line"])
    except LineError as error:
        raise AdminError(str(error), status=404) from error
    return {}


def _log(call: AdminCall, emulator: Emulator) -> WireLog:
    try:
        return emulator.lines.log(call.query.get("line"))
    except LineError as error:
        raise AdminError(str(error), status=404) from error


def _doors(log: WireLog) -> JsonObject:
    return {listener.name: listener.url for listener in log.listeners}


def exchange_view(exchange: WireExchange) -> JsonObject:
    """Return one exchange, its bytes as base64. They hold whatever the client sent, its key too.

    Args:
        exchange: The request with its response.
    """
    return {
        "id": exchange.exchange_id,
        "door": exchange.listener,
        "connection": exchange.connection,
        "account": exchange.account_id,
        "began_ms": round(exchange.began_at * 1000, 3),
        "request": _traffic_view(exchange.request),
        "answer": _traffic_view(exchange.answer),
        "complete": exchange.is_complete,
        "status": exchange.status,
        "withheld": exchange.withheld,
        "ended": exchange.ended,
        "error": exchange.error,
        "script": exchange.script.source,
    }


def _traffic_view(traffic: Traffic) -> dict[str, Any]:
    return {
        "base64": base64.b64encode(bytes(traffic.data)).decode(),
        "length": traffic.length,
        "times": [{"ms": at, "bytes": count} for at, count in traffic.times],
    }
