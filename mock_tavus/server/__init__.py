"""Put the emulator on a socket."""
