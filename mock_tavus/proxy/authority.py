"""A certificate authority that can vouch for the vendor's host and for this machine, and for nothing else.

The name constraints (RFC 5280, section 4.2.1.10) are what makes it safe to trust: whoever came by its key could not
pretend to be any other host. Most TLS libraries hold them against an authority that is a trust anchor, too; Java 17
does not.
"""

from __future__ import annotations

import ssl
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from secrets import token_urlsafe

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from mock_tavus.proxy.hosts import VENDOR_HOST

LIFETIME = timedelta(days=365)
"""How long an authority is valid, at most; its certificates end with it."""

_NAMES = (VENDOR_HOST, "localhost")
_NETWORKS = ("127.0.0.0/8", "::1/128")
NAMES = (*_NAMES, "127.0.0.1", "::1")
"""What the usual certificate is for."""

_EARLY = timedelta(hours=1)
"""How much earlier than now a certificate begins, for clients whose clock is behind."""


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate authority.

    Args:
        certificate: What clients are to trust.
        key: What it signs with.
    """

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @classmethod
    def create(cls, now: float) -> Authority:
        """Return a new authority.

        Args:
            now: From when it is valid, in seconds since 1970.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        moment = datetime.fromtimestamp(now, UTC).replace(microsecond=0)
        name = x509.Name(
            [
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, "mock-tavus"),
                x509.NameAttribute(NameOID.COMMON_NAME, f"mock-tavus, for {VENDOR_HOST} and this machine only"),
            ]
        )
        permitted = [x509.DNSName(each) for each in _NAMES] + [x509.IPAddress(ip_network(each)) for each in _NETWORKS]
        certificate = (
            _begun(name, name, key, moment)
            .not_valid_after(moment - _EARLY + LIFETIME)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .add_extension(x509.NameConstraints(permitted, None), critical=True)
            .sign(key, hashes.SHA256())
        )
        return cls(certificate, key)

    @classmethod
    def load(cls, certificate: bytes, key: bytes) -> Authority:
        """Return an authority that was written down.

        Args:
            certificate: In PEM.
            key: In PEM, unencrypted.

        Raises:
            ValueError: They cannot be read, or do not belong together.
        """
        loaded = cls(x509.load_pem_x509_certificate(certificate), _read_key(key))
        if loaded.certificate.public_key() != loaded.key.public_key():
            raise ValueError("the key is not the certificate's")
        return loaded

    @property
    def pem(self) -> bytes:
        """Return the certificate in PEM."""
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        """Return the key in PEM, unencrypted."""
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def seconds_left(self, now: float) -> float:
        """Return how long it is still valid.

        Args:
            now: In seconds since 1970.
        """
        return self.certificate.not_valid_after_utc.timestamp() - now

    def is_good(self, now: float, margin: float) -> bool:
        """Return whether it is valid now, and for a while.

        Args:
            now: In seconds since 1970.
            margin: For how long, in seconds.
        """
        return self.certificate.not_valid_before_utc.timestamp() <= now and self.seconds_left(now) >= margin

    def certificate_for(self, names: tuple[str, ...]) -> tuple[bytes, bytes, bytes]:
        """Return a certificate in PEM, its key in PEM, encrypted, and the password.

        Args:
            names: The host names and addresses that it is for.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        begins = self.certificate.not_valid_before_utc + _EARLY
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
        certificate = (
            _begun(subject, self.certificate.subject, key, begins)
            .not_valid_after(self.certificate.not_valid_after_utc)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.SubjectAlternativeName([_general_name(each) for each in names]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        password = token_urlsafe(32).encode()
        encrypted = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(password))
        return certificate.public_bytes(Encoding.PEM), encrypted, password

    def server_context(self, names: tuple[str, ...] = NAMES) -> ssl.SSLContext:
        """Return what a TLS server needs to be taken for the vendor's host, and for this machine.

        Args:
            names: The host names and addresses that its certificate is for.
        """
        certificate, key, password = self.certificate_for(names)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_alpn_protocols(["http/1.1"])
        # The standard library reads keys from files alone; on the disk it is encrypted, with a password that is not.
        with tempfile.NamedTemporaryFile(prefix="mock-tavus-") as file:
            file.write(certificate + key)
            file.flush()
            context.load_cert_chain(file.name, password=password)
        return context


def _read_key(pem: bytes) -> ec.EllipticCurvePrivateKey:
    try:
        key = load_pem_private_key(pem, password=None)
    except TypeError as error:  # it is encrypted
        raise ValueError(str(error)) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError("expected a key on an elliptic curve")
    return key


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, moment: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(moment - _EARLY)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)
