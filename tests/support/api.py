"""Call the emulator through its Flask application, and hold every answer against the contract."""

from __future__ import annotations

import json
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from contract_tests import Oracle
from mock_tavus import Config, TestClock
from mock_tavus.contract import Contract
from mock_tavus.emulator import Emulator
from mock_tavus.http.flask_app import create_app

VIDEO = "https://my-example-bucket.s3.us-east-1.amazonaws.com/your-train-video.mp4"

SEED_PAGE_BODIES: dict[str, dict[str, Any]] = {
    "personal": {
        "callback_url": "https://yourwebsite.com/webhook",
        "replica_name": "Rio",
        "train_video_url": VIDEO,
        "consent_video_url": "https://my-example-bucket.s3.us-east-1.amazonaws.com/your-consent-video.mp4",
    },
    "non-human": {
        "callback_url": "https://yourwebsite.com/webhook",
        "replica_name": "AI",
        "train_video_url": VIDEO,
    },
    "older model": {
        "model_name": "phoenix-2",
        "callback_url": "https://yourwebsite.com/webhook",
        "replica_name": "rfe12d8b9597",
        "train_video_url": VIDEO,
        "consent_video_url": "https://my-example-bucket.s3.us-east-1.amazonaws.com/your-consent-video.mp4",
    },
}
"""The three examples of the vendor's reference page."""

_PATHS = {
    "createReplica": ("POST", "/v2/replicas"),
    "listReplicas": ("GET", "/v2/replicas"),
    "getReplica": ("GET", "/v2/replicas/{id}"),
    "deleteReplica": ("DELETE", "/v2/replicas/{id}"),
    "renameReplica": ("PATCH", "/v2/replicas/{id}/name"),
}
_bundled = Contract.load()
_oracle = Oracle.load()


class Api:
    """One emulator, not started: callbacks are planned and recorded, but nothing is sent."""

    def __init__(self, config: Config | None = None, **settings: Any) -> None:
        config = config or Config(**{"seed": 1, **settings})
        self.clock = TestClock()
        contract = _bundled if not (config.openapi or config.accept_null) else None
        self.emulator = Emulator(config, self.clock, contract)
        self.client: FlaskClient = create_app(self.emulator).test_client()
        self._oracle = Oracle.load(config.openapi) if config.openapi else _oracle

    def call(
        self, operation_id: str, replica_id: str = "", *, key: str | None = "test", **options: Any
    ) -> TestResponse:
        """Call an operation; its answer must be as the contract documents."""
        method, path = _PATHS[operation_id]
        headers = dict(options.pop("headers", {}))
        if key is not None:
            headers["x-api-key"] = key
        response = self.client.open(path.format(id=replica_id), method=method, headers=headers, **options)
        faults = self._oracle.answer_faults(
            operation_id, response.status_code, response.headers.get("content-type"), response.data
        )
        assert faults == []
        return response

    def create(self, body: Any = None, *, key: str | None = "test", **fields: Any) -> TestResponse:
        """Create a replica, from a whole body or from a valid one with these fields changed."""
        return self.call("createReplica", key=key, json={"train_video_url": VIDEO, **fields} if body is None else body)

    def create_raw(self, body: bytes, content_type: str | None = "application/json") -> TestResponse:
        """Send these bytes as a create."""
        return self.call("createReplica", data=body, content_type=content_type)

    def created_id(self, **fields: Any) -> str:
        """Create a replica and return its id."""
        response = self.create(**fields)
        assert response.status_code == 200, response.data
        return str(response.get_json()["replica_id"])

    def get(self, replica_id: str, *, key: str = "test", **query: str) -> dict[str, Any]:
        """Return a replica as the API shows it."""
        return dict(json.loads(self.call("getReplica", replica_id, key=key, query_string=query).data))
