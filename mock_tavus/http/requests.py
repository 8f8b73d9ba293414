"""From a WSGI environment to an `ApiRequest`."""

from __future__ import annotations

from typing import Any

from mock_tavus.headers import RAW_HEADERS, STALLED, folded
from mock_tavus.messages import ApiRequest


def api_request(environ: dict[str, Any], limit: int) -> ApiRequest:
    """Return the request of a WSGI environment.

    Args:
        environ: The environment.
        limit: How much of the body is read, in bytes.
    """
    body, too_large = read_body(environ, limit)
    length = environ.get("CONTENT_LENGTH") or "0"
    return ApiRequest(
        method=environ["REQUEST_METHOD"],
        path=path_of(environ),
        headers=_headers(environ),
        body=body,
        query=environ.get("QUERY_STRING", ""),
        too_large=too_large,
        is_truncated=not too_large and length.isascii() and length.isdigit() and len(body) < int(length[:19]),
        is_stalled=bool(environ.get(STALLED)),
    )


def path_of(environ: dict[str, Any]) -> str:
    """Return the path of a WSGI environment as it was sent: Flask's own has one slash where there were two.

    Args:
        environ: The WSGI environment.
    """
    path = str(environ.get("PATH_INFO", "")).encode("latin-1", "replace").decode("utf-8", "replace")
    return path or "/"


def read_body(environ: dict[str, Any], limit: int) -> tuple[bytes, bool]:
    """Return the body of a WSGI environment, and whether there is more of it.

    Args:
        environ: The environment.
        limit: How much of it to read, in bytes.
    """
    length = environ.get("CONTENT_LENGTH") or ""
    chunked = environ.get("wsgi.input_terminated") and environ.get("HTTP_TRANSFER_ENCODING")
    if not (length.isascii() and length.isdigit()) and not chunked:
        return b"", False
    if length and int(length[:19]) > limit and not chunked:
        return b"", True  # not read at all: the client may be about to send gigabytes
    body = _input(environ).read(limit + 1)
    return body[:limit], len(body) > limit


def _input(environ: dict[str, Any]) -> Any:
    if environ.get("wsgi.input_terminated"):
        return environ["wsgi.input"]
    from werkzeug.wsgi import get_input_stream

    return get_input_stream(environ)


def _headers(environ: dict[str, Any]) -> dict[str, str]:
    if RAW_HEADERS in environ:
        return folded(environ[RAW_HEADERS])
    headers = {name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name.startswith("HTTP_")}
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if value := environ.get(name):
            headers[name.replace("_", "-").lower()] = value
    return headers
