from __future__ import annotations

from mock_tavus.headers import RAW_HEADERS, folded, wsgi_headers

FIELDS = [("x-api-key", "a"), ("x_api_key", "b"), ("accept", "c"), ("accept", "d"), ("content-type", "e")]


def test_what_comes_twice_is_joined() -> None:
    assert folded(FIELDS) == {"x-api-key": "a", "x_api_key": "b", "accept": "c,d", "content-type": "e"}


def test_an_underscore_has_no_variable() -> None:
    assert wsgi_headers(FIELDS) == {
        RAW_HEADERS: FIELDS,
        "HTTP_X_API_KEY": "a",
        "HTTP_ACCEPT": "c,d",
        "CONTENT_TYPE": "e",
    }
