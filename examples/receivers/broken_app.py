"""A receiver as it is often written. It works on a good day, and has three defects: the kit finds them.

1. A callback that comes before the create's answer has been stored is answered 200, and lost.
2. The user gets a mail for each callback, also for one that comes twice.
3. A body that is no JSON ends in a 500.

    mock-tavus conform-receiver --receiver http://127.0.0.1:9011/hook \
      --start 'python examples/receivers/broken_app.py 9011' \
      --created http://127.0.0.1:9011/test/created --receiver-state http://127.0.0.1:9011/test/state/
"""

from __future__ import annotations

import logging
import sys
from typing import Any

from flask import Flask, request

app = Flask(__name__)
replicas: dict[str, dict[str, Any]] = {}


@app.post("/hook")
def hook() -> tuple[str, int]:
    """Take a callback."""
    body: Any = request.get_json(force=True, silent=True)
    replica = replicas.get(body["replica_id"])
    if replica is not None:
        replica["state"] = body["status"]
        replica["effects"] += 1  # a mail to the user
    return "", 200


@app.post("/test/created")
def created() -> tuple[str, int]:
    """Note that the create was answered."""
    replicas[request.get_json()["replica_id"]] = {"state": "pending", "effects": 0}
    return "", 204


@app.get("/test/state/<replica_id>")
def state(replica_id: str) -> Any:
    """Tell the kit what is known of a replica."""
    return replicas.get(replica_id) or ("null", 200, {"content-type": "application/json"})


if __name__ == "__main__":
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    app.logger.setLevel(logging.CRITICAL + 1)
    app.run("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 9011, threaded=True)
