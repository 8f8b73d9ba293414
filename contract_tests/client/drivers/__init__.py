"""How a client is called: Python callables, a command in any language, or a callable in this process."""

from contract_tests.client.drivers.callables import callable_command
from contract_tests.client.drivers.command import CommandDriver
from contract_tests.client.drivers.direct import DirectDriver
from contract_tests.client.drivers.process import Pace

__all__ = ["CommandDriver", "DirectDriver", "Pace", "callable_command"]
