"""The environment in which a program, unchanged, calls the emulator at `https://tavusapi.com`."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from mock_tavus.proxy.bundle import JAVA_PASSWORD, write_bundle, write_java_store
from mock_tavus.proxy.hosts import VENDOR_HOST

MADE_UP_KEY = "mock-tavus-made-up-key"
"""What stands in place of the user's own keys: the emulator takes it, and the real API does not."""

_PRELOADS = Path(__file__).with_name("preloads")
_BUNDLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_PROXIES = ("HTTPS_PROXY", "https_proxy")
_DIRECT = ("NO_PROXY", "no_proxy")
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
        authority: The certificate of who vouches for it, in PEM.
        folder: An empty folder for what programs load and trust; it goes with the run.
    """

    port: int
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
    found.update(dict.fromkeys(_PROXIES, f"http://127.0.0.1:{way.port}"))
    found.update(dict.fromkeys(_DIRECT, direct_hosts(given)))
    if not keeps_keys:
        found.update({name: MADE_UP_KEY for name in given if _is_key(name)})
    found.update(_trust(way, given))
    found.update(_node(way, given))
    found.update(_java(way, given))
    preloads = _written_preloads(way)
    found["RUBYOPT"] = _joined(" ", given.get("RUBYOPT"), f"-r{preloads / 'ruby.rb'}")
    found["PYTHONPATH"] = _joined(":", str(preloads), given.get("PYTHONPATH"))
    # An empty part stands for the folders that PHP was built with.
    found["PHP_INI_SCAN_DIR"] = f"{given.get('PHP_INI_SCAN_DIR', '')}:{way.folder / 'php'}"
    return found


def former_proxy(given: Mapping[str, str]) -> str:
    """Return the proxy that the user's programs use for https; empty if they use none.

    Args:
        given: The user's environment.
    """
    return next((given[name] for name in (*reversed(_PROXIES), "all_proxy", "ALL_PROXY") if given.get(name)), "")


def trust_variables(certificate: Path, bundle: Path) -> dict[str, str]:
    """Return what makes clients of most stacks trust an authority.

    Args:
        certificate: The file of the authority's certificate.
        bundle: The file of all that is to be trusted, it among them.
    """
    return {**dict.fromkeys(_BUNDLES, str(bundle)), "NODE_EXTRA_CA_CERTS": str(certificate)}


def _is_key(name: str) -> bool:
    return "TAVUS" in name.upper() and "KEY" in name.upper()


def direct_hosts(given: Mapping[str, str]) -> str:
    """Return what is called without a proxy, with commas between: what was, and what is near; never the vendor's host.

    Args:
        given: The user's environment.
    """
    before = next((given[name] for name in reversed(_DIRECT) if given.get(name)), "").split(",")
    return ",".join(dict.fromkeys([*(each.strip() for each in before if _is_other(each)), *_NEAR]))


def _is_other(entry: str) -> bool:
    """Return whether an entry of NO_PROXY names something else than the vendor's host, or all hosts."""
    name = entry.strip().lower().removeprefix("*").lstrip(".")
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
    yield "NODE_OPTIONS", _joined(" ", given.get("NODE_OPTIONS"), f'--require "{way.folder / "preloads" / "node.cjs"}"')
    yield "NODE_USE_ENV_PROXY", "1"


def _java(way: Way, given: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    store = way.folder / "java.p12"
    write_java_store(store, (way.folder / "ssl_cert_file.pem").read_bytes())
    options = {
        "https.proxyHost": "127.0.0.1",
        "https.proxyPort": str(way.port),
        "http.nonProxyHosts": "localhost|127.*|[::1]|10.*|192.168.*|*.local|*.internal|*.lan",
        "javax.net.ssl.trustStore": str(store),
        "javax.net.ssl.trustStoreType": "PKCS12",
        "javax.net.ssl.trustStorePassword": JAVA_PASSWORD,
    }
    told = [shlex.quote(f"-D{name}={value}") for name, value in options.items()]
    yield "JAVA_TOOL_OPTIONS", _joined(" ", given.get("JAVA_TOOL_OPTIONS"), *told)


def _written_preloads(way: Way) -> Path:
    """Write what interpreters load at their start, with the way in it, and return the folder."""
    folder = way.folder / "preloads"
    folder.mkdir()
    for path in _PRELOADS.iterdir():
        if path.is_file():
            text = path.read_text("utf-8").replace("@HOST@", VENDOR_HOST).replace("@PORT@", str(way.port))
            (folder / path.name).write_text(text, "utf-8")
    ini = way.folder / "php" / "mock-tavus.ini"
    ini.parent.mkdir()
    bundle = way.folder / "ssl_cert_file.pem"
    ini.write_text(f'curl.cainfo="{bundle}"\nopenssl.cafile="{bundle}"\n', "utf-8")
    return folder


def _joined(separator: str, *parts: str | None) -> str:
    return separator.join(part for part in parts if part)
