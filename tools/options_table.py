"""Write the table of options in docs/configuration.md anew, from the settings themselves: `make options`."""

from __future__ import annotations

from pathlib import Path

from mock_tavus.config import Config
from mock_tavus.server.options import ServeOptions
from mock_tavus.settings import Kind, Named, settings_of

PAGE = Path(__file__).parents[1] / "docs" / "configuration.md"
_REPEATED = (Kind.TEXTS, Kind.REWRITES)


def row(named: Named) -> str:
    """Return the row of one setting."""
    setting = named.setting
    value = setting.metavar or setting.kind.value.partition(",")[0]
    default = setting.default_text or ("" if named.default in (None, False, ()) else named.default)
    shown = f"`{default}`" if isinstance(default, int | float | str) and default != "" else ""
    repeated = " Repeatable." if setting.kind in _REPEATED else ""
    return f"| `--{named.option}{f' {value}' if value else ''}` | {setting.help}{repeated} | {shown} |"


def table() -> str:
    """Return the whole table, as Markdown."""
    rows = [row(named) for kind in (ServeOptions, Config) for named in settings_of(kind)]
    return "\n".join(["| option | what it does | default |", "| --- | --- | --- |", *rows])


def page_with(text: str) -> str:
    """Return the page with the table put in the place of the one that it has.

    Args:
        text: The page.
    """
    lines = text.split("\n")
    first = next(number for number, line in enumerate(lines) if line.startswith("| option |"))
    last = next(number for number in range(first, len(lines)) if not lines[number].startswith("|"))
    return "\n".join([*lines[:first], table(), *lines[last:]])


if __name__ == "__main__":
    PAGE.write_text(page_with(PAGE.read_text("utf-8")), "utf-8")
