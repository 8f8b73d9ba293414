"""One operation of the contract, with all that its requests need."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from mock_tavus.contract.body import RequestBody
from mock_tavus.contract.examples import SuccessExample, success_example
from mock_tavus.contract.parameters import Parameters
from mock_tavus.contract.references import Document, resolve
from mock_tavus.contract.security import Security
from mock_tavus.contract.violations import WHOLE_BODY
from mock_tavus.contract.words import CallbackWords, Refusal, callback_words, refusals
from mock_tavus.errors import ApiError, InvalidField, InvalidRequestBody, TooLarge, Violation
from mock_tavus.messages import ApiRequest, OperationCall

if TYPE_CHECKING:
    from jsonschema_path import SchemaPath

_NO_PARAMETERS: Mapping[str, str] = MappingProxyType({})


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
        success: The first 2xx response that it documents, with an example.
        refusals: What it says to errors, by status.
        callback: Where it calls back, and what it says then; None if it does not.
        body_properties: The fields that its JSON body may have, by name; empty if it has none.
    """

    operation_id: str
    method: str
    path: str
    security: Security
    parameters: Parameters
    request_body: RequestBody | None
    success: SuccessExample
    refusals: Mapping[int, Refusal] = field(default_factory=dict)
    callback: CallbackWords | None = None
    body_properties: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def build(
        cls,
        document: Document,
        path: str,
        method: str,
        spec: Callable[[], SchemaPath],
        *,
        base_path: str = "",
        null_is_absent: bool = False,
    ) -> Operation:
        """Make everything that a request will need from an operation's definition.

        Args:
            document: The whole contract.
            path: The key below `paths`.
            method: The key below that.
            spec: Gives the contract as openapi-core reads it.
            base_path: What stands before the path in the server's URL.
            null_is_absent: Whether null in the body stands for a field that was left out.

        Raises:
            ContractError: It uses something that the emulator does not serve.
        """
        item = document["paths"][path]
        definition = item[method]
        place = ("paths", path, method)
        body = resolve(document, definition.get("requestBody"))
        return cls(
            operation_id=str(definition["operationId"]),
            method=method.upper(),
            path=base_path + path,
            security=Security.build(document, definition),
            parameters=Parameters(document, _parameter_places(item, place), spec),
            request_body=None
            if body is None
            else RequestBody(document, body, (*place, "requestBody"), spec, null_is_absent=null_is_absent),
            success=success_example(document, definition),
            refusals=refusals(document, definition),
            callback=callback_words(document, definition),
            body_properties=_body_properties(document, body),
        )

    def load(self) -> None:
        """Build what judges a no, before the first request needs it."""
        self.parameters.load()
        if self.request_body is not None:
            self.request_body.load()

    def accept(self, request: ApiRequest, path_parameters: Mapping[str, str] = _NO_PARAMETERS) -> OperationCall:
        """Return what a request asks for.

        Args:
            request: The request.
            path_parameters: What its path gives for the operation's template.

        Raises:
            TooLarge: The body goes beyond the limit.
            InvalidRequestBody: The body as a whole is not what the contract asks for.
            InvalidField: A parameter or a field is wrong: the first one, in the contract's order.
        """
        if request.too_large:
            raise TooLarge
        values, violations = self.parameters.read(request, path_parameters)
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

    def refusal_body(self, error: ApiError) -> Any:
        """Return what the API says to `error`: the contract's words, or the assumed ones where it has none."""
        known = self.refusals.get(error.status)
        return error.body if known is None else known.body(error)

    def example(self, status: int) -> Any:
        """Return what the contract shows as the response with `status`; None if it shows nothing."""
        known = self.refusals.get(status)
        return None if known is None else known.example


def _parameter_places(item: Mapping[str, Any], place: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Return where the parameters of an operation stand, its own before those of its path."""
    owners = ((item[place[-1]], place), (item, place[:-1]))
    return [
        (*owner_place, "parameters", str(number))
        for owner, owner_place in owners
        for number in range(len(owner.get("parameters", [])))
    ]


def _body_properties(document: Document, body: Any) -> Mapping[str, Any]:
    media_type = ({} if body is None else body).get("content", {}).get("application/json", {})
    schema = resolve(document, media_type.get("schema", {}))
    return dict(schema.get("properties", {})) if isinstance(schema, Mapping) else {}
