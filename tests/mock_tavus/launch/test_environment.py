"""The environment in which an unchanged program calls the emulator."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from mock_tavus import ConfigError
from mock_tavus.launch.environment import MADE_UP_KEY, Way, direct_hosts, former_proxy, led_environment
from mock_tavus.proxy.authority import Authority
from mock_tavus.proxy.tunnels import FormerProxy

PEM = Authority.create(1_800_000_000.0).pem


@pytest.fixture
def way(tmp_path: Path) -> Way:
    folder = tmp_path / "run"
    folder.mkdir()
    return Way(4443, "127.84.1.1", PEM, folder)


def test_the_proxy_is_set_in_both_spellings(way: Way) -> None:
    found = led_environment(way, {"HTTPS_PROXY": "http://former:1", "HTTP_PROXY": "http://former:1"})

    assert found["HTTPS_PROXY"] == found["https_proxy"] == "http://127.0.0.1:4443"
    assert found["HTTP_PROXY"] == "http://127.0.0.1:4443"
    assert "http_proxy" not in found


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


@pytest.mark.parametrize(
    "name", ["TAVUS_API_KEY", "MY_TAVUS_KEY", "tavus_token", "TAVUS_SECRET", "TAVUS_AUTH", "TAVUS_CREDENTIALS"]
)
def test_secrets_of_the_vendors_api_are_made_up(way: Way, name: str) -> None:
    assert led_environment(way, {name: "real"})[name] == MADE_UP_KEY


@pytest.mark.parametrize(
    "name", ["OPENAI_API_KEY", "TAVUS_URL", "TAVUS_KEY_FILE", "TAVUS_TOKEN_PATH", "MOCK_TAVUS_API_KEY"]
)
def test_other_variables_are_left(way: Way, name: str) -> None:
    assert led_environment(way, {name: "theirs"})[name] == "theirs"


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


@pytest.mark.parametrize(
    "entry",
    [
        "*",
        "tavusapi.com",
        ".tavusapi.com",
        "*.tavusapi.com",
        ".com",
        "TavusAPI.com",
        "tavusapi.com.",
        "tavusapi.com:443",
    ],
)
@pytest.mark.parametrize("separator", [", ", " ", ","])
def test_what_would_lead_past_the_proxy_is_taken_out(entry: str, separator: str) -> None:
    hosts = direct_hosts({"NO_PROXY": f"internal.example{separator}{entry}"}).split(",")

    assert "internal.example" in hosts
    assert entry not in hosts
    assert "localhost" in hosts


@pytest.mark.parametrize(
    "given",
    [
        {"https_proxy": "http://p:1"},
        {"HTTPS_PROXY": "http://p:1"},
        {"ALL_PROXY": "p:1"},
        {"JAVA_TOOL_OPTIONS": "-Dhttps.proxyHost=p -Dhttps.proxyPort=1"},
    ],
)
def test_the_former_proxy_is_found(given: dict[str, str]) -> None:
    assert former_proxy(given, "https") == FormerProxy("p", 1)
    assert former_proxy({**given, "NO_PROXY": "*"}, "https") is None
    assert former_proxy({}, "https") is None


def test_the_former_proxy_for_http_is_another_one() -> None:
    given = {"http_proxy": "http://a:1", "https_proxy": "http://me:s%20cret@b:2"}

    assert former_proxy(given, "http") == FormerProxy("a", 1)
    assert former_proxy(given, "https") == FormerProxy("b", 2, "Basic bWU6cyBjcmV0")


@pytest.mark.parametrize(
    "url", ["socks5h://p:1", "https://p:1", "http://p:abc", "http://[bad", "http://user:s3cret@:8080"]
)
def test_a_former_proxy_that_cannot_be_used_is_told_without_its_password(url: str) -> None:
    with pytest.raises(ConfigError, match=r"expected http://HOST:PORT") as told:
        former_proxy({"HTTPS_PROXY": url}, "https")
    assert "s3cret" not in str(told.value)


def test_a_call_in_clear_never_reaches_the_users_own_proxy(way: Way) -> None:
    found = led_environment(way, {"http_proxy": "http://corp:1", "ALL_PROXY": "http://corp:1"})

    assert found["http_proxy"] == found["ALL_PROXY"] == "http://127.0.0.1:4443"
    assert "HTTP_PROXY" not in found


def test_javas_exceptions_are_extended(way: Way) -> None:
    found = led_environment(way, {"JAVA_TOOL_OPTIONS": "-Dhttp.nonProxyHosts=*.corp|other"})["JAVA_TOOL_OPTIONS"]

    assert "-Dhttp.nonProxyHosts=*.corp|other|localhost|" in found
