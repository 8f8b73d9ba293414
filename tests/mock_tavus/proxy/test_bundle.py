"""What clients trust: what they trusted before, and ours."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import pkcs12

from mock_tavus.proxy.authority import Authority
from mock_tavus.proxy.bundle import JAVA_PASSWORD, trusted_pem, write_bundle, write_java_store

NOW = 1_800_000_000.0


def test_a_file_that_the_user_named_is_extended(tmp_path: Path) -> None:
    theirs, ours = Authority.create(NOW).pem, Authority.create(NOW).pem
    (tmp_path / "theirs.pem").write_bytes(theirs)

    write_bundle(tmp_path / "bundle.pem", ours, str(tmp_path / "theirs.pem"))

    assert (tmp_path / "bundle.pem").read_bytes() == theirs + ours


def test_the_systems_are_not_put_in_place_of_a_file_that_is_missing(tmp_path: Path) -> None:
    ours = Authority.create(NOW).pem

    write_bundle(tmp_path / "bundle.pem", ours, str(tmp_path / "missing.pem"))

    assert (tmp_path / "bundle.pem").read_bytes().strip() == ours.strip()


def test_without_one_the_systems_are_there(tmp_path: Path) -> None:
    write_bundle(tmp_path / "bundle.pem", Authority.create(NOW).pem)

    assert (tmp_path / "bundle.pem").read_bytes().count(b"BEGIN CERTIFICATE") > 50


def test_java_gets_the_same_but_for_what_cannot_be_read(tmp_path: Path) -> None:
    ours = Authority.create(NOW).pem
    broken = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"

    write_java_store(tmp_path / "java.p12", broken + ours)

    store = pkcs12.load_pkcs12((tmp_path / "java.p12").read_bytes(), JAVA_PASSWORD.encode())
    assert len(store.additional_certs) == 1


def test_a_folder_of_authorities_is_taken_whole(tmp_path: Path) -> None:
    folder = tmp_path / "theirs"
    folder.mkdir()
    pems = [Authority.create(NOW).pem for _ in range(2)]
    for number, pem in enumerate(pems):
        (folder / f"{number}.pem").write_bytes(pem)

    write_bundle(tmp_path / "bundle.pem", Authority.create(NOW).pem, str(folder))

    assert all(pem.strip() in (tmp_path / "bundle.pem").read_bytes() for pem in pems)


def test_where_the_system_has_none_requests_brings_some(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import certifi

    certificates = Path(certifi.where()).read_bytes()
    real = Path.read_bytes
    monkeypatch.setattr(
        Path, "read_bytes", lambda self: real(self) if "/certifi/" in str(self) else (_ for _ in ()).throw(OSError())
    )
    assert trusted_pem(None) == certificates
