"""Receivers on the standard library: a correct one, and broken ones with one defect each.

    python -m tests.contract_tests.receivers.app NAME PORT DATABASE

Each broken one is named after the check that is to catch it: `CBK_03_twice`.
"""

from __future__ import annotations

import inspect
import json
import os
import re
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from examples.receivers.flask_app import MAX_BYTES, SECRET, Replicas

Answer = int


class Correct:
    """The steps of a correct receiver."""

    methods: tuple[str, ...] = ("POST",)
    max_bytes = MAX_BYTES
    patience = 5.0

    def __init__(self, database: str) -> None:
        self.replicas = self.open(database)
        self.fails: set[str] = set()

    def open(self, database: str) -> Any:
        return Replicas(database)

    def trusts(self, secret: str | None) -> bool:
        return secret == SECRET

    def parse(self, content: bytes) -> Any:
        return json.loads(content)

    def take(self, content: bytes) -> Answer:
        try:
            body = self.parse(content)
        except (ValueError, RecursionError):
            return self.malformed()
        if not isinstance(body, dict) or not isinstance(body.get("replica_id"), str):
            return 400
        if body["replica_id"] in self.fails:
            self.fails.discard(body["replica_id"])
            return self.failing(body)
        return self.callback(body)

    def malformed(self) -> Answer:
        return 400

    def failing(self, body: dict[str, Any]) -> Answer:
        return 500

    def callback(self, body: dict[str, Any]) -> Answer:
        if body.get("status") in ("ready", "error"):
            self.replicas.ended(body["replica_id"], body["status"], body.get("error_message"))
        return 204


class Plain(Correct):
    """Replicas in memory, as broken ones often have them: a dictionary, of which each one gets something wrong."""

    def open(self, database: str) -> Any:
        return Memory(self)

    def end(self, replica: dict[str, Any], status: str, message: str | None) -> None:
        if replica["end"] is None:
            replica.update(end=status, message=message)

    def act(self, replica: dict[str, Any]) -> None:
        if replica["created"] and replica["end"] and not replica["effects"]:
            replica["effects"] = 1


class Memory:
    def __init__(self, receiver: Plain) -> None:
        self.receiver = receiver
        self.lock = threading.Lock()
        self.rows: dict[str, dict[str, Any]] = {}

    def row(self, replica_id: str) -> dict[str, Any]:
        return self.rows.setdefault(replica_id, {"created": False, "end": None, "message": None, "effects": 0})

    def created(self, replica_id: str) -> None:
        with self.lock:
            self.row(replica_id)["created"] = True
            self.receiver.act(self.row(replica_id))

    def ended(self, replica_id: str, status: str, message: str | None) -> None:
        with self.lock:
            self.receiver.end(self.row(replica_id), status, message)
            self.receiver.act(self.row(replica_id))

    def state(self, replica_id: str) -> dict[str, Any] | None:
        row = self.rows.get(replica_id)
        if row is None:
            return None
        state = row["end"] or "pending" if row["created"] else "parked"
        return {"state": state, "effects": row["effects"], "error_message": row["message"]}


class Conflicts(Plain):
    """Correct: answers 409 to duplicates, and parks what comes early."""

    def callback(self, body: dict[str, Any]) -> Answer:
        has_ended = self.replicas.row(body["replica_id"])["end"] is not None
        super().callback(body)
        return 409 if has_ended and body.get("status") in ("ready", "error") else 204


class CBK_01_completed(Correct):
    def callback(self, body: dict[str, Any]) -> Answer:
        status = {"completed": "ready", "error": "error"}.get(body.get("status", ""))
        return super().callback({**body, "status": status})


class CBK_01_refuses(Correct):
    def callback(self, body: dict[str, Any]) -> Answer:
        return 422 if body.get("status") == "ready" else super().callback(body)


class CBK_02_ignores(Correct):
    def callback(self, body: dict[str, Any]) -> Answer:
        return 204 if body.get("status") == "error" else super().callback(body)


class CBK_02_message(Correct):
    def callback(self, body: dict[str, Any]) -> Answer:
        message = body.get("error_message")
        return super().callback({**body, "error_message": message and message.encode("ascii", "ignore").decode()[:12]})


class CBK_03_twice(Plain):
    def act(self, replica: dict[str, Any]) -> None:
        if replica["created"] and replica["end"]:
            replica["effects"] += 1


class CBK_03_fails(Plain):
    def callback(self, body: dict[str, Any]) -> Answer:
        row = self.replicas.rows.get(body["replica_id"])
        return 500 if row and row["end"] and row["created"] else super().callback(body)


class CBK_03_bytes(Plain):
    """Knows a duplicate by its bytes."""

    seen: set[bytes] = set()
    latest = b""

    def take(self, content: bytes) -> Answer:
        self.latest = content
        return super().take(content)

    def act(self, replica: dict[str, Any]) -> None:
        if replica["created"] and replica["end"] and (self.latest not in self.seen or not replica["effects"]):
            self.seen.add(self.latest)
            replica["effects"] += 1


class CBK_04_loses(Plain):
    def callback(self, body: dict[str, Any]) -> Answer:
        row = self.replicas.rows.get(body["replica_id"])
        return 204 if row is None else super().callback(body)


class CBK_04_forgets(Plain):
    """Starts anew when the create is answered."""

    def open(self, database: str) -> Any:
        class Forgetful(Memory):
            def created(self, replica_id: str) -> None:
                self.rows.pop(replica_id, None)
                super().created(replica_id)

        return Forgetful(self)


class CBK_05_flips(Plain):
    def end(self, replica: dict[str, Any], status: str, message: str | None) -> None:
        replica.update(end=status, message=message)


class CBK_05_acts(Plain):
    def end(self, replica: dict[str, Any], status: str, message: str | None) -> None:
        if replica["end"] not in (None, status):
            replica["effects"] += 1
        super().end(replica, status, message)


class CBK_06_fails(Plain):
    def callback(self, body: dict[str, Any]) -> Answer:
        row = self.replicas.rows.get(body["replica_id"])
        return 500 if row is None else super().callback(body)


class CBK_06_believes(Plain):
    def callback(self, body: dict[str, Any]) -> Answer:
        self.replicas.row(body["replica_id"])["created"] = True
        return super().callback(body)


class CBK_07_strict(Correct):
    def callback(self, body: dict[str, Any]) -> Answer:
        return 400 if set(body) - {"replica_id", "status", "error_message"} else super().callback(body)


class CBK_07_any(Correct):
    def callback(self, body: dict[str, Any]) -> Answer:
        return super().callback({**body, "status": "error" if body.get("status") == "error" else "ready"})


class CBK_08_fails(Correct):
    def malformed(self) -> Answer:
        return 500


class CBK_08_takes(Correct):
    def malformed(self) -> Answer:
        return 204


class CBK_08_methods(Correct):
    methods = ("POST", "PUT", "GET", "DELETE")


class CBK_08_guesses(Correct):
    def parse(self, content: bytes) -> Any:
        found = re.search(rb"r[0-9a-f]{9,11}", content)
        if b"ready" in content and found:
            return {"replica_id": found[0].decode(), "status": "ready"}
        return super().parse(content)


class CBK_08_drops(Correct):
    """Closes the connection on what it cannot read."""

    def malformed(self) -> Answer:
        raise ConnectionError("dropped")


class CBK_08_dies(Correct):
    def malformed(self) -> Answer:
        os._exit(1)


class CBK_09_reads(Correct):
    max_bytes = 1 << 30


class CBK_10_slow(Correct):
    def callback(self, body: dict[str, Any]) -> Answer:
        time.sleep(15.5)
        return super().callback(body)


class CBK_11_marks(Plain):
    """Notes the end before it fails, and so takes the redelivery for a duplicate."""

    def failing(self, body: dict[str, Any]) -> Answer:
        self.replicas.row(body["replica_id"])["seen"] = True
        return 500

    def callback(self, body: dict[str, Any]) -> Answer:
        return 204 if self.replicas.row(body["replica_id"]).get("seen") else super().callback(body)


class CBK_11_refuses(Plain):
    def failing(self, body: dict[str, Any]) -> Answer:
        self.replicas.row(body["replica_id"])["seen"] = True
        return 500

    def callback(self, body: dict[str, Any]) -> Answer:
        return 410 if self.replicas.row(body["replica_id"]).get("seen") else super().callback(body)


class CBK_12_trusts(Correct):
    def trusts(self, secret: str | None) -> bool:
        return True


class CBK_13_races(Plain):
    def callback(self, body: dict[str, Any]) -> Answer:
        row = self.replicas.row(body["replica_id"])
        has_ended = row["effects"]
        time.sleep(0.03)
        if row["created"] and not has_ended:
            row["end"] = body["status"]
            row["effects"] += 1
        elif not row["created"]:
            return super().callback(body)
        return 204


class CBK_14_memory(Plain):
    pass


class CBK_14_parked(Correct):
    """Parks early callbacks in memory."""

    def __init__(self, database: str) -> None:
        super().__init__(database)
        self.parked: dict[str, dict[str, Any]] = {}
        created = self.replicas.created

        def take_parked(replica_id: str) -> None:
            created(replica_id)
            if (body := self.parked.pop(replica_id, None)) is not None:
                super(CBK_14_parked, self).callback(body)

        self.replicas.created = take_parked

    def callback(self, body: dict[str, Any]) -> Answer:
        if self.replicas.state(body["replica_id"]) is None:
            self.parked.setdefault(body["replica_id"], body)
            return 202
        return super().callback(body)


RECEIVERS = {
    name: f"{name[:3]}-{name[4:6]}"
    for name, found in list(globals().items())
    if inspect.isclass(found) and re.match(r"CBK_\d\d_", name)
}
"""From a broken receiver's name to the check that is to catch it."""


def handler_for(receiver: Correct) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = receiver.patience

        def answer(self, status: int, body: bytes = b"") -> None:
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.send_header("connection", "close")
            self.end_headers()
            self.wfile.write(body)
            self.close_connection = True

        def handle_any(self) -> None:
            url = urlsplit(self.path)
            length = int(self.headers.get("content-length") or 0)
            if url.path.startswith("/test/state/"):
                state = receiver.replicas.state(unquote(url.path.removeprefix("/test/state/")))
                return self.answer(200, json.dumps(state).encode())
            if url.path == "/hook" and self.command not in receiver.methods:
                return self.answer(405)
            if length > receiver.max_bytes:
                return self.answer(413)
            content = self.rfile.read(length)
            if len(content) < length:
                return None
            if url.path == "/test/created":
                receiver.replicas.created(json.loads(content)["replica_id"])
                return self.answer(204)
            if url.path == "/test/fail_next":
                receiver.fails.add(json.loads(content)["replica_id"])
                return self.answer(204)
            if not receiver.trusts(parse_qs(url.query).get("secret", [None])[0]):
                return self.answer(403)
            return self.answer(receiver.take(content))

        do_GET = do_POST = do_PUT = do_DELETE = handle_any

        def log_message(self, *_: object) -> None:
            pass

    return Handler


class Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        pass


if __name__ == "__main__":
    name, port, database = sys.argv[1:4]
    Server(("127.0.0.1", int(port)), handler_for(globals()[name](database))).serve_forever()
