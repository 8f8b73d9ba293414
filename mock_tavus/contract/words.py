"""The API's own words: what it says when it refuses, and what its callbacks say, as the contract shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mock_tavus.contract.examples import media_example
from mock_tavus.contract.references import Document, resolve
from mock_tavus.errors import ApiError

_JSON = "application/json"
_TEMPLATE = "x-mock-tavus-template"
_FROM_BODY = "{$request.body#/"


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the contract shows as the body of an error's status.

    Args:
        example: The documented example; None if there is none.
        template: The same with `{field}` where the name of the wrong field stands; None if the contract has none.
    """

    example: Any
    template: Any = None

    def body(self, error: ApiError) -> Any:
        """Return what the API says to `error`: the contract's words, or the assumed ones where it has none."""
        if error.field is not None:
            return error.body if self.template is None else _filled(self.template, error.field)
        return error.body if self.example is None else self.example


def refusals(document: Document, operation: Mapping[str, Any]) -> Mapping[int, Refusal]:
    """Return what an operation's contract shows for each status.

    Args:
        document: The whole contract.
        operation: The operation's definition.
    """
    found: dict[int, Refusal] = {}
    for status, definition in operation.get("responses", {}).items():
        if str(status).isdigit():
            media_type = resolve(document, definition).get("content", {}).get(_JSON, {})
            shown = {key: value for key, value in media_type.items() if key != "schema"}
            found[int(status)] = Refusal(media_example(document, shown), media_type.get(_TEMPLATE))
    return found


@dataclass(frozen=True, slots=True)
class CallbackWords:
    """Where an operation calls back, and what it says then.

    Args:
        target: The names that lead to the target's URL in the request's body.
        bodies: The documented bodies by the name of their example, `ready` and `error`.
    """

    target: tuple[str, ...]
    bodies: Mapping[str, Mapping[str, Any]]

    def url(self, body: Mapping[str, Any]) -> str:
        """Return the URL that a request's decoded `body` gives; empty if it gives none."""
        value: Any = body
        for name in self.target:
            value = value.get(name) if isinstance(value, Mapping) else None
        return value if isinstance(value, str) else ""

    def body(self, name: str, **values: Any) -> dict[str, Any]:
        """Return the documented body `name`, with those of `values` filled in that it has; if there is none, all.

        Args:
            name: Of the example: `ready` or `error`.
            values: What is true of this callback, by field.
        """
        shown = self.bodies.get(name)
        if shown is None:
            return {"status": name, **values}
        return {key: values.get(key, value) for key, value in shown.items()}


def callback_words(document: Document, operation: Mapping[str, Any]) -> CallbackWords | None:
    """Return the callback that an operation documents; None if it documents none whose target is in the body.

    Args:
        document: The whole contract.
        operation: The operation's definition.
    """
    for definition in operation.get("callbacks", {}).values():
        for expression, item in resolve(document, definition).items():
            if not expression.startswith(_FROM_BODY):
                continue
            content = resolve(document, item.get("post", {}).get("requestBody", {})).get("content", {})
            examples = content.get(_JSON, {}).get("examples", {})
            bodies = {name: resolve(document, example).get("value", {}) for name, example in examples.items()}
            return CallbackWords(tuple(expression[len(_FROM_BODY) : -1].split("/")), bodies)
    return None


def _filled(template: Any, field: str) -> Any:
    if isinstance(template, str):
        return template.replace("{field}", field)
    if isinstance(template, dict):
        return {key: _filled(value, field) for key, value in template.items()}
    return template
