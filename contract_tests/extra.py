"""Is all there that the kit needs beside the emulator? This module imports nothing of it."""

from __future__ import annotations

import importlib.util

NEEDED = ("cryptography", "hypothesis", "pytest", "trustme")
"""The packages of the extra `kit`."""

KIT_FAULT = "The kit could not judge the client."
"""How a test begins to tell that it is no verdict."""


def missing_message() -> str:
    """Return what is missing and how to install it; empty if nothing is."""
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    return f"the kit needs {', '.join(missing)}; install it with: pip install 'mock-tavus[kit]'" if missing else ""
