"""From Flask's request to an `ApiRequest`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import request

from mock_tavus.emulator import Emulator
from mock_tavus.headers import RAW_HEADERS, STALLED, folded
from mock_tavus.messages import ApiRequest


def vendor_request(emulator: Emulator) -> ApiRequest:
    """Return the current request as one for the contract, with the operation that its method and path match."""
    operation_id, path_parameters = emulator.contract.route(request.method, _path(request.environ))
    return api_request(emulator, operation_id, path_parameters)


def api_request(emulator: Emulator, operation_id: str | None, path_parameters: Mapping[str, str]) -> ApiRequest:
    """Return the current request, with no more of its body than the limit.

    Args:
        emulator: Whose limit holds.
        operation_id: The operation that it is for; None if there is none.
        path_parameters: What its path gives for the operation's template.
    """
    environ = request.environ
    body, too_large = read_body(environ, emulator.config.max_body_bytes)
    length = environ.get("CONTENT_LENGTH") or "0"
    return ApiRequest(
        method=request.method,
        path=_path(environ),
        headers=_headers(environ),
        body=body,
        query=environ.get("QUERY_STRING", ""),
        operation_id=operation_id,
        path_parameters=path_parameters,
        too_large=too_large,
        is_truncated=not too_large and length.isascii() and length.isdigit() and len(body) < int(length[:19]),
        is_stalled=bool(environ.get(STALLED)),
    )


def _path(environ: dict[str, Any]) -> str:
    """Return the path as it was sent: Flask's own has one slash where there were two."""
    path = str(environ.get("PATH_INFO", "")).encode("latin-1", "replace").decode("utf-8", "replace")
    return path or "/"


def read_body(environ: dict[str, Any], limit: int) -> tuple[bytes, bool]:
    """Return the body, at most as long as the limit, and whether there is more."""
    length = environ.get("CONTENT_LENGTH") or ""
    chunked = environ.get("wsgi.input_terminated") and environ.get("HTTP_TRANSFER_ENCODING")
    if not (length.isascii() and length.isdigit()) and not chunked:
        return b"", False
    if length and int(length[:19]) > limit and not chunked:
        return b"", True  # not read at all: the client may be about to send gigabytes
    stream = environ["wsgi.input"] if environ.get("wsgi.input_terminated") else request.stream
    body = stream.read(limit + 1)
    return body[:limit], len(body) > limit


def _headers(environ: dict[str, Any]) -> dict[str, str]:
    if RAW_HEADERS in environ:
        return folded(environ[RAW_HEADERS])
    headers = {name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name.startswith("HTTP_")}
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if value := environ.get(name):
            headers[name.replace("_", "-").lower()] = value
    return headers
