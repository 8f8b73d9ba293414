"""The environment in which an unchanged program calls the emulator."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from mock_tavus.launch.environment import MADE_UP_KEY, Way, direct_hosts, former_proxy, led_environment
from mock_tavus.proxy.authority import Authority

PEM = Authority.create(1_800_000_000.0).pem


@pytest.fixture
def way(tmp_path: Path) -> Way:
    folder = tmp_path / "run"
    folder.mkdir()
    return Way(4443, PEM, folder)


def test_the_proxy_is_set_in_both_spellings(way: Way) -> None:
    found = led_environment(way, {"HTTPS_PROXY": "http://former:1", "HTTP_PROXY": "http://former:1"})

    assert found["HTTPS_PROXY"] == found["https_proxy"] == "http://127.0.0.1:4443"
    assert found["HTTP_PROXY"] == "http://former:1"


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"])
def test_authorities_that_are_named_already_are_extended(way: Way, tmp_path: Path, name: str) -> None:
    theirs = Authority.create(1_800_000_000.0).pem
    (tmp_path / "theirs.pem").write_bytes(theirs)

    found = led_environment(way, {name: str(tmp_path / "theirs.pem")})

    assert Path(found[name]).read_bytes() == theirs + PEM
    assert Path(found[name]).parent == way.folder


@pytest.mark.parametrize(
    ("name", "theirs", "separator"),
    [
        ("NODE_OPTIONS", "--max-old-space-size=100", " "),
        ("RUBYOPT", "-W0", " "),
        ("JAVA_TOOL_OPTIONS", "-Xmx100m", " "),
    ],
)
def test_options_that_are_set_already_are_extended(way: Way, name: str, theirs: str, separator: str) -> None:
    assert led_environment(way, {name: theirs})[name].startswith(f"{theirs}{separator}-")


def test_paths_that_are_set_already_are_extended(way: Way) -> None:
    found = led_environment(way, {"PYTHONPATH": "/theirs", "PHP_INI_SCAN_DIR": "/theirs"})

    assert found["PYTHONPATH"].endswith(":/theirs")
    assert found["PHP_INI_SCAN_DIR"] == f"/theirs:{way.folder / 'php'}"


def test_php_reads_its_own_files_first(way: Way) -> None:
    assert led_environment(way, {})["PHP_INI_SCAN_DIR"] == f":{way.folder / 'php'}"


def test_keys_are_made_up(way: Way) -> None:
    given = {"TAVUS_API_KEY": "real", "MY_TAVUS_KEY": "real", "OPENAI_API_KEY": "theirs", "TAVUS_URL": "url"}

    found = led_environment(way, given)

    assert found["TAVUS_API_KEY"] == found["MY_TAVUS_KEY"] == MADE_UP_KEY
    assert (found["OPENAI_API_KEY"], found["TAVUS_URL"]) == ("theirs", "url")


def test_keys_can_be_left(way: Way) -> None:
    assert led_environment(way, {"TAVUS_API_KEY": "real"}, keeps_keys=True)["TAVUS_API_KEY"] == "real"


def test_what_interpreters_load_knows_the_way(way: Way) -> None:
    found = led_environment(way, {})

    node = Path(shlex.split(found["NODE_OPTIONS"])[1])
    for path in (node, Path(found["RUBYOPT"].removeprefix("-r")), Path(found["PYTHONPATH"]) / "sitecustomize.py"):
        text = path.read_text()
        assert "4443" in text
        assert "tavusapi.com" in text
        assert "@HOST@" not in text
        assert "@PORT@" not in text


@pytest.mark.parametrize("entry", ["*", "tavusapi.com", ".tavusapi.com", "*.tavusapi.com", ".com", "TavusAPI.com"])
def test_what_would_lead_past_the_proxy_is_taken_out(entry: str) -> None:
    hosts = direct_hosts({"NO_PROXY": f"internal.example, {entry}"}).split(",")

    assert "internal.example" in hosts
    assert entry not in hosts
    assert "localhost" in hosts


@pytest.mark.parametrize(
    "given", [{"https_proxy": "http://p:1"}, {"HTTPS_PROXY": "http://p:1"}, {"ALL_PROXY": "http://p:1"}]
)
def test_the_former_proxy_is_found(given: dict[str, str]) -> None:
    assert former_proxy(given) == "http://p:1"
    assert former_proxy({}) == ""
