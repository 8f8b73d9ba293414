"""The emulator, as any user reaches it."""

from contract_tests.emulator.admin import Admin, Line
from contract_tests.emulator.process import Emulator

__all__ = ["Admin", "Emulator", "Line"]
