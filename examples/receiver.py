"""A webhook receiver in a few lines: prints every callback that comes. Usage: python3 examples/receiver.py [PORT]."""

import sys
from http.server import BaseHTTPRequestHandler, HTTPServer


class Receiver(BaseHTTPRequestHandler):
    """Print the body of every POST, and take it."""

    def do_POST(self) -> None:
        """Answer 204 once the callback has been printed."""
        body = self.rfile.read(int(self.headers["content-length"]))
        print(f"{self.path}  {body.decode()}", flush=True)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Print nothing else."""


port = int(sys.argv[1]) if len(sys.argv) > 1 else 9000
print(f"Waiting for callbacks on http://127.0.0.1:{port}/", flush=True)
HTTPServer(("127.0.0.1", port), Receiver).serve_forever()
