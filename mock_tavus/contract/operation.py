"""One operation of the contract, with its compiled validators."""

from __future__ import annotations

from dataclasses import dataclass

from jsonschema_path import SchemaPath

from mock_tavus.contract.body import RequestBody
from mock_tavus.contract.examples import SuccessExample, success_example
from mock_tavus.contract.parameters import Parameters
from mock_tavus.contract.security import Security
from mock_tavus.contract.violations import WHOLE_BODY
from mock_tavus.errors import InvalidField, InvalidRequestBody, Violation
from mock_tavus.messages import ApiRequest, OperationCall


@dataclass(frozen=True, slots=True)
class Operation:
    """What the contract says of one method on one path.

    Args:
        operation_id: Its name.
        method: In capitals.
        path: The path's template, `/v2/replicas/{replica_id}`.
        security: Which credentials open it.
        parameters: What its path, query, headers and cookies may hold.
        request_body: What its body may be; None if it has none.
        success: The first 2xx answer that it documents, with an example.
    """

    operation_id: str
    method: str
    path: str
    security: Security
    parameters: Parameters
    request_body: RequestBody | None
    success: SuccessExample

    @classmethod
    def build(
        cls, document: SchemaPath, path: str, method: str, *, base_path: str = "", null_is_absent: bool = False
    ) -> Operation:
        """Make everything that a request will need from an operation's definition.

        Args:
            document: The whole contract.
            path: The key below `paths`.
            method: The key below that.
            base_path: What stands before the path in the server's URL.
            null_is_absent: Whether null in the body stands for a field that was left out.

        Raises:
            ContractError: It uses something that the emulator does not serve.
        """
        item = document / "paths" / path
        definition = item / method
        place = ("paths", path, method)
        parameters = [
            (parameter, (*owner_place, "parameters", str(number)))
            for owner, owner_place in ((definition, place), (item, place[:2]))
            if "parameters" in owner
            for number, parameter in enumerate(owner / "parameters")
        ]
        return cls(
            operation_id=(definition / "operationId").read_str(),
            method=method.upper(),
            path=base_path + path,
            security=Security.build(document, definition),
            parameters=Parameters(document, parameters),
            request_body=_request_body(document, definition, place, null_is_absent=null_is_absent),
            success=success_example(definition),
        )

    def accept(self, request: ApiRequest) -> OperationCall:
        """Return what a request asks for.

        Raises:
            InvalidRequestBody: The body as a whole is not what the contract asks for.
            InvalidField: A parameter or a field is wrong: the first one, in the contract's order.
        """
        values, violations = self.parameters.read(request)
        body = None
        if request.is_truncated:
            violations.append(Violation(WHOLE_BODY, "ends before its Content-Length"))
        elif self.request_body is not None:
            body, faults = self.request_body.read(request.body, request.headers.get("content-type", ""))
            violations += faults
        if violations:
            first = violations[0].field
            raise InvalidRequestBody(violations) if first == WHOLE_BODY else InvalidField(first, violations)
        return OperationCall(values["path"], values["query"], body if isinstance(body, dict) else {})


def _request_body(
    document: SchemaPath, definition: SchemaPath, place: tuple[str, ...], *, null_is_absent: bool
) -> RequestBody | None:
    if "requestBody" not in definition:
        return None
    return RequestBody(document, definition / "requestBody", (*place, "requestBody"), null_is_absent=null_is_absent)
