"""How a client is called: a Python callable, or a command in any language."""

from contract_tests.client.drivers.command import CommandDriver, Pace, callable_command

__all__ = ["CommandDriver", "Pace", "callable_command"]
