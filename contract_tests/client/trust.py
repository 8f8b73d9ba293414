"""Make common stacks take the kit's own certificate authority, and no proxy to the emulator."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

_BUNDLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
_PASSWORD = "changeit"  # noqa: S105 - what every Java trust store has; it holds a public certificate


def client_environment(authority: Path | None) -> Mapping[str, str]:
    """Return what to add to a client's environment.

    Args:
        authority: The PEM file of the authority; None if it does not exist. A trust store for Java is written beside
            it.
    """
    found = dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1,localhost")
    if authority is None:
        return found
    found |= dict.fromkeys(_BUNDLES, str(authority))
    store = _java_store(authority)
    told = {"trustStore": str(store), "trustStorePassword": _PASSWORD, "trustStoreType": "PKCS12"}
    options = [f"-Djavax.net.ssl.{name}={value}" for name, value in told.items()]
    given = os.environ.get("JAVA_TOOL_OPTIONS")
    return {**found, "JAVA_TOOL_OPTIONS": " ".join([given, *options] if given else options)}


def _java_store(authority: Path) -> Path:
    store = authority.with_suffix(".p12")
    if not store.exists():
        certificate = x509.load_pem_x509_certificate(authority.read_bytes())
        entry = pkcs12.PKCS12Certificate(certificate, b"mock-tavus")
        store.write_bytes(pkcs12.serialize_java_truststore([entry], BestAvailableEncryption(_PASSWORD.encode())))
    return store
