"""The default stores: what they know ends with the process."""

from mock_tavus.store.memory.stores import memory_stores

__all__ = ["memory_stores"]
