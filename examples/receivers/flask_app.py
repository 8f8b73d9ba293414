"""Take the callbacks of trainings, with Flask and SQLite. The conformance kit has nothing against this receiver.

    mock-tavus conform-receiver --receiver 'http://127.0.0.1:9010/hook?secret=s3cret' \
      --start 'python examples/receivers/flask_app.py 9010 /tmp/replicas.db' \
      --restart 'python examples/receivers/flask_app.py 9010 /tmp/replicas.db' \
      --created http://127.0.0.1:9010/test/created --receiver-state http://127.0.0.1:9010/test/state/

What stands below /test is for the kit alone: an application has it only where it is tested.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import threading
from typing import Any

from flask import Flask, Response, request
from werkzeug.serving import WSGIRequestHandler, make_server

SECRET = "s3cret"  # in the query of the callback URL: callbacks are not signed
MAX_BYTES = 64 * 1024


class Replicas:
    """What the application knows of replicas, in a database, so that it survives a restart.

    Args:
        path: The file of the database.
    """

    def __init__(self, path: str) -> None:
        self._lock = threading.Lock()
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._database.execute(
            "create table if not exists replicas"
            " (id text primary key, created int default 0, end text, message text, effects int default 0)"
        )

    def created(self, replica_id: str) -> None:
        """Note that the create was answered; an end that came before counts from now on.

        Args:
            replica_id: The id that the API has answered.
        """
        with self._lock:
            self._database.execute("insert or ignore into replicas (id) values (?)", (replica_id,))
            self._database.execute("update replicas set created = 1 where id = ?", (replica_id,))
            self._act(replica_id)

    def ended(self, replica_id: str, status: str, message: str | None) -> None:
        """Note the end of a training, once: what comes later changes nothing.

        Args:
            replica_id: Whose.
            status: `ready` or `error`.
            message: Why it failed.
        """
        with self._lock:
            self._database.execute("insert or ignore into replicas (id) values (?)", (replica_id,))
            self._database.execute(
                "update replicas set end = ?, message = ? where id = ? and end is null", (status, message, replica_id)
            )
            self._act(replica_id)

    def state(self, replica_id: str) -> dict[str, Any] | None:
        """Return what is known of a replica.

        Args:
            replica_id: Which.
        """
        row = self._database.execute(
            "select created, end, message, effects from replicas where id = ?", (replica_id,)
        ).fetchone()
        if row is None:
            return None
        created, end, message, effects = row
        state = end or "pending" if created else "parked"
        return {"state": state, "effects": effects, "error_message": message if created else None}

    def _act(self, replica_id: str) -> None:
        """Act on the end of a training, such as by a mail to the user: once, and only for a create of ours."""
        self._database.execute(
            "update replicas set effects = 1 where id = ? and created = 1 and end is not null and effects = 0",
            (replica_id,),
        )


def create_app(path: str) -> Flask:
    """Return the application.

    Args:
        path: The file of the database.
    """
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BYTES
    replicas = Replicas(path)

    @app.post("/hook")
    def hook() -> tuple[str, int]:
        if request.args.get("secret") != SECRET:
            return "", 403
        try:
            body = json.loads(request.get_data())
        except (ValueError, RecursionError):
            return "", 400
        if not isinstance(body, dict) or not isinstance(body.get("replica_id"), str):
            return "", 400
        if body.get("status") in ("ready", "error"):  # a status of tomorrow is no end
            replicas.ended(body["replica_id"], body["status"], body.get("error_message"))
        return "", 204

    @app.post("/test/created")
    def created() -> tuple[str, int]:
        replicas.created(request.get_json()["replica_id"])
        return "", 204

    @app.get("/test/state/<replica_id>")
    def state(replica_id: str) -> Response:
        return Response(json.dumps(replicas.state(replica_id)), content_type="application/json")

    return app


class Impatient(WSGIRequestHandler):
    """Wait for a body for five seconds at most."""

    timeout = 5


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 9010
    database = sys.argv[2] if len(sys.argv) > 2 else ":memory:"
    server = make_server("127.0.0.1", port, create_app(database), threaded=True, request_handler=Impatient)
    server.serve_forever()
