"""Put a mask in the place of what is secret: values by their fields' names, and known keys wherever they stand."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from urllib.parse import unquote, unquote_plus

from mock_tavus.engine.secrets import credentials
from mock_tavus.engine.secrets import forms as forms_of
from mock_tavus.errors import Violation
from mock_tavus.messages import ApiRequest, ApiResponse, Exchange, MaskedExchange

MASK = "***"

_SECRET_NAME = re.compile(r"key|token|secret|password|auth|cookie|signature", re.IGNORECASE)
_SHORTEST_SECRET = 6
"""A shorter key is masked where it belongs, and not wherever its letters come."""

_QUERY_PIECE = re.compile(r"[^&;]+")
_JSON_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_COLON = re.compile(r"\s*:\s*")
_QUOTED_NAME = re.compile(r"""(?P<quote>['"])(?P<name>[^'"\\]*)(?P=quote)\s*:\s*""")
"""A field's name in JSON, or in what Python writes for a dictionary: messages of violations have either."""

_VALUE_TOKEN = re.compile(r"""(['"])(?:(?!\1)[^\\]|\\.)*+(?:\1|\\?\Z)|[\[{(]|[\])}]""", re.DOTALL)
_BARE = re.compile(r"[^\s,\]})]+")
_WORD = re.compile(r"""[^\s"'<>]+""")
_UNICODE_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})")
_MAX_DEPTH = 3  # JSON in a string in JSON
_HARMLESS = ("null", "true", "false", "None", "True", "False")


class Masker:
    """Know what is secret in requests, and mask it.

    Args:
        secret_names: Headers, parameters and fields that carry credentials, beside those whose names give them away.
        secrets: Keys that are known.
    """

    def __init__(self, secret_names: Sequence[str] = (), secrets: Sequence[str] = ()) -> None:
        self._secret_names = frozenset(name.lower() for name in secret_names)
        self._secrets = tuple(secrets)

    def is_secret(self, name: str) -> bool:
        """Return whether a header, parameter or field of this name carries a credential.

        Args:
            name: Its name.
        """
        return name.lower() in self._secret_names or _SECRET_NAME.search(name) is not None

    def for_request(self, headers: Mapping[str, str]) -> Mask:
        """Return what masks all that belongs to one request: its own key, too, wherever else that stands.

        Args:
            headers: The request's, by lower-case name.
        """
        own = [part for name, value in headers.items() if self.is_secret(name) for part in credentials(value)]
        return Mask(self, [*self._secrets, *own])

    def exchange(self, exchange: Exchange) -> MaskedExchange:
        """Return an exchange with everything secret masked: what may be shown.

        Args:
            exchange: The request with its response.
        """
        mask = self.for_request(exchange.request.headers)
        return MaskedExchange(
            number=exchange.number,
            at=exchange.at,
            request=mask.request(exchange.request),
            account_id=exchange.account_id,
            operation_id=exchange.operation_id,
            step=exchange.step,
            scenario_id=exchange.scenario_id,
            violations=tuple(map(mask.violation, exchange.violations)),
            response=mask.response(exchange.response),
            duration=exchange.duration,
            real_at=exchange.real_at,
            request_length=exchange.request_length,
            response_length=exchange.response_length,
        )

    def query(self, query: str) -> str:
        """Return a query string with the values masked that are secret by their names.

        Args:
            query: The raw query string.
        """
        return Mask(self, self._secrets).query(query)

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Return headers with the values masked that are secret by their names.

        Args:
            headers: Header fields, by lower-case name.
        """
        return {name: MASK if self.is_secret(name) else value for name, value in headers.items()}


class Mask:
    """Mask what belongs to one request.

    Args:
        masker: Knows secret names.
        secrets: Keys to mask wherever they stand.
    """

    def __init__(self, masker: Masker, secrets: Sequence[str]) -> None:
        self._masker = masker
        long_enough = [one for one in secrets if len(one) >= _SHORTEST_SECRET]
        forms = sorted({form for one in long_enough for form in forms_of(one)}, key=len, reverse=True)
        # Hosts and names of headers come in lower case, and so may what is percent-encoded.
        self._secrets = re.compile("|".join(map(re.escape, forms)), re.IGNORECASE) if forms else None

    def request(self, request: ApiRequest) -> ApiRequest:
        """Return a request with everything secret masked.

        Args:
            request: The request.
        """
        return replace(
            request,
            method=self.text(request.method),
            path=self.text(request.path),
            headers=self.headers(request.headers),
            query=self.query(request.query),
            body=self.body(request.body, request.headers.get("content-type", "")),
        )

    def response(self, response: ApiResponse) -> ApiResponse:
        """Return a response with every known key masked.

        Args:
            response: The response.
        """
        headers = tuple((name, self.text(value)) for name, value in response.headers)
        return replace(response, headers=headers, body=_as_text(response.body, self.text))

    def violation(self, violation: Violation) -> Violation:
        """Return a violation with everything secret masked that it repeats of the request.

        Args:
            violation: How the request breaks the contract.
        """
        return replace(
            violation,
            field=self.text(violation.field),
            pointer=self.text(violation.pointer),
            message=self.message(violation.message),
            received=self.message(violation.received),
            fix=self.message(violation.fix),
        )

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Return headers with everything secret masked.

        Args:
            headers: Header fields, by lower-case name.
        """
        return {self.text(name): self.text(value) for name, value in self._masker.headers(headers).items()}

    def query(self, query: str) -> str:
        """Return a query string with the values masked that are secret, however they are percent-encoded.

        Args:
            query: The raw query string.
        """
        return _QUERY_PIECE.sub(self._query_piece, query)

    def _query_piece(self, piece: re.Match[str]) -> str:
        name, equals, value = piece[0].partition("=")
        if equals and self._masker.is_secret(unquote_plus(name)):
            return f"{self._percent_decoded(name)}={MASK}"
        return f"{self._percent_decoded(name)}{equals}{self._percent_decoded(value)}"

    def _percent_decoded(self, text: str) -> str:
        """Return a text as it stands, or a mask if a key is in it in whatever form."""
        forms = (text, unquote(text, "latin-1"), unquote_plus(text), unquote(unquote(text)))
        return MASK if any(self._has_secret(form) for form in forms) else text

    def body(self, body: bytes, content_type: str) -> bytes:
        """Return a body, or the beginning of one, with everything secret masked.

        Args:
            body: The bytes as they came: JSON as a rule, whole or not.
            content_type: What they are declared as; empty if they are not.
        """
        if "urlencoded" in content_type.lower():
            return _as_text(body, self.query)
        return _as_text(body, lambda text: self.text(self._json(text)))

    def text(self, text: str) -> str:
        """Return a text with every known key masked.

        Args:
            text: The text.
        """
        if self._secrets is None:
            return text
        if "%" in text:
            text = _WORD.sub(lambda word: self._percent_decoded(word[0]) if "%" in word[0] else word[0], text)
        return self._secrets.sub(MASK, text)

    def _json(self, text: str, depth: int = 0) -> str:
        """Return JSON text, or what begins as such, with secret values masked, and all else as it was written."""
        parts: list[str] = []
        at = 0
        while (string := _JSON_STRING.search(text, at)) is not None:
            parts.append(text[at : string.start()])
            parts.append(self._string(string[0], depth))
            at = string.end()
            colon = _COLON.match(text, at)
            if colon is None:
                continue
            parts.append(colon[0])
            at = colon.end()
            if self._masker.is_secret(_unescaped(string[0])) and (end := _value_end(text, at)) > at:
                parts.append(f'"{MASK}"')
                at = end
        return "".join([*parts, text[at:]])

    def _string(self, string: str, depth: int) -> str:
        """Return a JSON string, masked if a key is in it; one that is JSON itself is looked into."""
        said = _unescaped(string)
        if self._has_secret(said):
            return f'"{MASK}"'
        if depth < _MAX_DEPTH and said.lstrip()[:1] in ("{", "[") and (masked := self._json(said, depth + 1)) != said:
            return json.dumps(masked)
        return string

    def message(self, text: str) -> str:
        """Return a text for people, which may have objects in it, with secret values masked.

        Args:
            text: The text.
        """
        text = self._json(text)
        parts: list[str] = []
        at = 0
        while (name := _QUOTED_NAME.search(text, at)) is not None:
            parts.append(text[at : name.end()])
            at = name.end()
            if self._masker.is_secret(name["name"]) and (end := _value_end(text, at)) > at:
                parts.append(f"{name['quote']}{MASK}{name['quote']}")
                at = end
        return self.text("".join([*parts, text[at:]]))

    def _has_secret(self, text: str) -> bool:
        return self._secrets is not None and self._secrets.search(text) is not None


def _value_end(text: str, start: int) -> int:
    """Return where the value ends that begins at `start`; `start` itself if it tells nothing: null, true or false."""
    depth = 0
    at = start
    while at < len(text):
        token = _VALUE_TOKEN.match(text, at)
        if token is None:
            bare = _BARE.match(text, at) if depth == 0 else None
            if bare is not None:
                return start if bare[0] in _HARMLESS else bare.end()
            at += 1
            continue
        at = token.end()
        depth += (token[0] in "[{(") - (token[0] in "])}")
        if depth <= 0:
            return at
    return at


def _unescaped(string: str) -> str:
    """Return what a JSON string says; its own letters if it cannot be read."""
    try:
        return str(json.loads(string if string.endswith('"') and len(string) > 1 else f'{string}"'))
    except ValueError:
        return _UNICODE_ESCAPE.sub(lambda found: chr(int(found[1], 16)), string)


def _as_text(data: bytes, change: Callable[[str], str]) -> bytes:
    """Return bytes changed as text in which each byte is a character, so that nothing is lost by reading them."""
    return change(data.decode("latin-1")).encode("latin-1")
