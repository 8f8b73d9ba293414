"""What http.client takes for a socket."""

from __future__ import annotations

import http.client
from contextlib import AbstractContextManager
from typing import Any

import pytest

from mock_tavus.messages import ApiRequest
from mock_tavus.transports.memory import MemorySocket


class Silent:
    """What never answers."""

    asked = 0

    def request(self, method: str, target: str, fields: Any, body: bytes) -> ApiRequest:
        return ApiRequest(method, target, dict(fields), body)

    def exchange(self, request: ApiRequest, timeout: float | None) -> AbstractContextManager[Any]:
        self.asked += 1
        raise TimeoutError(f"no response within {timeout:g} s")


def test_a_response_that_does_not_come_in_time_is_told_by_its_first_read_and_never_asked_for_again() -> None:
    silent = Silent()
    connected = MemorySocket(silent)  # type: ignore[arg-type]
    connected.settimeout(0.2)
    connected.sendall(b"POST /v2/replicas HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
    with http.client.HTTPResponse(connected) as response:  # type: ignore[arg-type]
        with pytest.raises(TimeoutError, match=r"within 0\.2 s"):
            response.begin()
        with pytest.raises(http.client.RemoteDisconnected):
            response.begin()

    assert silent.asked == 1
