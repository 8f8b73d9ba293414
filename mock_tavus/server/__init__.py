"""Put the application on a socket."""

from mock_tavus.server.embedded import MockServer
from mock_tavus.server.standalone import serve

__all__ = ["MockServer", "serve"]
