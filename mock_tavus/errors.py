"""The base of this package's errors, and the answers the API gives for its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


class MockTavusError(Exception):
    """Base of every error that a user of this package may want to catch."""


class ConfigError(MockTavusError):
    """A setting is wrong. The message says what was expected, what came and how to mend it."""


class ContractError(MockTavusError):
    """The OpenAPI document cannot be served. The message names the place and the remedy."""


class ServerError(MockTavusError):
    """The server cannot start, for a reason that lies outside the program (a taken port, say)."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One way in which a request breaks the contract.

    Args:
        field: As the API names it, `properties.gaze_correction`; `request body` for the body as a whole.
        message: What is wrong, for a person.
        location: `body`, `query`, `path`, `header` or `cookie`.
        pointer: JSON pointer into the body, `/properties/gaze_correction`; empty for the whole, and elsewhere.
        expected: What the contract asks for.
        received: What came; empty if nothing did.
        fix: What to do about it.
        contract_path: Where the contract asks for it, as keys from the document's root.
    """

    field: str
    message: str
    location: str = "body"
    pointer: str = ""
    expected: str = ""
    received: str = ""
    fix: str = ""
    contract_path: tuple[str, ...] = ()


class ApiError(MockTavusError):
    """An answer that the API gives instead of doing what was asked.

    Subclasses know their own status and the key of their body: the vendor says `error` where a field is wrong, and
    `message` otherwise (documented).
    """

    status: int
    key: ClassVar[str] = "message"
    is_ours: ClassVar[bool] = False
    """Whether the vendor's API knows nothing of the kind, so that its contract has no words for it."""

    field: str | None = None
    """The name of the wrong field; None where no single field is wrong."""

    def __init__(self, text: str, violations: Sequence[Violation] = ()) -> None:
        super().__init__(text)
        self.text = text
        self.violations = tuple(violations)

    @property
    def body(self) -> dict[str, str]:
        """Return the JSON object to answer."""
        return {self.key: self.text}

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """Return the headers to answer beside the content type."""
        return ()


class Unauthorized(ApiError):
    """Answer 401: the API key is missing or not accepted (documented)."""

    status = 401

    def __init__(self) -> None:
        super().__init__("Invalid access token")


class InvalidField(ApiError):
    """Answer 400 with the name of the wrong field (documented)."""

    status = 400
    key = "error"

    def __init__(self, field: str, violations: Sequence[Violation] = ()) -> None:
        super().__init__(f"Invalid {field}", violations)
        self.field = field


class InvalidRequestBody(InvalidField):
    """Answer 400 for a body that is not one JSON object (assumed, after the documented form)."""

    def __init__(self, violations: Sequence[Violation] = ()) -> None:
        super().__init__("request body", violations)


class OutOfCredits(ApiError):
    """Answer 402: the account may start no more trainings (observed on other endpoints of the vendor's)."""

    status = 402

    def __init__(self) -> None:
        super().__init__("Out of replica trainings")


class InvalidScenario(ApiError):
    """Answer 400 for an X-Mock-Tavus-Scenario header that cannot be read: ours, not the vendor's."""

    status = 400
    is_ours = True


class ForeignOrigin(ApiError):
    """Answer 403 to a web page of another machine: ours, not the vendor's.

    A page could otherwise have the emulator post whatever it likes to programs on this machine.
    """

    status = 403
    is_ours = True

    def __init__(self, origin: str) -> None:
        super().__init__(
            f"a web page of {origin[:100]} may not call this emulator; pages of this machine may, "
            "and those of an origin that is named with --cors"
        )


class RequestTimeout(ApiError):
    """Answer 408 for a body whose rest does not come within `--body-timeout` (assumed)."""

    status = 408

    def __init__(self) -> None:
        super().__init__("Request timeout")

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """Return what ends the connection: where the next request would begin on it, nobody knows."""
        return (("Connection", "close"),)


class NotFound(ApiError):
    """Answer 404 for a path that the contract does not have (assumed)."""

    status = 404

    def __init__(self) -> None:
        super().__init__("Not found")


class MethodNotAllowed(ApiError):
    """Answer 405 for a method that the path does not have (assumed; `Allow` as RFC 9110 asks)."""

    status = 405

    def __init__(self, allowed: tuple[str, ...]) -> None:
        super().__init__("Method not allowed")
        self.allowed = allowed

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """Return the `Allow` header."""
        return (("Allow", ", ".join(self.allowed)),)


class TooLarge(ApiError):
    """Answer 413 for a body over the limit (assumed)."""

    status = 413

    def __init__(self) -> None:
        super().__init__("Request body too large")


class InternalError(ApiError):
    """Answer 500 for a fault of the emulator itself: never a traceback."""

    status = 500

    def __init__(self) -> None:
        super().__init__("Internal server error")
