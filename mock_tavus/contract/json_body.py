"""The strict decoder that every JSON body passes first.

Python's own decoder takes duplicate keys, NaN, lone surrogates and any depth until it runs out of stack. What it lets
pass would be one thing to the validator and another to whoever reads the value later, so none of that is accepted.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

MAX_DEPTH = 64
MAX_INTEGER_DIGITS = 4300

_SURROGATE_ESCAPE = re.compile(rb"\\u[dD][89a-fA-F]")
# Possessive, and content with a string that never ends: no text can make it look at anything twice.
_STRING_OR_BRACKET = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|[\[{]|[\]}]', re.DOTALL)


def decode_json(raw: bytes, /, **_parameters: str) -> Any:
    """Decode one JSON text, strictly.

    Args:
        raw: UTF-8 without a byte order mark.
        _parameters: The media type's parameters, which openapi-core hands on. A `charset` changes nothing: JSON is
            UTF-8 (RFC 8259).

    Raises:
        ValueError: The text is not one JSON value, or has duplicate keys, NaN, an infinity, a lone surrogate, more than
            64 levels of nesting, or an integer of more than 4,300 digits.
    """
    text = raw.decode("utf-8")
    if text.startswith("\ufeff"):
        raise ValueError("begins with a byte order mark")
    _check_depth(raw)
    value = _DECODER.decode(text)
    if _SURROGATE_ESCAPE.search(raw):
        _check_surrogates(value)
    return value


def _check_depth(raw: bytes) -> None:
    if raw.count(b"{") + raw.count(b"[") <= MAX_DEPTH:
        return  # the usual case, told at a glance: it cannot be deeper than it has brackets
    depth = 0
    for token in _STRING_OR_BRACKET.finditer(raw):
        if token[0] in b"{[":
            depth += 1
            if depth > MAX_DEPTH:
                raise ValueError(f"nested deeper than {MAX_DEPTH} levels")
        elif token[0] in b"]}":
            depth -= 1


def _check_surrogates(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError("an escaped surrogate stands alone, which no text can hold") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ValueError(f"the key {twice!r} stands twice in one object")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _bounded_integer(digits: str) -> int:
    if len(digits.lstrip("-")) > MAX_INTEGER_DIGITS:
        raise ValueError(f"an integer has more than {MAX_INTEGER_DIGITS} digits")
    return int(digits)


def _finite_number(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"the number {text[:40]} is too large")
    return number


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique,
    parse_constant=_refuse_constant,
    parse_int=_bounded_integer,
    parse_float=_finite_number,
)
