"""The environment in which a program, unchanged, calls the emulator at `https://tavusapi.com`."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from mock_tavus.proxy.bundle import JAVA_PASSWORD, write_bundle, write_java_store
from mock_tavus.proxy.hosts import VENDOR_HOST
from mock_tavus.proxy.tunnels import FormerProxy

MADE_UP_KEY = "mock-tavus-made-up-key"
"""What stands in place of the user's own keys: the emulator takes it, and the real API does not."""

_PRELOADS = Path(__file__).with_name("preloads")
_BUNDLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_PROXIES = ("HTTPS_PROXY", "https_proxy")
_DIRECT = ("NO_PROXY", "no_proxy")
_OTHER_PROXIES = ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")
"""Set to the door only where the user has them set: a call in clear for the vendor must not reach the user's proxy."""

_SECRET = re.compile(
    r"(?=.*TAVUS)(?=.*(KEY|TOKEN|SECRET|AUTH|CREDENTIAL))(?!.*_(FILE|PATH|DIR|URL)$).*",
    re.IGNORECASE,
)
"""Names of variables that have a secret of the vendor's API; not those that say where one is."""

_JAVA_PROXY = re.compile(r"-Dhttps\.proxyHost=(\S+)(?:.*-Dhttps\.proxyPort=(\d+))?", re.DOTALL)
_JAVA_DIRECT = re.compile(r"-Dhttp\.nonProxyHosts=([^\s'\"]+)")
_NEAR = (
    "localhost",
    "127.0.0.1",
    "::1",
    "127.0.0.0/8",
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    ".localhost",
    ".local",
    ".internal",
    ".lan",
    ".home.arpa",
    ".svc.cluster.local",
)
"""What is called without a proxy: this machine, and networks that are private by address or by name."""


@dataclass(frozen=True, slots=True)
class Way:
    """The way from a program to the emulator.

    Args:
        port: Where the https door listens on this machine.
        address: The address of this machine that stands for the vendor's host, whatever the port.
        authority: The certificate of who vouches for it, in PEM.
        folder: An empty folder for what programs load and trust; it goes with the run.
    """

    port: int
    address: str
    authority: bytes
    folder: Path


def led_environment(way: Way, given: Mapping[str, str], *, keeps_keys: bool = False) -> dict[str, str]:
    """Return the environment of a program whose calls are to reach the emulator; its files are written.

    What is set already is extended where it can be: authorities, options of Node, Ruby, Java, PHP, the path of Python.

    Args:
        way: The way to the emulator.
        given: The user's environment.
        keeps_keys: Whether the user's own API keys are left in it.
    """
    found = dict(given)
    door = f"http://127.0.0.1:{way.port}"
    found.update(proxy_variables(door, given))
    found.update({name: door for name in _OTHER_PROXIES if given.get(name)})
    if not keeps_keys:
        found.update({name: MADE_UP_KEY for name in given if _is_secret(name)})
    found.update(_trust(way, given))
    found.update(_node(way, given))
    found.update(_java(way, given))
    preloads = _written_preloads(way)
    found["RUBYOPT"] = _joined(" ", given.get("RUBYOPT"), f"-r{preloads / 'ruby.rb'}")
    found["PYTHONPATH"] = _joined(":", str(preloads), given.get("PYTHONPATH"))
    # An empty part stands for the folders that PHP was built with.
    found["PHP_INI_SCAN_DIR"] = f"{given.get('PHP_INI_SCAN_DIR', '')}:{way.folder / 'php'}"
    return found


def former_proxy(given: Mapping[str, str], scheme: str) -> FormerProxy | None:
    """Return the proxy that the user's programs use; None if they use none, or none for any host.

    Args:
        given: The user's environment.
        scheme: For `http`, or for `https`.

    Raises:
        ConfigError: It is not one that speaks http.
    """
    if "*" in _entries(given):
        return None
    java = _JAVA_PROXY.search(given.get("JAVA_TOOL_OPTIONS", "")) if scheme == "https" else None
    names = (f"{scheme}_proxy", f"{scheme.upper()}_PROXY", "all_proxy", "ALL_PROXY")
    named = [given[name] for name in names if given.get(name)]
    named += [f"{java[1]}:{java[2] or 80}"] if java is not None else []
    return FormerProxy.parse(named[0]) if named else None


def trust_variables(certificate: Path, bundle: Path) -> dict[str, str]:
    """Return what makes clients of most stacks trust an authority.

    Args:
        certificate: The file of the authority's certificate.
        bundle: The file of all that is to be trusted, it among them.
    """
    return {**dict.fromkeys(_BUNDLES, str(bundle)), "NODE_EXTRA_CA_CERTS": str(certificate)}


def proxy_variables(door: str, given: Mapping[str, str]) -> dict[str, str]:
    """Return what leads clients of most stacks through the https door, except to what is near.

    Args:
        door: Its URL.
        given: The user's environment.
    """
    return {**dict.fromkeys(_PROXIES, door), **dict.fromkeys(_DIRECT, direct_hosts(given))}


def _is_secret(name: str) -> bool:
    return not name.startswith("MOCK_TAVUS_") and _SECRET.fullmatch(name) is not None


def direct_hosts(given: Mapping[str, str]) -> str:
    """Return what is called without a proxy, with commas between: what was, and what is near; never the vendor's host.

    Args:
        given: The user's environment.
    """
    return ",".join(dict.fromkeys([*(each for each in _entries(given) if _is_other(each)), *_NEAR]))


def _entries(given: Mapping[str, str]) -> list[str]:
    before = next((given[name] for name in reversed(_DIRECT) if given.get(name)), "")
    return [each for each in re.split(r"[,\s]+", before) if each]


def _is_other(entry: str) -> bool:
    """Return whether an entry of NO_PROXY names something else than the vendor's host, or all hosts."""
    name = re.sub(r":\d+$", "", entry.lower()).strip(".").removeprefix("*").lstrip(".")
    return bool(name) and name != VENDOR_HOST and not VENDOR_HOST.endswith(f".{name}")


def _trust(way: Way, given: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name in _BUNDLES:
        path = way.folder / f"{name.lower()}.pem"
        write_bundle(path, way.authority, given.get(name) or None)
        yield name, str(path)


def _node(way: Way, given: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    extra = way.folder / "node.pem"
    before = given.get("NODE_EXTRA_CA_CERTS")
    if before:
        write_bundle(extra, way.authority, before)
    else:
        extra.write_bytes(way.authority)
    yield "NODE_EXTRA_CA_CERTS", str(extra)
    # `--import` would stop Node below 18.18.
    yield "NODE_OPTIONS", _joined(" ", given.get("NODE_OPTIONS"), f"--require {way.folder / 'preloads' / 'node.cjs'}")
    yield "NODE_USE_ENV_PROXY", "1"


def _java(way: Way, given: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    before = given.get("JAVA_TOOL_OPTIONS", "")
    direct = _JAVA_DIRECT.findall(before)
    store = way.folder / "java.p12"
    write_java_store(store, (way.folder / "ssl_cert_file.pem").read_bytes())
    options = {
        "https.proxyHost": "127.0.0.1",
        "https.proxyPort": str(way.port),
        "http.nonProxyHosts": "|".join([*direct, "localhost|127.*|[::1]|10.*|192.168.*|*.local|*.internal|*.lan"]),
        "javax.net.ssl.trustStore": str(store),
        "javax.net.ssl.trustStoreType": "PKCS12",
        "javax.net.ssl.trustStorePassword": JAVA_PASSWORD,
    }
    told = [shlex.quote(f"-D{name}={value}") for name, value in options.items()]
    yield "JAVA_TOOL_OPTIONS", _joined(" ", before, *told)


def _written_preloads(way: Way) -> Path:
    """Write what interpreters load at their start, with the way in it, and return the folder."""
    folder = way.folder / "preloads"
    folder.mkdir()
    for path in _PRELOADS.iterdir():
        if path.is_file():
            text = path.read_text("utf-8").replace("@HOST@", VENDOR_HOST).replace("@PORT@", str(way.port))
            text = text.replace("@ADDRESS@", way.address)
            (folder / path.name).write_text(text, "utf-8")
    ini = way.folder / "php" / "mock-tavus.ini"
    ini.parent.mkdir()
    bundle = way.folder / "ssl_cert_file.pem"
    ini.write_text(f'curl.cainfo="{bundle}"\nopenssl.cafile="{bundle}"\n', "utf-8")
    return folder


def _joined(separator: str, *parts: str | None) -> str:
    return separator.join(part for part in parts if part)
