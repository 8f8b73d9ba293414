"""What stands beside the vendor's API: see what happened, decide what happens next."""

from mock_tavus.admin.plane import ControlPlane

__all__ = ["ControlPlane"]
