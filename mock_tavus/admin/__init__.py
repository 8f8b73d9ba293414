"""What stands beside the vendor's API: see what happened, decide what happens next; over HTTP and in Python."""

from mock_tavus.admin.account import TavusAccount
from mock_tavus.admin.plane import AdminPlane

__all__ = ["AdminPlane", "TavusAccount"]
