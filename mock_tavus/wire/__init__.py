"""A second door to the emulator, which records every byte and misbehaves below HTTP."""

from mock_tavus.wire.book import Door, WireBook, WireExchange
from mock_tavus.wire.listener import WireListener
from mock_tavus.wire.script import WireScript, script_from

__all__ = ["Door", "WireBook", "WireExchange", "WireListener", "WireScript", "script_from"]
