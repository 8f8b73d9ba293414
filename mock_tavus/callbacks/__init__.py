"""Callbacks: where they may go, how they are sent, and when."""

from mock_tavus.callbacks.deliveries import Deliveries, DeliveryPattern
from mock_tavus.callbacks.sender import H11Sender, Sender
from mock_tavus.callbacks.targets import Target, TargetPolicy, TargetRefused

__all__ = ["Deliveries", "DeliveryPattern", "H11Sender", "Sender", "Target", "TargetPolicy", "TargetRefused"]
