from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from mock_tavus.admin import AdminPlane
from mock_tavus.auth import account_id_for
from mock_tavus.contract import Contract, bundled_contract
from mock_tavus.contract.document import read_document
from tests.support import Api


class Answers:
    """What the contract of the control plane says of its answers."""

    def __init__(self) -> None:
        self._contract = Contract.load(bundled_contract("control.yaml"), is_ours=True)
        self._document = read_document(bundled_contract("control.yaml"))
        self.seen: set[str] = set()

    def must_be_documented(self, method: str, path: str, answer: Any) -> None:
        """Hold an answer against the schema of its operation."""
        operation = self._contract.router.match(path).operation(method)
        self.seen.add(operation.operation_id)
        response = self._document["paths"][operation.path][method.lower()]["responses"]["200"]
        name = response["$ref"].rpartition("/")[2]
        schema = {"$ref": f"#/components/schemas/{name}", "components": self._document["components"]}
        faults = [fault.message for fault in Draft202012Validator(schema).iter_errors(answer)]
        assert faults == [], f"{operation.operation_id}: {faults}"


ANSWERS = Answers()


class AdminApi(Api):
    """An emulator whose control plane is called, too; its answers must be documented."""

    def control(
        self, method: str, path: str, body: Any = None, status: int = 200, key: str | None = None, **headers: str
    ) -> Any:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if key is not None:
            sent["x-api-key"] = key
        options = {} if body is None else {"json": body}
        response = self.client.open(path, method=method, headers=sent, **options)
        assert response.status_code == status, response.data
        assert response.headers["content-type"] == "application/json"
        answer = json.loads(response.data)
        assert isinstance(answer, dict)
        assert status < 400 or set(answer) == {"message"}
        if status < 400:
            ANSWERS.must_be_documented(method, path.partition("?")[0], answer)
        return answer

    def plane(self) -> AdminPlane:
        """Return what answers below /__admin."""
        view: Any = self.client.application.view_functions["admin.getHealth"]
        found = next(part for part in view.args if isinstance(part, AdminPlane))
        assert isinstance(found, AdminPlane)
        return found

    def account(self, key: str = "test") -> str:
        return account_id_for(key.encode())


@pytest.fixture
def api() -> AdminApi:
    return AdminApi()


@pytest.fixture(scope="session")
def control_contract() -> Contract:
    return Contract.load(bundled_contract("control.yaml"), is_ours=True)
