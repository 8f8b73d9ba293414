"""The emulator without a socket: what HTTP libraries of Python call in place of the network."""
