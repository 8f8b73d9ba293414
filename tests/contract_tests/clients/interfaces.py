"""Interfaces of kinds that real clients have, for each a correct client and a broken one: see `CLASSES`.

A kind is a way of taking options or of telling errors that is no defect by itself: the kit must not blame it, and must
find the defect of the broken one all the same.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from typing import Any

from tests.contract_tests.clients.correct import ClientError
from tests.contract_tests.clients.mutants import Answer, Correct


class WantsAName(Correct):
    """F1: requires more than the API does."""

    def check(self, api_key: str, body: dict[str, Any]) -> None:
        super().check(api_key, body)
        if not body.get("replica_name"):
            raise ClientError("replica_name is required", kind="rejected_locally")


class WantsANameAndStrips(WantsAName):
    def options(self, body: dict[str, Any]) -> dict[str, Any]:
        return {name: value.strip() if isinstance(value, str) else value for name, value in body.items()}


class Told(Exception):
    """An error that has neither a number nor a text of its own."""


KINDS = {
    status: type(f"Status{name}", (Told,), {})
    for status, name in {
        400: "BadRequest",
        401: "Unauthorized",
        403: "Forbidden",
        404: "NotFound",
        422: "Unprocessable",
        429: "TooMany",
    }.items()
}
SERVER_ERROR = type("StatusServer", (Told,), {})


class TellsByClass(Correct):
    """F2: tells errors apart by the class of the exception, with the same text."""

    def read(self, status: int, content: bytes) -> Any:
        if status == 200:
            return super().read(status, content)
        raise KINDS.get(status, SERVER_ERROR if status >= 500 else Told)(f"failed: {self.said(content)}")

    def said(self, content: bytes) -> str:
        try:
            answer = json.loads(content)
            return str(answer.get("error") or answer.get("message"))
        except (ValueError, AttributeError):
            return "it did not say why"


class TellsByOneClass(TellsByClass):
    def read(self, status: int, content: bytes) -> Any:
        if status == 200:
            return Correct.read(self, status, content)
        raise Told(f"failed: {self.said(content)}")


DEFAULTS = {"model_name": "phoenix-3", "properties": {"background_green_screen": False}}


class SendsDefaults(Correct):
    """F3: stateless, with defaults of its own."""

    def options(self, body: dict[str, Any]) -> dict[str, Any]:
        return {**DEFAULTS, **body}


class SendsDefaultsAndRemembers(SendsDefaults):
    latest: dict[str, Any] = {}

    def options(self, body: dict[str, Any]) -> dict[str, Any]:
        given = {**self.latest, **body}
        self.latest = {name: value for name, value in body.items() if name == "callback_url"}
        return super().options(given)


class SendsTheDocumentedDefault(Correct):
    """F4: sends the documented default of an option."""

    def options(self, body: dict[str, Any]) -> dict[str, Any]:
        return {"model_name": "phoenix-3", **body}


class SendsNull(Correct):
    def options(self, body: dict[str, Any]) -> dict[str, Any]:
        return {"model_name": None, **body}


class SendsAnotherDefault(Correct):
    def options(self, body: dict[str, Any]) -> dict[str, Any]:
        return {"model_name": "phoenix-2", **body}


class TellsNoStatus(Correct):
    """F5: reports no status at all, whatever the text is."""

    def read(self, status: int, content: bytes) -> Any:
        if status == 200:
            return super().read(status, content)
        raise ClientError(f"the create failed: {self.text(content)}", kind="invalid_response")

    def text(self, content: bytes) -> str:
        return content.decode("utf-8", "replace")[:500]


class TellsNoStatusAndDies(TellsNoStatus):
    def text(self, content: bytes) -> str:
        if any(ord(char) > 0x2000 for char in str(json.loads(content).get("error", ""))):
            sys.exit(9)
        return super().text(content)


class LacksAnOption(Correct):
    """F6: does not know an option at all."""

    def options(self, body: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in body.items() if name != "consent_video_url"}


class DropsFalse(Correct):
    def options(self, body: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in body.items() if value not in ("", False, {})}


class OwnWords(Correct):
    """F8: tells a 401 in its own words, with the status."""

    def read(self, status: int, content: bytes) -> Any:
        if status == 401:
            raise ClientError("please log in again (401)", 401)
        return super().read(status, content)


class OwnWordsAlone(Correct):
    def read(self, status: int, content: bytes) -> Any:
        if status == 401:
            raise ClientError("please log in again", kind="invalid_response")
        return super().read(status, content)


class HalfAnObject(Correct):
    """M2: hands on half a JSON object, such as one whose end is told by the connection's."""

    def read(self, status: int, content: bytes) -> Any:
        found = re.search(rb'"replica_id": *"(r[0-9a-f]+)', content)
        if status == 200 and found:
            return {"replica_id": found[1].decode()}
        return super().read(status, content)


class TrustsAnyId(Correct):
    """M3: takes a 3xx for a create if there is an id in it."""

    def read(self, status: int, content: bytes) -> Any:
        return super().read(200 if 300 <= status < 400 else status, content)


class TwoDefects(Correct):
    """M4: the second one stands behind the first."""

    def options(self, body: dict[str, Any]) -> dict[str, Any]:
        changed = dict(body)
        if "replica_name" in changed:
            changed["replica_name"] = changed["replica_name"].strip()
        if isinstance(changed.get("model_name"), str):
            changed["model_name"] = changed["model_name"].lower()
        return changed


class ForgetsFromTheThird(Correct):
    """M5: the key goes missing only from the third call on."""

    calls = 0

    def headers(self, api_key: str) -> dict[str, str]:
        self.calls += 1
        found = super().headers(api_key)
        if self.calls >= 3:
            del found["x-api-key"]
        return found


class Bounded(Correct):
    """M6: reads no more than a response can have."""

    def send(self, url: str, headers: dict[str, str], content: bytes, timeout: float, method: str = "POST") -> Answer:
        return super().send(url, headers, content, timeout, method)

    def connect(self, scheme: str, netloc: str, timeout: float) -> Any:
        connection = super().connect(scheme, netloc, timeout)
        respond = connection.getresponse

        def getresponse() -> Any:
            response = respond()
            read = response.read

            def bounded(*_: Any) -> bytes:
                said = read(1_000_000)
                if len(said) == 1_000_000:
                    raise OSError("the response is too large")
                if response.length:
                    raise OSError("the response broke off")
                return said

            response.read = bounded  # type: ignore[method-assign,assignment]
            return response

        connection.getresponse = getresponse  # type: ignore[method-assign]
        return connection


def without_timeout(base_url: str, api_key: str, body: dict[str, Any]) -> Any:
    """F7, as a callable: takes no timeout, and does not say how long its own is."""
    return Correct()(base_url, api_key, body, 1.0)


def own_timeout() -> None:
    """F7, as a command: takes no timeout, and has one of its own."""
    is_broken = sys.argv[1:] == ["broken"]
    for line in sys.stdin:
        request = json.loads(line)
        if request["operation"] == "describe":
            told: dict[str, Any] = {"outcome": "ok", "takes_timeout": False, "own_timeout": 1.0}
        else:
            try:
                timeout = 600.0 if is_broken else 1.0
                told = {"outcome": "ok", **Correct()(request["base_url"], request["api_key"], request["body"], timeout)}
            except ClientError as error:
                told = {"outcome": "error", "http_status": error.http_status, "message": str(error)}
        print(json.dumps({"id": request["id"], **told}), flush=True)


Row = tuple[str, str, str]
CLASSES: tuple[Row, ...] = (
    *(("WantsAName", check_id, "pass") for check_id in ("REQ-05", "REQ-07", "AUT-01", "OKP-01", "SEC-01")),
    ("WantsANameAndStrips", "REQ-05", "fail"),
    *(("TellsByClass", check_id, "pass") for check_id in ("ERR-02", "ERR-03", "ERR-04", "ERR-07", "ERR-08")),
    *(("TellsByOneClass", check_id, "fail") for check_id in ("ERR-02", "ERR-03", "ERR-04")),
    ("SendsDefaults", "REQ-12", "pass"),
    ("SendsDefaultsAndRemembers", "REQ-12", "fail"),
    ("SendsTheDocumentedDefault", "REQ-07", "pass"),
    ("SendsNull", "REQ-07", "fail"),
    ("SendsAnotherDefault", "REQ-07", "warn"),
    ("TellsNoStatus", "ERR-07", "pass"),
    ("TellsNoStatus", "ERR-03", "fail"),
    ("TellsNoStatusAndDies", "ERR-07", "fail"),
    ("LacksAnOption", "REQ-08", "pass"),
    ("LacksAnOption", "REQ-15", "fail"),
    ("DropsFalse", "REQ-08", "fail"),
    ("DropsFalse", "REQ-15", "pass"),
    ("OwnWords", "ERR-08", "pass"),
    ("OwnWordsAlone", "ERR-08", "warn"),
    ("HalfAnObject", "TRN-06", "fail"),
    ("TrustsAnyId", "SEC-02", "fail"),
    ("TwoDefects", "REQ-05", "fail"),
    ("ForgetsFromTheThird", "AUT-02", "fail"),
    ("Correct", "AUT-02", "pass"),
    ("Correct", "SEC-02", "pass"),
    ("Correct", "TRN-06", "pass"),
    ("Correct", "TRN-09", "warn"),
    ("Bounded", "TRN-09", "pass"),
    ("without_timeout", "TRN-04", "skip"),
)
"""For each kind what a check has to say of a client."""

_found: dict[str, Callable[..., Any]] = {
    name: found() for name, found in list(globals().items()) if isinstance(found, type) and issubclass(found, Correct)
}
globals().update({f"client_{name}": client for name, client in _found.items()})
client_without_timeout = without_timeout


if __name__ == "__main__":
    own_timeout()
