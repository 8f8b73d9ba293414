"""The client that the kit tests itself with: right, and made of the standard library alone."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any


class ReferenceClientError(Exception):
    """What the reference client raises for a response that is no success.

    Args:
        status: The HTTP status.
        message: The body of the response.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status_code = status


def reference_client(base_url: str, api_key: str, body: dict[str, Any], timeout: float = 10.0) -> dict[str, Any]:
    """Create a replica.

    Args:
        base_url: The origin of the API.
        api_key: The key.
        body: The options.
        timeout: How long to wait, in seconds.
    """
    request = urllib.request.Request(  # noqa: S310 - the kit's own URL
        f"{base_url}/v2/replicas",
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json", "x-api-key": api_key},
        method="POST",
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=timeout) as response:
            return dict(json.load(response))
    except urllib.error.HTTPError as error:
        raise ReferenceClientError(error.code, error.read().decode("utf-8", "replace")) from None
