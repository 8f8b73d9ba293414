"""Callbacks: where they may go, how they are sent, and when."""

from mock_tavus.callbacks.dispatcher import CallbackDispatcher, DeliveryBook
from mock_tavus.callbacks.sender import CallbackSender
from mock_tavus.callbacks.targets import Target, TargetPolicy, TargetRefused

__all__ = ["CallbackDispatcher", "CallbackSender", "DeliveryBook", "Target", "TargetPolicy", "TargetRefused"]
