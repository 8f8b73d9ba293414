"""A client as it is often written. It works on a good day, and has three defects: the kit finds them.

1. requests follows redirects: the key goes to another origin, and the POST becomes a GET.
2. It tries again when the connection breaks: a training that was started already is bought twice.
3. It never looks at what a 200 says.
"""

from __future__ import annotations

from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import Retry

from examples.clients.requests_client import TavusError, read_answer

_session = requests.Session()
_session.mount("http://", HTTPAdapter(max_retries=Retry(total=2, allowed_methods=None)))


def create_replica(base_url: str, api_key: str, body: dict[str, Any], timeout: float = 30.0) -> dict[str, Any]:
    """Start a training, and return what the API answered."""
    if not api_key.strip():
        raise TavusError("no API key", kind="rejected_locally")
    try:
        response = _session.post(f"{base_url}/v2/replicas", json=body, headers={"x-api-key": api_key}, timeout=timeout)
        if response.ok:
            return dict(response.json())
    except requests.RequestException as error:
        raise TavusError(f"no answer: {error}", kind="transport") from error
    except (ValueError, TypeError):
        return {}
    return dict(read_answer(response.status_code, response.content))
