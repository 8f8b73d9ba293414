from __future__ import annotations

from typing import Any

import pytest

from mock_tavus.contract.security import Security
from mock_tavus.messages import ApiRequest


def security(requirements: Any, **schemes: dict[str, str]) -> Security:
    document = {"security": requirements, "components": {"securitySchemes": schemes}}
    return Security.build(document, {})


HEADER = {"type": "apiKey", "in": "header", "name": "X-Api-Key"}
QUERY = {"type": "apiKey", "in": "query", "name": "key"}
COOKIE = {"type": "apiKey", "in": "cookie", "name": "session"}
BEARER = {"type": "http", "scheme": "Bearer"}


@pytest.mark.parametrize(
    ("scheme", "request_parts", "credential"),
    [
        (HEADER, {"headers": {"x-api-key": "k"}}, b"k"),
        (HEADER, {"headers": {"x-api-key": "  "}}, b""),
        (HEADER, {"headers": {"x-api-key": "caf\xc3\xa9"}}, "café".encode()),
        (HEADER, {"headers": {}, "query": "X-Api-Key=k"}, b""),
        (QUERY, {"headers": {}, "query": "key=k%20"}, b"k"),
        (COOKIE, {"headers": {"cookie": "session=k"}}, b"k"),
        (BEARER, {"headers": {"authorization": "bearer k"}}, b"k"),
        (BEARER, {"headers": {"authorization": "Basic k"}}, b""),
    ],
)
def test_a_credential_is_where_its_scheme_says(
    scheme: dict[str, str], request_parts: dict[str, Any], credential: bytes
) -> None:
    request = ApiRequest("GET", "/", **request_parts)

    assert security([{"it": []}], it=scheme).credential(request) == credential


def test_alternatives_are_tried_in_turn_and_a_set_must_be_met_whole() -> None:
    both_or_cookie = security([{"header": [], "query": []}, {"cookie": []}], header=HEADER, query=QUERY, cookie=COOKIE)

    only_header = ApiRequest("GET", "/", {"x-api-key": "k"})
    both = ApiRequest("GET", "/", {"x-api-key": "k"}, query="key=q")
    with_cookie = ApiRequest("GET", "/", {"x-api-key": "k", "cookie": "session=c"})

    assert [both_or_cookie.credential(request) for request in (only_header, both, with_cookie)] == [b"", b"k", b"c"]


@pytest.mark.parametrize(("requirements", "is_open"), [([], True), ([{"it": []}], False), ([{"it": []}, {}], True)])
def test_an_operation_without_requirements_is_open(requirements: Any, is_open: bool) -> None:
    assert security(requirements, it=HEADER).is_open is is_open
