"""What clients trust, in one file: the authorities of the user or of the system, and ours."""

from __future__ import annotations

import re
import ssl
import warnings
from collections.abc import Iterator
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

from mock_tavus.files import write_whole

_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)

JAVA_PASSWORD = "changeit"  # noqa: S105 - what every Java trust store has; what it holds is public
"""The password of the trust stores for Java."""


def trusted_pem(given: str | None) -> bytes:
    """Return what a client trusts without us, in PEM; empty if nothing is found.

    Args:
        given: A file of authorities that the user has named; None for the system's own.
    """
    own = ssl.get_default_verify_paths().openssl_cafile  # whatever SSL_CERT_FILE says: that may be ours
    for name in (given, own, "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"):
        if name:
            try:
                path = Path(name)
                if path.is_dir():  # as requests takes it, too
                    return b"\n".join(one.read_bytes() for one in sorted(path.iterdir()) if one.is_file())
                return path.read_bytes()
            except OSError:
                if name == given:  # what the user named is not quietly made up for
                    return b""
    return _certifi()


def write_bundle(path: Path, authority: bytes, given: str | None = None) -> None:
    """Write a file of all authorities that a client is to trust.

    Args:
        path: Where to.
        authority: Ours, in PEM.
        given: A file of authorities that the user has named; None for the system's own.
    """
    write_whole(path, trusted_pem(given).rstrip() + b"\n" + authority)


def write_java_store(path: Path, pem: bytes) -> None:
    """Write a trust store for Java, in PKCS12.

    Args:
        path: Where to.
        pem: The authorities, in PEM.
    """
    entries = [
        pkcs12.PKCS12Certificate(certificate, f"authority-{number}".encode())
        for number, certificate in enumerate(_certificates(pem))
    ]
    path.write_bytes(pkcs12.serialize_java_truststore(entries, BestAvailableEncryption(JAVA_PASSWORD.encode())))


def _certificates(pem: bytes) -> Iterator[x509.Certificate]:
    """Yield the certificates of a file; old authorities break rules of today, and some of them cannot be read."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for text in _PEM.findall(pem):
            try:
                yield x509.load_pem_x509_certificate(text)
            except ValueError:
                continue


def _certifi() -> bytes:
    """Return the authorities that requests brings along."""
    import certifi

    return Path(certifi.where()).read_bytes()
