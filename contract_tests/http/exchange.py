"""One request and its response, byte by byte."""

from __future__ import annotations

from dataclasses import dataclass

from contract_tests.http.messages import HttpRequest, read_request


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its response on the wire, or a connection without a request.

    Args:
        endpoint: Where it came.
        connection: The number of its connection.
        raw_request: What the client sent.
        raw_answer: What it was sent.
        is_complete: Whether the request came whole.
        status: What the emulator answered, whatever the client received; None if the emulator did not see the request.
        withheld_bytes: How many bytes of the response it was not sent.
        ended: What became of the connection.
        error: Why the request could not be read.
        answer_length: How many bytes were written, recorded or not.
        began_ms: When it began, in milliseconds of the emulator's time.
        number: What orders exchanges.
    """

    endpoint: str
    connection: int
    raw_request: bytes
    raw_answer: bytes
    is_complete: bool
    status: int | None
    withheld_bytes: int
    ended: str | None
    error: str | None
    answer_length: int = 0
    began_ms: float = 0.0
    number: int = 0

    @property
    def request(self) -> HttpRequest | None:
        """Return the request, if there is one."""
        return read_request(self.raw_request)

    @property
    def has_created(self) -> bool:
        """Return whether the emulator has started a training for it."""
        request = self.request
        return (
            self.status == 200
            and request is not None
            and request.method == "POST"
            and request.target.partition("?")[0].endswith("/v2/replicas")
        )
