"""The emulator behind Flask."""

from mock_tavus.http.flask_app import create_app

__all__ = ["create_app"]
