"""Failures that are known: they do not fail a run; one that is no longer there does, so that the file stays true."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from contract_tests.engine.model import CheckResult
from contract_tests.failures import KitError


def read_baseline(path: Path, known: Collection[str]) -> list[str]:
    """Return the ids in a baseline file: one on each line, with a remark after `#`.

    Args:
        path: The file.
        known: The ids that there are.

    Raises:
        KitError: It cannot be read, or has what is no id.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeError) as error:
        raise KitError(f"the baseline {path} cannot be read: {error}") from error
    ids = [check_id for line in lines if (check_id := line.partition("#")[0].strip())]
    for check_id in ids:
        if check_id not in known:
            raise KitError(f"{path}: expected the id of a check on each line, such as SEC-01, received {check_id!r}")
    return ids


def baseline_of(results: Sequence[CheckResult[Any, Any]], *, strict: bool = False) -> str:
    """Return the failures of a run as the text of a baseline file.

    Args:
        results: What the checks ended in.
        strict: Whether warnings count as failures.
    """
    failing = ("fail", "warn") if strict else ("fail",)
    found = [one.requirement for one in results if one.verdict in failing]
    return "".join(f"{one.check_id}  # {one.title}\n" for one in found)


def stale_entries(known: Sequence[str], results: Sequence[CheckResult[Any, Any]], *, strict: bool = False) -> list[str]:
    """Return the known failures that have been judged and have not failed.

    Args:
        known: The ids in the baseline.
        results: What the checks ended in.
        strict: Whether warnings count as failures.
    """
    verdicts = {one.requirement.check_id: one.verdict for one in results}
    fine = ("pass",) if strict else ("pass", "warn")
    return [check_id for check_id in known if verdicts.get(check_id) in fine]
