"""The reference page's requests, and its errors, through clients that users have."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import requests

from contract_tests import Oracle
from tests.support import SEED_PAGE_BODIES
from tests.system.conftest import REPOSITORY, Program

SEED_PAGE = REPOSITORY.parent / "shared" / "seed" / "create-replica.md"
Need = Callable[[str], str]


class Answer(NamedTuple):
    status: int
    content_type: str
    body: bytes


def with_curl(url: str, key: str, bodies: list[Any], need: Need) -> list[Answer]:
    answers = []
    for body in bodies:
        command = [need("curl"), "-sS", f"{url}/v2/replicas", "-H", f"x-api-key: {key}"]
        command += ["-H", "content-type: application/json", "-d", json.dumps(body)]
        command += ["-w", "\\n%{http_code} %{content_type}"]
        done = subprocess.run(command, capture_output=True, check=True, timeout=30)
        text, _, tail = done.stdout.rpartition(b"\n")
        status, content_type = tail.decode().split(" ", 1)
        answers.append(Answer(int(status), content_type, text))
    return answers


def with_requests(url: str, key: str, bodies: list[Any], need: Need) -> list[Answer]:
    answers = [
        requests.post(f"{url}/v2/replicas", json=body, headers={"x-api-key": key}, timeout=10) for body in bodies
    ]
    return [Answer(answer.status_code, answer.headers["content-type"], answer.content) for answer in answers]


def with_node(url: str, key: str, bodies: list[Any], need: Need) -> list[Answer]:
    command = [need("node"), str(Path(__file__).with_name("clients.mjs")), url, key]
    done = subprocess.run(command, input=json.dumps(bodies).encode(), capture_output=True, check=True, timeout=60)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return [Answer(line["status"], line["type"], line["text"].encode()) for line in lines]


@pytest.mark.parametrize("client", [with_curl, with_requests, with_node])
def test_the_reference_page_end_to_end(
    serve: Callable[..., Program], client: Callable[..., list[Answer]], need: Need, oracle: Oracle
) -> None:
    program = serve()
    bodies = list(SEED_PAGE_BODIES.values())

    created = client(program.url, "my-key", bodies, need)
    refused = client(program.url, "my-key", [{"train_video_url": "no url"}], need)
    unauthorized = client(program.url, "invalid", bodies[:1], need)

    for answer in [*created, *refused, *unauthorized]:
        assert answer.content_type == "application/json"
        assert oracle.answer_faults("createReplica", *answer) == []
    assert [answer.status for answer in created] == [200, 200, 200]
    for answer in created:
        body = json.loads(answer.body)
        assert re.fullmatch(r"r[0-9a-f]{9}", body.pop("replica_id"))
        assert body == {"status": "started"}
    assert [(answer.status, json.loads(answer.body)) for answer in [*refused, *unauthorized]] == [
        (400, {"error": "Invalid train_video_url"}),
        (401, {"message": "Invalid access token"}),
    ]


@pytest.mark.skipif(not SEED_PAGE.exists(), reason="the vendor's page is not here")
def test_the_bodies_are_the_reference_pages() -> None:
    """The examples that the tests send are compared with the page that they were copied from."""
    import yaml

    page = SEED_PAGE.read_text("utf-8")
    operation = yaml.safe_load(page[page.index("````yaml") :].split("\n", 1)[1].split("\n````")[0])["paths"]
    examples = operation["request"]["body"]["application/json"]["examples"]

    assert [example["value"] for example in examples.values()] == list(SEED_PAGE_BODIES.values())
