from __future__ import annotations

from pathlib import Path

import pytest

from contract_tests import Oracle
from contract_tests import oracle as oracle_module
from contract_tests.oracle import bundled_contract

JSON = "application/json"
CREATED = b'{"replica_id":"r783537ef5","status":"started"}'


@pytest.mark.parametrize(
    ("operation", "status", "body"),
    [
        ("createReplica", 200, CREATED),
        ("createReplica", 400, b'{"error":"Invalid train_video_url"}'),
        ("createReplica", 401, b'{"message":"Invalid access token"}'),
        ("deleteReplica", 200, b"{}"),
    ],
)
def test_a_documented_answer_has_no_faults(oracle: Oracle, operation: str, status: int, body: bytes) -> None:
    assert oracle.answer_faults(operation, status, JSON, body) == []


@pytest.mark.parametrize(
    ("operation", "status", "content_type", "body", "fault"),
    [
        ("createReplica", 201, JSON, CREATED, "Received: status 201. Documented: 200, 400, 401, 402, 413."),
        (
            "createReplica",
            200,
            "text/plain",
            CREATED,
            "Received: content type text/plain. Documented: application/json",
        ),
        ("createReplica", 200, None, CREATED, "Received: content type None"),
        ("createReplica", 200, JSON, b"<html>", "Received: a body that is not JSON"),
        ("createReplica", 200, JSON, b"\xff", "Received: a body that is not JSON"),
        ("createReplica", 200, JSON, b'{"status":"started"}', 'Documented: required ["replica_id", "status"].'),
        ("createReplica", 200, JSON, b'{"replica_id":1,"status":"started"}', "Received: 1 at /replica_id."),
        ("createReplica", 200, JSON, b'{"replica_id":"r","status":"ready"}', 'Received: "ready" at /status.'),
        ("createReplica", 401, JSON, b'{"error":"no"}', 'Documented: required ["message"].'),
        ("listReplicas", 200, JSON, b'{"data":[{}],"total_count":1}', "at /data/0. Documented: required"),
    ],
)
def test_every_departure_is_told(
    oracle: Oracle, operation: str, status: int, content_type: str | None, body: bytes, fault: str
) -> None:
    faults = oracle.answer_faults(operation, status, content_type, body)

    assert faults
    assert fault in faults[0]


def test_callbacks(oracle: Oracle) -> None:
    ready = b'{"replica_id":"r1","status":"ready"}'
    error = b'{"replica_id":"r1","status":"error","error_message":"bad"}'

    assert oracle.callback_faults(JSON, ready) == []
    assert oracle.callback_faults(JSON, error) == []
    assert oracle.callback_faults("text/plain", ready)
    for wrong in (b'{"replica_id":"r1","status":"completed"}', b'{"replica_id":"r1","status":"error"}', b"[]"):
        assert oracle.callback_faults(JSON, wrong)


def test_an_unknown_operation_is_a_mistake_of_the_caller(oracle: Oracle) -> None:
    with pytest.raises(KeyError, match="no operation 'other'"):
        oracle.answer_faults("other", 200, JSON, b"{}")


def test_a_wheel_carries_the_contract_and_a_checkout_has_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oracle_module, "__file__", str(tmp_path / "contract_tests" / "oracle.py"))

    assert bundled_contract() == tmp_path / "openapi" / "tavus.yaml"
    (tmp_path / "contract_tests" / "openapi").mkdir(parents=True)
    (tmp_path / "contract_tests" / "openapi" / "tavus.yaml").touch()
    assert bundled_contract() == tmp_path / "contract_tests" / "openapi" / "tavus.yaml"
