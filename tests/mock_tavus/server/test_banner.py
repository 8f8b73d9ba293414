from __future__ import annotations

from pathlib import Path

import yaml

from mock_tavus import Config
from mock_tavus.contract.document import bundled_contract, read_document
from mock_tavus.emulator import Emulator
from mock_tavus.server.banner import banner


def test_it_shows_the_routes_a_key_and_a_command() -> None:
    text = banner(Emulator(), "http://127.0.0.1:4010", reachable_from_outside=False)

    assert "POST    http://127.0.0.1:4010/v2/replicas  " in text
    assert "curl http://127.0.0.1:4010/v2/replicas" in text
    assert "x-api-key: my-local-key" in text
    assert "Other machines" not in text


def test_it_never_shows_a_key_that_was_given() -> None:
    one = banner(Emulator(Config(api_keys=("canary",))), "http://x", reachable_from_outside=True)
    two = banner(Emulator(Config(api_keys=("canary", "other"))), "http://x", reachable_from_outside=True)

    assert "canary" not in one + two
    assert "the one key given with --api-key" in one
    assert "one of the 2 keys given with --api-key" in two
    assert "Other machines can reach this address" in one


def test_the_command_is_the_contracts(tmp_path: Path) -> None:
    document = read_document(bundled_contract())
    document["servers"] = [{"url": "https://tavusapi.com/api"}]
    document["components"]["securitySchemes"]["apiKey"] = {"type": "http", "scheme": "bearer"}
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(document))

    text = banner(Emulator(Config(openapi=path)), "http://x", reachable_from_outside=False)

    assert "curl http://x/api/v2/replicas" in text
    assert "-H 'authorization: bearer my-local-key'" in text
