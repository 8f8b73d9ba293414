"""Which release this is."""

from importlib.metadata import version

__version__ = version("mock-tavus")

USER_AGENT = f"mock-tavus/{__version__}"
"""What callbacks are sent as; `/__admin` refuses what calls itself so, of whatever version."""
