"""The authority of a user: made once, kept in the user's own folder, and renewed before it ends."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

import click

from mock_tavus.errors import ServerError
from mock_tavus.files import write_whole
from mock_tavus.proxy.authority import Authority
from mock_tavus.proxy.bundle import write_bundle

_RENEWED_BEFORE = 30 * 86400.0
"""How long an authority that is used anew must still be valid, in seconds."""

_CERTIFICATE, _KEY, _BUNDLE, _LOCK = "ca.pem", "ca-key.pem", "bundle.pem", "lock"


class AuthorityFolder:
    """Where the authority of a user is kept: `ca.pem`, `ca-key.pem`, and `bundle.pem` for clients that take one file.

    Args:
        folder: Which folder; None for the user's own.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = Path(click.get_app_dir("mock-tavus")) if folder is None else folder.absolute()

    @property
    def certificate(self) -> Path:
        """Return the file of the certificate."""
        return self.folder / _CERTIFICATE

    @property
    def bundle(self) -> Path:
        """Return the file with what the system trusts and the certificate."""
        return self.folder / _BUNDLE

    def open(self, now: float) -> Authority:
        """Return the authority, made or renewed if need be; several processes may ask at once.

        Args:
            now: In seconds since 1970.

        Raises:
            ServerError: The folder cannot be written.
        """
        try:
            with self._locked():
                found = self._load()
                if found is None or not found.is_good(now, _RENEWED_BEFORE):
                    found = Authority.create(now)
                    write_whole(self.folder / _KEY, found.key_pem, 0o600)
                    write_whole(self.certificate, found.pem, 0o644)
                write_bundle(self.bundle, found.pem)  # each time: what the system trusts changes
                return found
        except OSError as error:
            raise ServerError(
                f"{self.folder} cannot be written ({error.strerror or error}); name another folder with --ca-dir"
            ) from error

    def _load(self) -> Authority | None:
        key = self.folder / _KEY
        try:
            if key.stat().st_mode & 0o077:  # others may have read it
                return None
            return Authority.load(self.certificate.read_bytes(), key.read_bytes())
        except (FileNotFoundError, ValueError):
            return None

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self.folder / _LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
