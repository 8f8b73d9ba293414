"""The authority: for the vendor's host and for this machine, and for nothing else."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from pathlib import Path

import pytest
from cryptography import x509

from mock_tavus.proxy.authority import LIFETIME, Authority
from mock_tavus.proxy.hosts import VENDOR_HOST

NOW = 1_800_000_000.0


def real_authority() -> Authority:
    from mock_tavus import SystemClock

    return Authority.create(SystemClock().now())


def told_by(authority: Authority, names: tuple[str, ...], called: str, folder: Path) -> str:
    """Return what a client says of a server that it calls `called`; empty if it is content."""
    trusted = folder / "ca.pem"
    trusted.write_bytes(authority.pem)
    context = authority.server_context(names)
    here, there = socket.socketpair()

    def serve() -> None:
        with contextlib.suppress(OSError), context.wrap_socket(there, server_side=True) as server:
            server.recv(1)

    thread = threading.Thread(target=serve)
    thread.start()
    client = ssl.create_default_context(cafile=trusted)
    try:
        with client.wrap_socket(here, server_hostname=called):
            return ""
    except ssl.SSLCertVerificationError as error:
        return error.verify_message
    finally:
        here.close()
        thread.join()


@pytest.mark.parametrize("name", [VENDOR_HOST, "localhost", "127.0.0.1", "::1"])
def test_the_usual_certificate_is_for_the_vendors_host_and_this_machine(name: str, tmp_path: Path) -> None:
    names = (VENDOR_HOST, "localhost", "127.0.0.1", "::1")
    assert told_by(real_authority(), names, name, tmp_path) == ""


@pytest.mark.parametrize("name", ["example.com", "tavusapi.com.evil.example", "10.0.0.1", "api.localhost.example"])
def test_a_certificate_for_another_host_is_refused_though_its_authority_is_trusted(name: str, tmp_path: Path) -> None:
    assert told_by(real_authority(), (name,), name, tmp_path) == "permitted subtree violation"


def test_it_is_valid_for_a_year_at_most_and_may_sign_no_further_authority() -> None:
    certificate = Authority.create(NOW).certificate

    lasts = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    assert lasts == LIFETIME
    assert certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length == 0
    assert certificate.extensions.get_extension_for_class(x509.NameConstraints).critical


def test_a_certificate_ends_with_its_authority() -> None:
    authority = Authority.create(NOW)
    leaf = x509.load_pem_x509_certificate(authority.certificate_for(("localhost",))[0])

    assert leaf.not_valid_after_utc == authority.certificate.not_valid_after_utc


def test_an_authority_that_was_written_down_is_read_again() -> None:
    authority = Authority.create(NOW)
    loaded = Authority.load(authority.pem, authority.key_pem)

    assert loaded.pem == authority.pem
    assert loaded.seconds_left(NOW) == pytest.approx(LIFETIME.total_seconds() - 3600)


def test_a_key_of_another_authority_is_refused() -> None:
    with pytest.raises(ValueError, match="not the certificate's"):
        Authority.load(Authority.create(NOW).pem, Authority.create(NOW).key_pem)


def test_a_key_for_a_server_is_written_encrypted() -> None:
    assert b"BEGIN ENCRYPTED PRIVATE KEY" in Authority.create(NOW).certificate_for(("localhost",))[1]
