"""Call `/__admin` of a running emulator."""

from __future__ import annotations

from typing import Any

import requests

from mock_tavus.auth import account_id_for
from mock_tavus.errors import MockTavusError
from mock_tavus.terminal import without_secrets

TIMEOUT = 70.0  # seconds: longer than anything that the server waits for


class ServerRefused(MockTavusError):
    """The server is not there, or did not do what was asked. The message says why."""


class ServerUnreachable(ServerRefused):
    """Nothing answers there."""


class AdminClient:
    """Speak to one server.

    Args:
        url: What stands before `/__admin`.
        account_id: The account that everything is about; None for all of them, or for that of the key.
        token: What was given to the server as `--admin-token`; None if nothing was.
        key: The API key of the account that everything is about.
        timeout: How long an answer may take, in seconds.
    """

    def __init__(
        self,
        url: str,
        account_id: str | None = None,
        token: str | None = None,
        key: str | None = None,
        timeout: float = TIMEOUT,
    ) -> None:
        self._url = url.rstrip("/")
        self._account_id = account_id if account_id is not None or key is None else account_id_for(key.encode())
        self._timeout = timeout
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy stands between a person and their own machine
        if token is not None:
            self._session.headers["Authorization"] = f"Bearer {token}"

    def get(self, path: str, **query: Any) -> Any:
        """Read something of the account, or of all.

        Args:
            path: Below `/__admin`.
            query: What narrows it.
        """
        scope = {} if self._account_id is None else {"account": self._account_id}
        return self._call("GET", path, {**scope, **query}, None)

    def change(self, path: str, body: Any = None) -> Any:
        """Change something of the account, or of all.

        Args:
            path: Below `/__admin`.
            body: The JSON value to send; None for none.
        """
        scope = {"all": "true"} if self._account_id is None else {"account": self._account_id}
        return self._call("POST", path, scope, body)

    def forget(self, path: str) -> Any:
        """Forget something of the account, or of all.

        Args:
            path: Below `/__admin`.
        """
        return self._call("DELETE", path, {} if self._account_id is None else {"account": self._account_id}, None)

    def inbox(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """Read or change an inbox; inboxes are shared by all accounts.

        Args:
            method: GET, PUT or DELETE.
            path: Below `/__inbox`.
            body: The JSON value to send; None for none.
            query: What narrows it.
        """
        return self._call(method, path, query, body, below="__inbox/")

    def _call(self, method: str, path: str, query: dict[str, Any], body: Any, below: str = "__admin") -> Any:
        url, shown = f"{self._url}/{below}{path}", without_secrets(self._url)
        try:
            response = self._session.request(method, url, params=query, json=body, timeout=self._timeout)
            found = response.json()
        except requests.ConnectionError as error:
            raise ServerUnreachable(
                f"nothing answers at {shown}; start it with mock-tavus serve, or name another with --url"
            ) from error
        except (requests.RequestException, ValueError) as error:
            raise ServerRefused(f"{shown} does not answer like this version of mock-tavus ({error})") from error
        if not isinstance(found, dict):
            raise ServerRefused(f"{shown} does not answer like this version of mock-tavus (it sent no object)")
        if response.status_code >= 400:
            raise ServerRefused(str(found.get("message", found)))
        return found
