"""Keep counterexamples between runs, so that they are tried first the next time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Generic

from hypothesis.database import DirectoryBasedExampleDatabase

from contract_tests.engine.model import C, Case, JsonObject

_FORMAT = 3
"""The version of the form in which they are kept; those of another version are not read."""


class SavedCases(Generic[C]):
    """The counterexamples of one subject.

    Args:
        folder: Where they are kept; None for nowhere.
        subject: What tells the subject's counterexamples from another one's.
        read: From JSON to a case.
    """

    def __init__(self, folder: Path | None, subject: str, read: Callable[[JsonObject], C]) -> None:
        self._database = None if folder is None else DirectoryBasedExampleDatabase(folder)
        self._subject = subject
        self._read = read

    def fetch(self, check_id: str) -> list[C]:
        """Return the counterexamples of a check; what cannot be read is dropped, never an error.

        Args:
            check_id: Of which check.
        """
        if self._database is None:
            return []
        found = []
        for value in sorted(self._database.fetch(self._key(check_id))):
            try:
                found.append(self._read(json.loads(value)))
            except (ValueError, TypeError, KeyError, AttributeError):  # nobody that we know wrote it
                self._database.delete(self._key(check_id), value)
        return found

    def replace(self, check_id: str, old: Sequence[C], new: Sequence[C]) -> None:
        """Keep counterexamples in place of those that are no longer any.

        Args:
            check_id: Of which check.
            old: What was fetched.
            new: What was found.
        """
        if self._database is None:
            return
        for case in old:
            self._database.delete(self._key(check_id), _written(case))
        for case in new:
            self._database.save(self._key(check_id), _written(case))

    def _key(self, check_id: str) -> bytes:
        return hashlib.sha256(f"{_FORMAT} {check_id} {self._subject}".encode()).digest()


def _written(case: Case) -> bytes:
    return json.dumps(case.to_json(), sort_keys=True).encode()
