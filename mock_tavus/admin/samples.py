"""A command to paste, for those who have just arrived."""

from __future__ import annotations

import json

from mock_tavus.contract import Operation
from mock_tavus.emulator import Emulator

SAMPLE_KEY = "my-local-key"


def create_command(emulator: Emulator, url: str, **fields: str) -> str:
    """Return a curl command that creates a replica.

    Args:
        emulator: Whose contract says where, and how the key is sent.
        url: Where the server listens, without a slash at the end.
        fields: What the body has beside the video.
    """
    create = emulator.contract.operations["createReplica"]
    key = "…" if emulator.config.api_keys else SAMPLE_KEY
    body = json.dumps({"train_video_url": "https://example.com/me.mp4", **fields})
    return (
        f"curl {url}{create.path} \\\n  {_credential(create, key)}-H 'content-type: application/json' \\\n  -d '{body}'"
    )


def _credential(operation: Operation, key: str) -> str:
    for scheme in operation.security.schemes:
        if scheme.location == "header":
            return f"-H '{scheme.name}: {scheme.prefix}{key}' "
    return ""
