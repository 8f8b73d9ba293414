"""The report for a browser: one file, which needs nothing else."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader

from contract_tests.report.model import VERDICTS, Report, plain, readable


def html_report(report: Report) -> str:
    """Return a run as one page."""
    environment = Environment(
        loader=PackageLoader("contract_tests.report"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["readable"] = readable
    environment.filters["plain"] = plain
    page = environment.get_template("report.html").render(report=report, verdicts=VERDICTS, parts=_parts)
    return page.encode("utf-8", "backslashreplace").decode()


def _parts(message: str) -> tuple[str, str]:
    """Return what was received and what is documented; the second is empty if the message is of another kind."""
    received, _, documented = plain(message).partition(" / Documented: ")
    return received.removeprefix("Received: "), documented
