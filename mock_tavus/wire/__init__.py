"""A second listener to the emulator, which records every byte and misbehaves below HTTP."""

from mock_tavus.wire.lines import WireLines
from mock_tavus.wire.log import Listener, WireExchange, WireLog
from mock_tavus.wire.script import WireScript, script_from
from mock_tavus.wire.server import WireServer

__all__ = ["Listener", "WireExchange", "WireLines", "WireLog", "WireScript", "WireServer", "script_from"]
