"""Wire mutants: a correct client in any language, whose bytes are altered on the way, stands for a broken one.

    python -m tests.contract_tests.altering REQ_05_strips node examples/clients/fetch.mjs

speaks JSON Lines as the client does, and gives it the address of a proxy in place of the emulator's.
"""

from __future__ import annotations

import json
import re
import socket
import sys
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from contract_tests.client.case import Call
from contract_tests.client.drivers import CommandDriver

Alter = Callable[[bytes, bytes], tuple[bytes, bytes]]
"""From a request's head and body to those that are sent."""


def of_head(pattern: bytes, replacement: bytes) -> Alter:
    return lambda head, body: (re.sub(pattern, replacement, head, flags=re.IGNORECASE), body)


def of_body(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Alter:
    def alter(head: bytes, body: bytes) -> tuple[bytes, bytes]:
        return with_length(head, json.dumps(change(json.loads(body))).encode())

    return alter


def with_length(head: bytes, body: bytes) -> tuple[bytes, bytes]:
    return re.sub(rb"(?i)(content-length: )\d+", rb"\g<1>%d" % len(body), head), body


def each_text(change: Callable[[str], str], is_url: bool) -> Alter:
    return of_body(
        lambda body: {
            name: change(value) if isinstance(value, str) and name.endswith("_url") == is_url else value
            for name, value in body.items()
        }
    )


def flat(change: Callable[[Any], Any]) -> Alter:
    return of_body(
        lambda body: {
            name: {key: change(one) for key, one in value.items()} if isinstance(value, dict) else value
            for name, value in body.items()
        }
    )


def _shorter(head: bytes, body: bytes) -> tuple[bytes, bytes]:
    return with_length(head, body[:-1])[0], body


WIRE_MUTANTS: dict[str, Alter] = {
    "REQ_01_slash": of_head(rb"^(POST \S*)/v2/replicas ", rb"\1/v2/replicas/ "),
    "REQ_01_method": of_head(rb"^POST ", rb"PUT "),
    "REQ_02_text": of_head(rb"application/json", rb"text/plain"),
    "REQ_03_mark": lambda head, body: with_length(head, b"\xef\xbb\xbf" + body),
    "REQ_03_twice": lambda head, body: with_length(head, b'{"train_video_url": "", ' + body[1:]),
    "REQ_04_short": _shorter,
    "REQ_05_strips": each_text(str.strip, is_url=False),
    "REQ_05_upper": each_text(str.title, is_url=False),
    "REQ_06_lowers": each_text(str.lower, is_url=True),
    "REQ_06_slash": each_text(lambda url: url.rstrip("/"), is_url=True),
    "REQ_07_null": of_body(lambda body: {"consent_video_url": None, **body}),
    "REQ_08_falsy": of_body(lambda body: {name: value for name, value in body.items() if value != ""}),
    "REQ_09_text": flat(str),
    "REQ_09_number": flat(int),
    "REQ_15_forgets": of_body(lambda body: {name: one for name, one in body.items() if name != "consent_video_url"}),
    "AUT_01_upper": lambda head, body: (re.sub(rb"(?i)(x-api-key: )(.*)", lambda m: m[1] + m[2].upper(), head), body),
    "AUT_01_cookie": of_head(rb"(x-api-key: )(.*)\r\n", rb"\1\2\r\ncookie: key=\2\r\n"),
    "AUT_02_none": of_head(rb"x-api-key: .*\r\n", rb""),
    "SEC_03_url": lambda head, body: (
        re.sub(rb"^(\S+ \S+)", rb"\1?k=" + (re.findall(rb"(?i)x-api-key: (.*)\r", head) or [b""])[0], head),
        body,
    ),
}
"""From a wire mutant's name, which begins with the check that is to catch it, to what it does."""


class Proxy:
    """Pass on what comes for one origin, altered."""

    def __init__(self, origin: str, alter: Alter) -> None:
        parts = urlsplit(origin)
        self._target = (parts.hostname or "", parts.port or 80)
        self._alter = alter
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            connected, _ = self._listening.accept()
            threading.Thread(target=self._serve, args=(connected,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, socket.create_connection(self._target) as server:
            threading.Thread(target=self._answers, args=(server, client), daemon=True).start()
            data = b""
            while part := client.recv(65536):
                data += part
                while (whole := whole_request(data)) is not None:
                    head, body, data = whole
                    server.sendall(b"".join(self._alter(head, body)))

    def _answers(self, server: socket.socket, client: socket.socket) -> None:
        try:
            while part := server.recv(65536):
                client.sendall(part)
            client.shutdown(socket.SHUT_RDWR)
        except OSError:
            client.close()


def whole_request(data: bytes) -> tuple[bytes, bytes, bytes] | None:
    """Return the head, the body and the rest, if the first request is whole."""
    head, separator, rest = data.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    size = int(length[1]) if length else 0
    return (head + separator, rest[:size], rest[size:]) if separator and len(rest) >= size else None


def main() -> None:
    """Answer one request line after the other, as the client does behind the proxy."""
    alter = WIRE_MUTANTS[sys.argv[1]]
    driver = CommandDriver(sys.argv[2:])
    proxies: dict[str, Proxy] = {}
    for line in sys.stdin:
        request = json.loads(line)
        parts = urlsplit(request["base_url"])
        url = request["base_url"]
        if parts.scheme == "http":
            origin = f"http://{parts.netloc}"
            proxies.setdefault(origin, Proxy(origin, alter))
            url = proxies[origin].url + parts.path
        call = Call(request["body"], timeout=request["timeout"])
        outcome = driver.call(call, url, request["api_key"], lambda: True)
        print(json.dumps({"id": request["id"], **outcome.to_json()}), flush=True)


if __name__ == "__main__":
    main()
