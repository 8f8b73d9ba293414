"""A test's account of an emulator in another process: `pytest --tavus-emulator URL`."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from mock_tavus.admin.context import AdminError
from mock_tavus.auth import account_id_for
from mock_tavus.cli.client import AdminClient, ServerRefused
from mock_tavus.durations import parse_duration
from mock_tavus.messages import (
    ApiRequest,
    ApiResponse,
    Delivery,
    DeliveryAttempt,
    DeliveryState,
    JsonObject,
    MaskedExchange,
)
from mock_tavus.store.inboxes import Message
from mock_tavus.testing.assertions import Assertions
from mock_tavus.testing.names import inbox_name


class RemoteInbox:
    """A receiver of callbacks that is built into a running server.

    Args:
        client: Calls the server.
        url: What to give as `callback_url`.
        name: Its name.
    """

    def __init__(self, client: AdminClient, url: str, name: str) -> None:
        self._client = client
        self.url = url
        self.name = name

    @property
    def messages(self) -> Sequence[Message]:
        """Return what the inbox has taken, the oldest first."""
        return [_message(each) for each in self._client.inbox("GET", self.name)["messages"]]

    def wait(self, count: int, timeout: float = 5.0) -> Sequence[Message]:
        """Wait until the inbox holds `count` messages or `timeout` real seconds have passed; return its messages."""
        with contextlib.suppress(ServerRefused):  # there are fewer: those are returned
            self._client.inbox("GET", f"{self.name}/wait", count=count, timeout=timeout)
        return self.messages

    def configure(self, status: int = 204, *, delay: float = 0.0, fail_first: int = 0) -> None:
        """Have the inbox answer like this from now on.

        Args:
            status: An HTTP status, 200 to 599.
            delay: How long it takes, in real seconds.
            fail_first: How many requests it answers with 500 before that.
        """
        answer = {"status": status, "delay": f"{delay:f}s", "fail_first": fail_first}
        self._client.inbox("PUT", self.name, answer)

    def clear(self) -> None:
        """Forget what the inbox has taken, and how it answers."""
        self._client.inbox("DELETE", self.name)


class RemoteTavus(Assertions):
    """The account of one test, at a server in another process; the same as `Tavus`.

    Args:
        url: Where the server listens.
        key: The account's API key.
        training_time: How long its trainings take, as the server's own option says it for all.
        token: The server's admin token; None if it has none.

    Raises:
        ServerRefused: Nothing like it answers there.
    """

    def __init__(self, url: str, key: str, training_time: str, token: str | None = None) -> None:
        self.base_url = url.rstrip("/")
        self.api_key = self.key = key
        self.account_id = account_id_for(key.encode())
        self._client = AdminClient(url, self.account_id, token)
        self._usual = {"training_time": training_time}
        self._usual_id = ""
        self.reset()
        self.inbox().clear()

    @property
    def requests(self) -> Sequence[MaskedExchange]:
        """Return the account's requests, the oldest first, with keys masked."""
        return [_exchange(each) for each in self._client.get("/requests", limit=10_000)["requests"]]

    @property
    def callbacks(self) -> Sequence[Delivery]:
        """Return the account's callbacks, planned, under way or ended, the oldest first."""
        return [_delivery(each) for each in self._client.get("/callbacks")["callbacks"]]

    @property
    def trainings(self) -> int:
        """Return how many trainings the account has started: what the real API would have billed."""
        return int(self._client.get("/ledger")["trainings"])

    def strangers(self) -> Sequence[MaskedExchange]:
        """Return nothing: other requests of a server that others use, too, say nothing about this test."""
        return []

    def next(
        self,
        *,
        times: int | None = 1,
        operation: str | None = None,
        match_body: Mapping[str, Any] | None = None,
        probability: float = 1.0,
        **outcome: Any,
    ) -> JsonObject:
        """Decide what happens to the account's next requests: `next(status=503, retry_after=30)`.

        Args:
            times: For how many requests; None for any number.
            operation: Only requests for this operationId.
            match_body: Only requests whose body has these fields with these values.
            probability: The share of these requests that it touches, 0 to 1.
            outcome: What happens to them, by the names of docs/control.md.

        Raises:
            AdminError: The outcome cannot be read, or the contract has no such operation.
        """
        match = {"operation": operation, "body": match_body}
        body: JsonObject = {"outcome": outcome, "probability": probability}
        body["match"] = {name: value for name, value in match.items() if value is not None}
        if "status" not in outcome:
            body["outcome"] = {**self._usual, **outcome}
        self._client.forget(f"/scenarios/{self._usual_id}")  # of several that match, the one that was armed first holds
        armed = self._change("/scenarios", body if times is None else {**body, "times": times})
        self._arm_usual()
        return armed

    def advance(self, by: str | float) -> Sequence[Delivery]:
        """Move the account forward, and return the callbacks that fell due once each has been tried.

        Args:
            by: How far: `"6h"`, or seconds.

        Raises:
            AdminError: The account would come to where moments can no longer be written.
        """
        seconds = parse_duration(by) if isinstance(by, str) else by
        return [_delivery(each) for each in self._change("/clock/advance", {"by": f"{seconds:f}s"})["callbacks"]]

    def freeze(self) -> None:
        """Stop the account's time; `advance` still moves it."""
        self._change("/clock/freeze")

    def resume(self) -> None:
        """Let the account's time go on from where it stood."""
        self._change("/clock/resume")

    def complete(self, replica_id: str) -> Sequence[Delivery]:
        """Complete the training of `replica_id` now, and send its callback; return that.

        Raises:
            AdminError: The account has no such replica, or its training has ended.
        """
        return [_delivery(each) for each in self._change(f"/replicas/{replica_id}/complete")["callbacks"]]

    def fail(self, replica_id: str, *, cause: str, message: str | None = None) -> Sequence[Delivery]:
        """Fail a training now, and send its callback; return that.

        Args:
            replica_id: Of whom.
            cause: One of the 26 documented causes, `video_fps` for one.
            message: What is said instead of the cause's own message.

        Raises:
            AdminError: The cause is unknown, the account has no such replica, or its training has ended.
        """
        body = {"cause": cause} if message is None else {"cause": cause, "message": message}
        return [_delivery(each) for each in self._change(f"/replicas/{replica_id}/fail", body)["callbacks"]]

    def status(self, replica_id: str) -> str:
        """Return what polling would say of `replica_id`: `started`, `completed` or `error`.

        Raises:
            AdminError: The account has no such replica.
        """
        for each in self._client.get("/replicas", limit=1000)["replicas"]:
            if each["replica_id"] == replica_id:
                return str(each["status"])
        raise AdminError(f"no replica {replica_id!r} is known", status=404)

    def inbox(self, name: str = "") -> RemoteInbox:
        """Return a receiver of callbacks that is built in.

        Args:
            name: Its name; by default one that is the test's own.
        """
        name = name or inbox_name(self.key)
        return RemoteInbox(self._client, f"{self.base_url}/__inbox/{name}", name)

    def reset(self, *, journal: bool = True) -> None:
        """Forget the account: its replicas, callbacks, scenarios and time.

        Args:
            journal: Whether to forget its requests, too.
        """
        self._change("/reset", {"journal": journal})
        self._arm_usual()

    def _arm_usual(self) -> None:
        """Have whatever nothing else is armed for behave as it does in this test."""
        self._usual_id = self._change("/scenarios", {"outcome": self._usual})["id"]

    def _change(self, path: str, body: Any = None) -> JsonObject:
        try:
            found: JsonObject = self._client.change(path, body)
        except ServerRefused as error:
            raise AdminError(str(error)) from error
        return found


_encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _bytes(value: Any) -> bytes:
    return value.encode() if isinstance(value, str) else _encoder.encode(value).encode()


def _exchange(view: JsonObject) -> MaskedExchange:
    response = view["response"]
    return MaskedExchange(
        number=int(view["id"].rpartition("_")[2]),
        at=_moment(view["at"]),
        request=ApiRequest(view["method"], view["path"], view["headers"], _bytes(view["body"]), view["query"]),
        account_id=view["account"],
        operation_id=view["operation"],
        scenario_id=view["scenario"],
        response=ApiResponse(response["status"], _bytes(response["body"]), tuple(response["headers"].items())),
        duration=view["duration_ms"] / 1000,
        request_length=view["body_length"],
        response_length=view["response_length"],
    )


def _delivery(view: JsonObject) -> Delivery:
    attempts = tuple(
        DeliveryAttempt(
            _moment(each["at"]),
            each["duration_ms"] / 1000,
            each["status"],
            each["error"],
            _bytes(each["response_body"]),
            each["response_length"],
        )
        for each in view["attempts"]
    )
    return Delivery(
        view["id"],
        view["account"],
        view["replica_id"],
        view["url"],
        view["body"],
        _moment(view["due_at"]),
        DeliveryState(view["state"]),
        view["target_url"] or "",
        attempts,
        view["note"] or "",
    )


def _message(view: JsonObject) -> Message:
    return Message(
        _moment(view["at"]),
        view["method"],
        view["query"],
        view["headers"],
        _bytes(view["body"]),
        view["status"],
        view["body_length"],
    )
