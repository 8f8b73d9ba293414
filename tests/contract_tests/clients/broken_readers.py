"""Broken readers, renamers, deleters and pollers, one defect each, named after the check that is to catch it."""

from __future__ import annotations

import inspect
import re
import threading
import time
from typing import Any
from urllib.parse import quote, quote_plus

import requests

from examples.clients.replicas import Replicas, send
from examples.clients.requests_client import TavusError
from tests.contract_tests.clients import correct

Json = dict[str, Any]


class Reader(Replicas):
    """A correct client."""

    create_replica = staticmethod(correct.http_client)

    def __init__(self) -> None:
        super().__init__(self.sent)

    def sent(self, method: str, url: str, api_key: str, query: Any, body: Any, timeout: float) -> Any:
        return send(method, url, api_key, query, body, timeout)


class GET_01_raw(Reader):
    def get_replica(
        self, base_url: str, api_key: str, replica_id: str, verbose: bool | None = None, timeout: float = 30.0
    ) -> Json:
        return self._call("GET", f"{base_url}/v2/replicas/{replica_id}", api_key, {}, None, timeout)


class GET_01_slash(Reader):
    def get_replica(
        self, base_url: str, api_key: str, replica_id: str, verbose: bool | None = None, timeout: float = 30.0
    ) -> Json:
        if not replica_id or set(replica_id) == {"."}:
            raise TavusError("no id", kind="rejected_locally")
        return self._call("GET", f"{base_url}/v2/replicas/{quote(replica_id)}", api_key, {}, None, timeout)


class GET_01_plus(Reader):
    def delete_replica(
        self, base_url: str, api_key: str, replica_id: str, hard: bool | None = None, timeout: float = 30.0
    ) -> None:
        if not replica_id or set(replica_id) == {"."}:
            raise TavusError("no id", kind="rejected_locally")
        url = f"{base_url}/v2/replicas/{quote_plus(replica_id)}"
        self._call("DELETE", url, api_key, {}, None, timeout, wants_body=False)


class GET_01_empty(Reader):
    def rename_replica(
        self, base_url: str, api_key: str, replica_id: str, replica_name: str, timeout: float = 30.0
    ) -> None:
        url = f"{base_url}/v2/replicas/{quote(replica_id, safe='')}/name"
        self._call("PATCH", url, api_key, {}, {"replica_name": replica_name}, timeout, wants_body=False)


class AUT_01_create_only(Reader):
    """Sends the key with creates alone."""

    def sent(self, method: str, url: str, api_key: str, query: Any, body: Any, timeout: float) -> Any:
        return super().sent(method, url, "", query, body, timeout)


class SEC_01_reads(Reader):
    """Follows redirects everywhere but in creates."""

    def sent(self, method: str, url: str, api_key: str, query: Any, body: Any, timeout: float) -> Any:
        given = {"params": query or None, "json": body, "headers": {"x-api-key": api_key}, "timeout": timeout}
        try:
            response = requests.request(method, url, **given)
            return response.status_code, response.headers, response.json()
        except (requests.RequestException, ValueError) as error:
            raise TavusError(str(error), kind="transport") from error


class GET_01_latin(Reader):
    def get_replica(
        self, base_url: str, api_key: str, replica_id: str, verbose: bool | None = None, timeout: float = 30.0
    ) -> Json:
        if not replica_id or set(replica_id) == {"."}:
            raise TavusError("no id", kind="rejected_locally")
        segment = quote(replica_id.encode("latin-1", "replace"), safe="")
        return self._call("GET", f"{base_url}/v2/replicas/{segment}", api_key, {}, None, timeout)


class GET_02_strips(Reader):
    def get_replica(self, *given: Any, **more: Any) -> Json:
        found = super().get_replica(*given, **more)
        return {name: one.strip() if isinstance(one, str) else one for name, one in found.items()}


class GET_02_translates(Reader):
    def get_replica(self, *given: Any, **more: Any) -> Json:
        found = super().get_replica(*given, **more)
        return {**found, "status": "ready" if found.get("status") == "completed" else found.get("status")}


class GET_02_strict(Reader):
    def get_replica(self, *given: Any, **more: Any) -> Json:
        found = super().get_replica(*given, **more)
        if set(found) - {*replicas_fields, "replica_type"}:
            raise TavusError("unexpected fields")
        return found


class GET_03_empty(Reader):
    def get_replica(self, *given: Any, **more: Any) -> Json:
        try:
            return super().get_replica(*given, **more)
        except TavusError:
            return {"replica_id": None, "replica_name": ""}


class LST_01_forgets(Reader):
    def list_replicas(self, *given: Any, **more: Any) -> Json:
        if not more.get("verbose"):
            more.pop("verbose", None)
        return super().list_replicas(*given, **more)


class LST_01_default(Reader):
    def list_replicas(self, *given: Any, limit: int = 10, **more: Any) -> Json:
        if more.get("all"):
            return super().list_replicas(*given, **more)
        return super().list_replicas(*given, limit=limit, **more)


class LST_01_python(Reader):
    def sent(self, method: str, url: str, api_key: str, query: Any, body: Any, timeout: float) -> Any:
        told = {name: value.title() if value in ("true", "false") else value for name, value in query.items()}
        return super().sent(method, url, api_key, told, body, timeout)


class LST_02_first(Reader):
    def list_replicas(self, *given: Any, all: bool = False, **more: Any) -> Json:
        return super().list_replicas(*given, **more)


class LST_02_short(Reader):
    """Takes a page below its limit for the last one."""

    def list_replicas(
        self, base_url: str, api_key: str, *, all: bool = False, timeout: float = 30, **more: Any
    ) -> Json:
        if not all:
            return super().list_replicas(base_url, api_key, timeout=timeout, **more)
        found: list[Json] = []
        for page in range(1, 100):
            query = {"limit": "50", "page": str(page)}
            items = self._call("GET", f"{base_url}/v2/replicas", api_key, query, None, timeout)["data"]
            found += items
            if len(items) < 50:
                break
        return {"replicas": found}


class LST_02_doubles(Reader):
    """Does not see that a replica has slipped to the next page."""

    def list_replicas(
        self, base_url: str, api_key: str, *, all: bool = False, timeout: float = 30, **more: Any
    ) -> Json:
        if not all:
            return super().list_replicas(base_url, api_key, timeout=timeout, **more)
        found: list[Json] = []
        for page in range(1, 19):
            query = {"page": str(page)}
            items = self._call("GET", f"{base_url}/v2/replicas", api_key, query, None, timeout)["data"]
            if not items:
                break
            found += items
        return {"replicas": found}


class LST_02_zero(Reader):
    def sent(self, method: str, url: str, api_key: str, query: Any, body: Any, timeout: float) -> Any:
        if "limit" in query and "page" in query:
            query = {**query, "page": str(int(query["page"]) - 1)}
        return super().sent(method, url, api_key, query, body, timeout)


class LST_02_partial(Reader):
    """Returns what it has when a page cannot be read."""

    def list_replicas(self, *given: Any, **more: Any) -> Json:
        self.found: list[Json] = []
        try:
            return super().list_replicas(*given, **more)
        except TavusError as error:
            if error.http_status is None:
                raise
            return {"replicas": self.found}


class LST_03_counts(Reader):
    """Goes on until it has as many as `total_count` says."""

    def list_replicas(
        self, base_url: str, api_key: str, *, all: bool = False, timeout: float = 30, **more: Any
    ) -> Json:
        if not all:
            return super().list_replicas(base_url, api_key, timeout=timeout, **more)
        found: dict[str, Json] = {}
        page, deadline = 1, time.monotonic() + timeout
        while True:
            answer = self._call("GET", f"{base_url}/v2/replicas", api_key, {"page": str(page)}, None, timeout)
            found |= {item["replica_id"]: item for item in answer["data"]}
            if len(found) >= answer["total_count"] or time.monotonic() > deadline:
                return {"replicas": list(found.values())}
            page += 1


class LST_04_strict(Reader):
    def list_replicas(self, *given: Any, **more: Any) -> Json:
        found = super().list_replicas(*given, **more)
        for item in found["replicas"]:
            if item.get("status") not in ("started", "completed", "error"):
                raise TavusError(f"unknown status {item.get('status')}")
        return found


class REN_01_strips(Reader):
    def rename_replica(
        self, base_url: str, api_key: str, replica_id: str, replica_name: str, timeout: float = 30.0
    ) -> None:
        super().rename_replica(base_url, api_key, replica_id, replica_name.strip(), timeout)


class REN_01_wants_json(Reader):
    def _call(self, *given: Any, wants_body: bool = True, **more: Any) -> Json:
        return super()._call(*given, wants_body=True, **more)


class REN_01_name(Reader):
    def sent(self, method: str, url: str, api_key: str, query: Any, body: Any, timeout: float) -> Any:
        return super().sent(method, url, api_key, query, {"name": body["replica_name"]} if body else body, timeout)


class REN_01_then_deletes(Reader):
    def rename_replica(
        self, base_url: str, api_key: str, replica_id: str, replica_name: str, timeout: float = 30.0
    ) -> None:
        super().rename_replica(base_url, api_key, replica_id, replica_name, timeout)
        self.delete_replica(base_url, api_key, replica_id, timeout=timeout)


class DEL_01_hard(Reader):
    def delete_replica(self, *given: Any, **more: Any) -> None:
        super().delete_replica(*given, **{"hard": True, **more})


class DEL_01_soft(Reader):
    def delete_replica(self, *given: Any, **more: Any) -> None:
        more.pop("hard", None)
        super().delete_replica(*given, **more)


class DEL_02_silent(Reader):
    def delete_replica(self, *given: Any, **more: Any) -> None:
        try:
            super().delete_replica(*given, **more)
        except TavusError as error:
            if error.http_status is None:
                raise


class Poller(Reader):
    """The steps of a correct wait, of which each broken one gets one wrong."""

    done = ("completed",)
    failed = ("error",)
    waits_for = ("started", "training", "queued")
    knows_words = True

    def wait_for_replica(
        self, base_url: str, api_key: str, replica_id: str, interval: float = 0.2, timeout: float = 30.0
    ) -> Json:
        deadline = time.monotonic() + self.patience(timeout)
        while time.monotonic() < deadline:
            status, headers, answer = self.poll(base_url, api_key, replica_id, max(0.05, deadline - time.monotonic()))
            ended = self.ended(status, answer)
            if ended is not None:
                return ended
            threading.Event().wait(max(0.0, min(self.pause(interval, status, headers), deadline - time.monotonic())))
        raise TavusError("the wait is over", kind="timeout")

    def poll(self, base_url: str, api_key: str, replica_id: str, timeout: float) -> Any:
        try:
            url = f"{base_url}/v2/replicas/{quote(replica_id, safe='')}"
            return self._send("GET", url, api_key, {}, None, timeout)
        except TavusError:
            return self.broken()

    def broken(self) -> Any:
        return 0, {}, None

    def patience(self, timeout: float) -> float:
        return timeout

    def pause(self, interval: float, status: int, headers: Any) -> float:
        told = headers.get("retry-after", "0") if status in (429, 503) else "0"
        return max(interval, float(told))

    def ended(self, status: int, answer: Any) -> Json | None:
        if status in (400, 401, 403, 404):
            raise TavusError(f"{status}: {answer}", http_status=status)
        if status != 200 or not isinstance(answer, dict):
            return None
        if answer.get("status") in self.done:
            return {"status": "completed"}
        if answer.get("status") in self.failed:
            raise TavusError(f"the training failed: {answer.get('error_message')}")
        return None


class POL_01_ready(Poller):
    done = ("ready",)


class POL_01_creates(Poller):
    """Polls with a request that buys a training."""

    def poll(self, base_url: str, api_key: str, replica_id: str, timeout: float) -> Any:
        body = {"train_video_url": "https://example.com/me.mp4"}
        return self._send("POST", f"{base_url}/v2/replicas", api_key, {}, body, timeout)


class POL_03_other_replica(Poller):
    def poll(self, base_url: str, api_key: str, replica_id: str, timeout: float) -> Any:
        return super().poll(base_url, api_key, "r000000001", timeout)


class POL_01_late(Poller):
    seen = 0

    def ended(self, status: int, answer: Any) -> Json | None:
        found = super().ended(status, answer)
        self.seen = self.seen + 1 if found else 0
        return found if self.seen > 1 else None


class POL_02_ignores(Poller):
    failed = ("failed",)


class POL_02_silent(Poller):
    def ended(self, status: int, answer: Any) -> Json | None:
        if isinstance(answer, dict) and status == 200 and answer.get("status") == "error":
            raise TavusError("the training failed")
        return super().ended(status, answer)


class POL_03_progress(Poller):
    def ended(self, status: int, answer: Any) -> Json | None:
        if isinstance(answer, dict) and answer.get("training_progress") == "100/100":
            return {"status": "completed"}
        return super().ended(status, answer)


class POL_03_both(Poller):
    def ended(self, status: int, answer: Any) -> Json | None:
        is_done = isinstance(answer, dict) and answer.get("training_progress") == "100/100"
        found = super().ended(status, answer)
        return found if is_done else None


class POL_04_done(Poller):
    def ended(self, status: int, answer: Any) -> Json | None:
        if isinstance(answer, dict) and status == 200 and answer.get("status") not in ("started", "error", None):
            return {"status": answer["status"]}
        return super().ended(status, answer)


class POL_04_fails(Poller):
    def ended(self, status: int, answer: Any) -> Json | None:
        if isinstance(answer, dict) and status == 200 and answer.get("status") not in ("started", "error", "completed"):
            raise TavusError(f"unknown status {answer.get('status')}")
        return super().ended(status, answer)


class POL_05_for_ever(Poller):
    def patience(self, timeout: float) -> float:
        return 1000.0


class POL_05_success(Poller):
    def wait_for_replica(self, *given: Any, **more: Any) -> Json:
        try:
            return super().wait_for_replica(*given, **more)
        except TavusError as error:
            if error.kind == "timeout":
                return {"status": "started"}
            raise


class POL_06_goes_on(Poller):
    def ended(self, status: int, answer: Any) -> Json | None:
        return None if status in (400, 404) else super().ended(status, answer)


class POL_07_assumes(Poller):
    def ended(self, status: int, answer: Any) -> Json | None:
        if status == 200 and (not isinstance(answer, dict) or answer.get("status") is None):
            return {"status": "completed"}
        return super().ended(status, answer)


class POL_07_server_error(Poller):
    def ended(self, status: int, answer: Any) -> Json | None:
        if status >= 500:
            return {"status": "completed"}
        return super().ended(status, answer)


class POL_07_forbidden(Poller):
    def ended(self, status: int, answer: Any) -> Json | None:
        return {"status": "completed"} if status in (403, 410) else super().ended(status, answer)


class POL_08_gives_up(Poller):
    def broken(self) -> Any:
        raise TavusError("the connection broke", kind="transport")


class POL_09_hurries(Poller):
    def pause(self, interval: float, status: int, headers: Any) -> float:
        return interval


class POL_10_hammers(Poller):
    def pause(self, interval: float, status: int, headers: Any) -> float:
        return 0.01


class POL_11_goes_on(Poller):
    def ended(self, status: int, answer: Any) -> Json | None:
        return None if status == 401 else super().ended(status, answer)


replicas_fields = (
    "replica_id",
    "replica_name",
    "thumbnail_video_url",
    "training_progress",
    "status",
    "created_at",
    "updated_at",
    "error_message",
)

READERS = {
    name: f"{name[:3]}-{name[4:6]}"
    for name, found in list(globals().items())
    if inspect.isclass(found) and re.match(r"[A-Z]{3}_\d\d_", name)
}
"""From a broken reader's name to the check that is to catch it."""

for _name in READERS:
    globals()[f"client_{_name}"] = globals()[_name]()

correct_poller = Poller()
