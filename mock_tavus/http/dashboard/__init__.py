"""A live page of what the emulator does."""
