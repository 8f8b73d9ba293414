"""Settings from `[tool.mock-tavus]` in the project's pyproject.toml."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import click

PREFIX = "MOCK_TAVUS_"
"""How the environment variables of options begin."""

FILES = ("openapi", "training-messages", "ready-file", "wire-certificate", "ca-dir")
"""Settings that name files or folders."""


def read_settings(start: Path, known: Collection[str]) -> dict[str, Any]:
    """Return the settings of the nearest pyproject.toml, by parameter name.

    Args:
        start: Where to begin; the folders above are searched too.
        known: The names of all options, with hyphens.

    Raises:
        click.UsageError: The file is not TOML, or has a setting that is not known.
    """
    path = next((path for folder in (start, *start.parents) if (path := folder / "pyproject.toml").is_file()), None)
    if path is None:
        return {}
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise click.UsageError(f"{path}: cannot be read ({error})") from error
    tool = document.get("tool", {})
    settings = tool.get("mock-tavus", {}) if isinstance(tool, dict) else {}
    if not isinstance(settings, dict):
        raise click.UsageError(f"{path}: expected a table [tool.mock-tavus], received {settings!r}")
    for name in settings:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"the known ones are {', '.join(sorted(known))}"
            raise click.UsageError(f"{path}: [tool.mock-tavus] has no setting {name!r}; {hint}")
    return {name.replace("-", "_"): _located(name, value, path) for name, value in settings.items()}


def unknown_variables(environment: Mapping[str, str], known: Collection[str]) -> Iterator[str]:
    """Yield a warning for each variable of ours that no option reads.

    Args:
        environment: All variables.
        known: The names of all options, with hyphens.
    """
    names = {variable_of(name): name for name in known}
    for variable in environment:
        if variable.startswith(PREFIX) and variable not in names:
            near = difflib.get_close_matches(variable, names, n=1)
            hint = f"did you mean {near[0]}?" if near else "no option has this name"
            yield f"{variable} in the environment does nothing: {hint}"


def variable_of(name: str) -> str:
    """Return the environment variable of an option, `training-time`, say.

    Args:
        name: Its name.
    """
    return PREFIX + name.removeprefix("--").upper().replace("-", "_")


def _located(name: str, value: Any, path: Path) -> Any:
    """Return a setting; a file is meant from where the setting stands."""
    if name not in FILES:
        return value
    if not isinstance(value, str):
        raise click.UsageError(f"{path}: [tool.mock-tavus] {name}: expected a file's path, received {value!r}")
    return str(path.parent / value)
