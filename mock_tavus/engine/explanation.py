"""Why a request was answered as it was: what the vendor's short answer leaves out."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl

from mock_tavus.callbacks import TargetPolicy, TargetRefused
from mock_tavus.contract import Contract, Operation
from mock_tavus.errors import ApiError, Violation
from mock_tavus.messages import ApiRequest, Exchange, JsonObject

_KNOWN_MODELS = ("phoenix-2", "phoenix-3")
_WORD = str.maketrans("", "", "_-")
_NOT_EMULATED = ("conversations", "personas", "videos", "speech", "documents", "guardrails", "objectives", "tools")
"""Other parts of the vendor's API, which public clients call (observed)."""


class Explainer:
    """Tell what is behind a response, in words and with places in the contract.

    Args:
        contract: What was served.
        policy: Where callbacks may go.
        has_resource: Tells whether any account has a resource of this id.
    """

    def __init__(
        self, contract: Contract, policy: TargetPolicy, has_resource: Callable[[str], bool] = lambda resource_id: False
    ) -> None:
        self._contract = contract
        self._policy = policy
        self._has_resource = has_resource

    def explain(self, exchange: Exchange) -> JsonObject:
        """Return the violations of a request, what its sender may have meant, and what is worth knowing of it.

        Args:
            exchange: The request with its response.
        """
        return {
            "violations": [self._violation(violation) for violation in exchange.violations],
            "hints": self.hints(exchange),
            "warnings": self.warnings(exchange),
        }

    def remarks(self, exchange: Exchange) -> list[str]:
        """Return what is worth a word in the log: near misses of a refusal, warnings of an accepted request.

        Args:
            exchange: The request with its response.
        """
        return self.hints(exchange) or self.warnings(exchange)

    def hints(self, exchange: Exchange) -> list[str]:
        """Return near misses: what was sent, and what it looks as if it had been meant to be.

        Args:
            exchange: The request with its response.
        """
        if exchange.response.status < 400:
            return []
        return [
            *self._path_hints(exchange),
            *self._key_hints(exchange),
            *self._field_hints(exchange),
            *self._owner_hints(exchange),
        ]

    def warnings(self, exchange: Exchange) -> list[str]:
        """Return what an accepted request has that will not do what its sender may think.

        Args:
            exchange: The request with its response.
        """
        operation = self._operation(exchange)
        if operation is None or exchange.response.status >= 400:
            return []
        body = _object(exchange.request)
        return [
            *_extra_fields(operation, body),
            *_extra_parameters(operation, exchange.request.query),
            *_unknown_model(body),
            *self._held_back(operation, body),
        ]

    def _operation(self, exchange: Exchange) -> Operation | None:
        return None if exchange.operation_id is None else self._contract.operations.get(exchange.operation_id)

    def _violation(self, violation: Violation) -> JsonObject:
        line = self._contract.lines.line_of(violation.contract_path) if violation.contract_path else None
        return {
            "field": violation.field,
            "location": violation.location,
            "pointer": violation.pointer,
            "message": violation.message,
            "expected": violation.expected,
            "received": violation.received,
            "fix": violation.fix,
            "contract": f"{self._contract.path}:{line}" if line else str(self._contract.path),
        }

    def _path_hints(self, exchange: Exchange) -> Iterator[str]:
        request = exchange.request
        if exchange.response.status == 405:
            allowed = dict(exchange.response.headers).get("Allow", "")
            longer = [one for one in self._contract.operations.values() if one.method == request.method]
            beyond = next((one for one in longer if one.path.startswith(_template_of(self._contract, request))), None)
            yield f"{request.path} takes {allowed}"
            if beyond is not None:
                yield f"{request.method} goes to {beyond.path}"
            return
        if exchange.response.status != 404:
            return
        if request.method == "CONNECT":
            yield "this is no proxy: give your client its address as the base URL of the API"
            return
        paths = [operation.path for operation in self._contract.operations.values()]
        if self._contract.router.has(request.path.rstrip("/")):
            yield f"leave the slash at the end out: {request.path.rstrip('/')}"
        elif any(f"/{name}" in request.path.lower() for name in _NOT_EMULATED):
            yield "not emulated: the contract has replicas alone; docs/contract.md tells how to serve more"
        elif request.path == "/":
            yield f"the API is at {paths[0] if paths else 'the paths of the contract'}, the dashboard at /__admin/"
        elif near := difflib.get_close_matches(request.path, paths, n=1, cutoff=0.6):
            yield f"did you mean {near[0]}?"

    def _key_hints(self, exchange: Exchange) -> Iterator[str]:
        if exchange.response.status != 401:
            return
        scheme = self._scheme(exchange)
        if scheme is None:
            return
        headers, query = exchange.request.headers, exchange.request.query
        sent = scheme.credential(exchange.request)
        if sent:
            if sent.startswith(b"invalid"):
                yield "keys that begin with `invalid` are refused, so that a test has one that is; take any other"
        elif "x_api_key" in headers:
            yield "you sent x_api_key; the header is x-api-key, with hyphens"
        elif scheme.name != "authorization" and "authorization" in headers:
            yield f"the key belongs {scheme.usage}, by itself, not in Authorization"
        elif scheme.name != "x-api-key" and "x-api-key" in headers:
            yield f"the key belongs {scheme.usage}, not in x-api-key"
        elif scheme.location != "query" and "key" in query.lower():
            yield f"the key belongs {scheme.usage}, not in the query"
        else:
            yield f"send the key {scheme.usage}"

    def _scheme(self, exchange: Exchange) -> Any:
        try:
            security = self._contract.router.match(exchange.request.path).security(exchange.request.method)
        except ApiError:
            return None
        return next(iter(security.schemes), None)

    def _field_hints(self, exchange: Exchange) -> Iterator[str]:
        operation = self._operation(exchange)
        if operation is None:
            return
        known = operation.body_properties
        body = _object(exchange.request)
        for key in body:
            if key not in known and (meant := _same_word(key, known)):
                yield f"did you mean {json.dumps(meant)}? The body has {json.dumps(key)}"
        nulls = [key for key, value in body.items() if value is None and key in known]
        if nulls and any(violation.field in nulls for violation in exchange.violations):
            yield (
                f"{json.dumps(nulls[0])} is null, which public clients send all the same; "
                "leave the field out, or have null taken with --accept-null"
            )

    def _owner_hints(self, exchange: Exchange) -> Iterator[str]:
        """Yield that a replica is another account's: the vendor's answer is the same as for one that is nobody's."""
        if exchange.response.status != 400 or exchange.violations or exchange.operation_id is None:
            return
        try:
            parameters = self._contract.router.match(exchange.request.path).parameters
        except ApiError:
            return
        if any(self._has_resource(value) for value in parameters.values()):
            yield "another API key has a replica of this id; each key is an account of its own"

    def _held_back(self, operation: Operation, body: Mapping[str, Any]) -> Iterator[str]:
        url = "" if operation.callback is None else operation.callback.url(body)
        if url:
            try:
                self._policy.target(url)
            except TargetRefused as refusal:
                yield f"the callback will be held back: {refusal}"


def _template_of(contract: Contract, request: ApiRequest) -> str:
    """Return the template of the path that a request has, with a slash behind it; its own path if there is none."""
    try:
        found = contract.router.match(request.path)
    except ApiError:
        return f"{request.path}/"
    return f"{next(iter(found.operations.values())).path}/"


def _extra_fields(operation: Operation, body: Mapping[str, Any]) -> Iterator[str]:
    known = operation.body_properties
    if known:
        for key in body:
            if key not in known:
                meant = _same_word(key, known)
                hint = f"; did you mean {json.dumps(meant)}?" if meant else ""
                yield f"{json.dumps(key)} is not documented, and does nothing{hint}"


def _extra_parameters(operation: Operation, query: str) -> Iterator[str]:
    known = operation.parameters.names("query")
    for name in dict.fromkeys(name for name, _ in parse_qsl(query, keep_blank_values=True)):
        if name not in known and (meant := _same_word(name, known)):
            yield f"the query has {name}, which does nothing; did you mean {meant}?"


def _unknown_model(body: Mapping[str, Any]) -> Iterator[str]:
    model = body.get("model_name")
    if isinstance(model, str) and model not in _KNOWN_MODELS:
        yield f"model_name {json.dumps(model)} is not documented ({', '.join(_KNOWN_MODELS)}); it was accepted"


def _same_word(key: str, known: Iterable[str]) -> str | None:
    plain = {name.translate(_WORD).lower(): name for name in known}
    folded = key.translate(_WORD).lower()
    if folded in plain:
        return plain[folded]
    near = difflib.get_close_matches(folded, plain, n=1, cutoff=0.8)
    return plain[near[0]] if near else None


def _object(request: ApiRequest) -> Mapping[str, Any]:
    try:
        value = json.loads(request.body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
