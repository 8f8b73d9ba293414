"""The emulator behind Flask."""

from mock_tavus.web.app import create_app

__all__ = ["create_app"]
