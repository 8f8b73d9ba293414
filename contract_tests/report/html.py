"""The report for a browser: one file, which needs nothing else."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader

from contract_tests.http.messages import plain
from contract_tests.report.model import VERDICTS, Report, readable


def html_report(report: Report) -> str:
    """Return a run as one page.

    Args:
        report: The run.
    """
    environment = Environment(
        loader=PackageLoader("contract_tests.report"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["readable"] = readable
    environment.filters["plain"] = plain
    page = environment.get_template("report.html").render(report=report, verdicts=VERDICTS)
    return page.encode("utf-8", "backslashreplace").decode()
