"""A real browser, headless."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

_QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""Nothing but what a page asks for goes to the network."""


def chromium() -> str:
    """Return where Chromium is, or skip the test where it is missing; CI must have it."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        assert not os.environ.get("CI"), "CI has no Chromium"
        pytest.skip("needs Chromium")
    return path


@contextlib.contextmanager
def open_browser() -> Iterator[Browser]:
    """Start Chromium, and end it."""
    path = chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(_QUIET))
        yield browser
        browser.close()
