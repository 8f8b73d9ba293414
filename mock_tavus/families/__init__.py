"""What the emulator remembers of the vendor's API: one package for each family of operations."""
