"""Why a request was answered as it was: what the vendor's short answer leaves out."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Sequence
from typing import Any

from mock_tavus.callbacks import TargetPolicy, TargetRefused
from mock_tavus.contract import Contract
from mock_tavus.errors import Violation
from mock_tavus.messages import ApiRequest, JournalEntry, Json

_KNOWN_MODELS = ("phoenix-2", "phoenix-3")
_WORD = str.maketrans("", "", "_-")


class Explainer:
    """Tell what is behind an answer, in words and with places in the contract.

    Args:
        contract: What was served.
        policy: Where callbacks may go.
    """

    def __init__(self, contract: Contract, policy: TargetPolicy) -> None:
        self._contract = contract
        self._policy = policy

    def explain(self, entry: JournalEntry) -> Json:
        """Return the violations of a request, what its sender may have meant, and what is worth knowing of it."""
        return {
            "violations": [self._violation(violation) for violation in entry.violations],
            "hints": self.hints(entry),
            "warnings": self.warnings(entry),
        }

    def remarks(self, entry: JournalEntry) -> list[str]:
        """Return what is worth a word in the log: near misses of a refusal, warnings of an accepted request."""
        return self.hints(entry) or self.warnings(entry)

    def hints(self, entry: JournalEntry) -> list[str]:
        """Return near misses: what was sent, and what it looks as if it had been meant to be."""
        if entry.reply.status < 400:
            return []
        return [*self._path_hints(entry), *_key_hints(entry), *self._field_hints(entry)]

    def warnings(self, entry: JournalEntry) -> list[str]:
        """Return what an accepted request has that will not do what its sender may think."""
        if entry.operation_id is None or entry.reply.status >= 400:
            return []
        body = _object(entry.request)
        return [*self._extra_keys(entry.operation_id, body), *_unknown_model(body), *self._held_back(body)]

    def _violation(self, violation: Violation) -> Json:
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

    def _path_hints(self, entry: JournalEntry) -> Iterator[str]:
        if entry.reply.status == 404:
            paths = [operation.path for operation in self._contract.operations.values()]
            request = entry.request
            if self._contract.operations_at(request.path.rstrip("/")):
                yield f"leave the slash at the end out: {request.path.rstrip('/')}"
            elif near := difflib.get_close_matches(request.path, paths, n=1, cutoff=0.6):
                yield f"did you mean {near[0]}?"
        elif entry.reply.status == 405:
            allowed = dict(entry.reply.headers).get("Allow", "")
            yield f"{entry.request.path} takes {allowed}"

    def _field_hints(self, entry: JournalEntry) -> Iterator[str]:
        if entry.operation_id is None:
            return
        known = self._contract.body_schema(entry.operation_id).get("properties", {})
        for key in _object(entry.request):
            if key not in known and (meant := _same_word(key, known)):
                yield f"did you mean {json.dumps(meant)}? The body has {json.dumps(key)}"

    def _extra_keys(self, operation_id: str, body: Json) -> Iterator[str]:
        known = self._contract.body_schema(operation_id).get("properties", {})
        if known:
            for key in body:
                if key not in known:
                    yield f"{json.dumps(key)} is not documented, and does nothing"

    def _held_back(self, body: Json) -> Iterator[str]:
        url = body.get("callback_url")
        if isinstance(url, str) and url:
            try:
                self._policy.target(url)
            except TargetRefused as refusal:
                yield f"the callback will be held back: {refusal}"


def _key_hints(entry: JournalEntry) -> Iterator[str]:
    if entry.reply.status != 401:
        return
    headers = entry.request.headers
    if "x-api-key" in headers:
        return
    if "x_api_key" in headers:
        yield "you sent x_api_key; the header is x-api-key, with hyphens"
    elif "authorization" in headers:
        yield "the key belongs in the header x-api-key, by itself, not in Authorization"
    elif "key" in entry.request.query.lower():
        yield "the key belongs in the header x-api-key, not in the query"
    else:
        yield "send the key in the header x-api-key"


def _unknown_model(body: Json) -> Iterator[str]:
    model = body.get("model_name")
    if isinstance(model, str) and model not in _KNOWN_MODELS:
        yield f"model_name {json.dumps(model)} is not documented ({', '.join(_KNOWN_MODELS)}); it was accepted"


def _same_word(key: str, known: Sequence[str]) -> str | None:
    plain = {name.translate(_WORD).lower(): name for name in known}
    folded = key.translate(_WORD).lower()
    if folded in plain:
        return plain[folded]
    near = difflib.get_close_matches(folded, plain, n=1, cutoff=0.8)
    return plain[near[0]] if near else None


def _object(request: ApiRequest) -> dict[str, Any]:
    try:
        value = json.loads(request.body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
