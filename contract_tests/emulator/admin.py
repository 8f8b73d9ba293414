"""The emulator's /__admin: scripts, exchanges, and lines of one's own."""

from __future__ import annotations

import base64
import http.client
import json
import threading
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from contract_tests.failures import KitError
from contract_tests.http.exchange import Exchange
from contract_tests.http.script import JsonObject, Script

_TIMEOUT = 30.0
_LONGER_THAN_A_TRAINING = "24h"


class Admin:
    """Call /__admin of an emulator; several threads may, each over a connection of its own.

    Args:
        url: Where the emulator is.
        token: What its /__admin asks for; None for nothing.
    """

    def __init__(self, url: str, token: str | None = None) -> None:
        self.url = url.rstrip("/")
        try:
            self._parts = urlsplit(self.url)
        except ValueError as error:
            raise KitError(f"--emulator: {error}, received {url!r}") from error
        self._headers = {"authorization": f"Bearer {token}"} if token else {}
        self._local = threading.local()
        self._connections: list[http.client.HTTPConnection] = []

    def ask(self, method: str, path: str, body: Any = None, key: str | None = None) -> Any:
        """Return what the emulator answers.

        Args:
            method: The HTTP method.
            path: The path with its query.
            body: What is sent as JSON; None for nothing.
            key: The API key whose account it is about; None for none.

        Raises:
            KitError: No emulator answers, or it refuses.
        """
        headers, content = dict(self._headers), None
        if key is not None:
            headers["x-api-key"] = key
        if body is not None:
            headers["content-type"] = "application/json"
            content = json.dumps(body).encode()
        try:
            status, data = self._exchange(method, path, content, headers)
            answer = json.loads(data)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise KitError(f"no emulator answers at {self.url} ({error})") from error
        if status != 200:
            said = answer.get("message", status) if isinstance(answer, dict) else status
            raise KitError(f"the emulator at {self.url} refused {method} {path}: {said}")
        return answer

    def close(self) -> None:
        """Close the connections of all threads."""
        for connection in self._connections:
            connection.close()

    def _exchange(self, method: str, path: str, content: bytes | None, headers: dict[str, str]) -> tuple[int, bytes]:
        connection: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if connection is not None and connection.sock is not None:
            try:
                return _ask(connection, method, f"{self._parts.path}{path}", content, headers)
            except (ConnectionError, http.client.BadStatusLine):
                pass  # the emulator has ended the connection meanwhile, as servers do with idle ones
        if connection is None:
            https = self._parts.scheme == "https"
            connect = http.client.HTTPSConnection if https else http.client.HTTPConnection
            connection = self._local.connection = connect(self._parts.netloc, timeout=_TIMEOUT)
            self._connections.append(connection)
        return _ask(connection, method, f"{self._parts.path}{path}", content, headers)


def _ask(
    connection: http.client.HTTPConnection, method: str, target: str, content: bytes | None, headers: dict[str, str]
) -> tuple[int, bytes]:
    try:
        connection.request(method, target, content, headers)
        response = connection.getresponse()
        return response.status, response.read()
    except BaseException:
        connection.close()  # the next request opens it anew
        raise


class Line:
    """One set of doors of the emulator's wire: what is armed and seen there is nobody else's.

    Args:
        admin: The emulator's /__admin.
        endpoints: From the names of its doors to their URLs.
        name: What the emulator calls it; None for the line that it was started with.
    """

    def __init__(self, admin: Admin, endpoints: Mapping[str, str], name: str | None = None) -> None:
        self._admin = admin
        self._name = name
        self._query = "" if name is None else f"line={name}"
        self._since = 0
        self._latest = 0
        self._armed = True  # by whoever has used the line before
        self.endpoints = endpoints

    @classmethod
    def open(cls, admin: Admin) -> Line:
        """Open a line beside those that there are.

        Args:
            admin: The emulator's /__admin.

        Raises:
            KitError: The emulator refuses.
        """
        opened = admin.ask("POST", "/__admin/wire/lines")
        return cls(admin, opened["doors"], opened["line"])

    def arm(self, scripts: Sequence[Script], *, anew: bool = True) -> None:
        """Have these scripts, and no others, played next, and look at what follows alone.

        Args:
            scripts: One for each exchange.
            anew: Whether to leave out even what came since exchanges were last read. Without it, the emulator is not
                asked where no script is armed and none is to be.
        """
        if anew or scripts or self._armed:
            body = {"scripts": [script.to_json() for script in scripts], "replace": True}
            since = self._admin.ask("POST", f"/__admin/wire/scripts?{self._query}", body)["since"]
            self._since = int(since.removeprefix("wx_"))
        else:
            self._since = max(self._since, self._latest)
        self._armed = bool(scripts)

    def exchanges(self, settle: float = 1.0) -> list[Exchange]:
        """Return what was seen since scripts were armed.

        Args:
            settle: How long to wait until each exchange has come to its end, in seconds.
        """
        query = f"since=wx_{self._since}&settle={settle}&{self._query}"
        found = [_exchange(one) for one in self._admin.ask("GET", f"/__admin/wire/exchanges?{query}")["exchanges"]]
        self._latest = found[-1].number if found else self._since
        return found

    def end_trainings(self, key: str) -> None:
        """Move an account's clock behind the end of its trainings.

        Args:
            key: The account's API key.
        """
        self._admin.ask("POST", "/__admin/clock/advance", {"by": _LONGER_THAN_A_TRAINING}, key)

    def close(self) -> None:
        """Give the line back to the emulator."""
        if self._name is not None:
            self._admin.ask("DELETE", f"/__admin/wire/lines/{self._name}")
        else:
            self._admin.ask("DELETE", "/__admin/wire/scripts")


def _exchange(view: JsonObject) -> Exchange:
    return Exchange(
        endpoint=view["door"],
        connection=view["connection"],
        raw_request=base64.b64decode(view["request"]["base64"]),
        raw_answer=base64.b64decode(view["answer"]["base64"]),
        is_complete=view["complete"],
        status=view["status"],
        withheld_bytes=view["withheld"],
        ended=view["ended"],
        error=view["error"],
        answer_length=view["answer"]["length"],
        began_ms=view["began_ms"],
        number=int(view["id"].removeprefix("wx_")),
    )
