"""For each failure of a client, one program that plays the server's part: Python's standard library is all it needs."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from importlib.resources import files
from pathlib import Path
from typing import Any

from contract_tests.client.observation import ClientObservation, Step
from contract_tests.engine.model import JsonObject
from contract_tests.http.exchange import Exchange
from contract_tests.http.script import Answer, Script
from contract_tests.report.model import Finding, Report

_MOST = 50
"""How often a response is repeated at most that a script has for many exchanges."""


def write_repros(report: Report, folder: Path) -> Sequence[Path]:
    """Write a program for each failure and each warning of a client, and return where they are.

    Args:
        report: The run.
        folder: Where to; it is made if it is not there.
    """
    written = []
    folder.mkdir(parents=True, exist_ok=True)
    for finding in report.findings:
        if finding.result.verdict in ("fail", "warn") and isinstance(finding.observation, ClientObservation):
            path = folder / f"{finding.requirement.check_id.lower().replace('-', '_')}.py"
            path.write_text(repro(finding, finding.observation, report.tls), "utf-8")
            written.append(path)
    return written


def repro(finding: Finding, observation: ClientObservation, tls: tuple[str, str] | None) -> str:
    """Return a program that plays the server's part of a counterexample.

    Args:
        finding: What the check has ended in.
        observation: The counterexample.
        tls: The PEM texts of an authority and of a certificate with its key, for what needs TLS.
    """
    template = files("contract_tests.report").joinpath("templates/repro.py.txt").read_text("utf-8")
    requirement = finding.requirement
    title = f"{requirement.check_id}: a client {requirement.title}"
    text = json.dumps(_data(finding, observation, tls, title), ensure_ascii=True)
    # In a raw string: a backslash before a quote would end it early, and JSON has other ways to say a quote.
    shown = text.replace("'", "\\u0027")
    docstring = title.replace("\\", "\\\\").replace('"', "'")
    return (
        template.replace("{{TITLE}}", docstring).replace("{{CHECK}}", requirement.check_id).replace("{{DATA}}", shown)
    )


def _data(finding: Finding, observation: ClientObservation, tls: tuple[str, str] | None, title: str) -> JsonObject:
    called = {step.call.endpoint for step in observation.steps}
    needs_tls = any("tls" in endpoint for endpoint in called)
    authority, certificate = tls if needs_tls and tls is not None else ("", "")
    endpoints = ["wire", "other"]
    if "untrusted-tls" in called and certificate:
        endpoints.append("untrusted-tls")
    if called & {"tls", "tls-other-name"} and certificate:
        endpoints.append("tls")
    return {
        "title": title,
        "harm": finding.requirement.harm,
        "received": finding.received,
        "documented": finding.documented,
        "calls": [dict(step.asked) for step in observation.steps_shown()],
        "responses": [_response(exchange, script) for exchange, script in _answered(observation)],
        "endpoints": endpoints,
        "origins": _origins(observation),
        "authority": authority,
        "certificate": certificate,
    }


def _answered(observation: ClientObservation) -> Iterator[tuple[Exchange, Script]]:
    """Return each exchange in which a request came, with the script that was played for it."""
    for step in observation.steps:
        scripts = [script for one in step.call.scripts for script in [one] * min(one.times, _MOST)]
        exchanges = [one for one in step.exchanges if one.raw_request]
        for number, exchange in enumerate(exchanges):
            yield exchange, scripts[number] if number < len(scripts) else Script()
        for script in scripts[len(exchanges) :]:  # which a client that goes on will see
            if script.answer is not None:
                yield _not_yet(script.answer), script


def _not_yet(answer: Answer) -> Exchange:
    """Return the exchange in which a response would be sent, plainly framed, that the client did not ask for."""
    body = answer.body.encode("utf-8", "surrogatepass")
    lines = [f"HTTP/1.1 {answer.status} {_reason(answer.status)}", *(f"{name}: {one}" for name, one in answer.headers)]
    raw = "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode("latin-1", "replace") + body
    return Exchange("wire", 0, b"-", raw, True, None, 0, None, None, len(raw))


def _reason(status: int) -> str:
    return HTTPStatus(status).phrase if status in HTTPStatus.__members__.values() else ""


def _response(exchange: Exchange, script: Script) -> JsonObject:
    told: dict[str, Any] = {
        "base64": base64.b64encode(exchange.raw_answer).decode(),
        "length": exchange.answer_length,
        "end": exchange.ended if exchange.ended in ("kept", "fin", "rst", "hang") else _end(script),
    }
    for name in ("delay", "pause", "write_size"):
        if getattr(script, name):
            told[name] = getattr(script, name)
    if script.split_at:
        told["split_at"] = list(script.split_at)
    return told


def _end(script: Script) -> str:
    """Return what would have become of a connection that the client itself has ended."""
    if script.end != "keep":
        return script.end
    return "fin" if script.cut is not None or script.framing == "close" else "kept"


def _origins(observation: ClientObservation) -> dict[str, str]:
    """Return where the endpoints were, for those that stand in a response."""
    found: dict[str, str] = {}
    for step in observation.steps:
        found.update(_origins_in(step))
    return found


def _origins_in(step: Step) -> Iterator[tuple[str, str]]:
    for script in step.call.scripts:
        for endpoint in ("wire", "other", "tls"):
            if script.answer is not None and f"{{{endpoint}}}" in script.answer.header("location"):
                for exchange in step.exchanges:
                    head = exchange.raw_answer.partition(b"\r\n\r\n")[0].decode("latin-1")
                    for line in head.split("\r\n"):
                        if line.lower().startswith("location: "):
                            yield endpoint, line[10:].partition("/v2/")[0]
