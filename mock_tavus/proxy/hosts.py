"""What the https door and those who only speak of it share."""

VENDOR_HOST = "tavusapi.com"
"""The host of the real API (documented)."""

MAX_CONNECTIONS = 1024
"""How many connections the https door serves at once; beyond that, the one ends that has been silent for longest."""
