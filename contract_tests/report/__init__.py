"""What a run has found, for people and for programs."""

from contract_tests.report.grouping import grouped
from contract_tests.report.html import html_report
from contract_tests.report.json_report import json_report
from contract_tests.report.junit import junit_report
from contract_tests.report.model import Finding, Report
from contract_tests.report.text import TextReporter

__all__ = ["Finding", "Report", "TextReporter", "grouped", "html_report", "json_report", "junit_report"]
