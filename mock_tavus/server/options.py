"""Where and how `mock-tavus serve` listens."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mock_tavus.settings import Kind, setting

HTTPS_PORT = 4443
"""Where https is spoken if nothing else is asked for."""


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """Say where and how to listen; each field's line below says what it is for."""

    host: str = setting(
        "127.0.0.1",
        "Where to listen. Anything but this machine's own address lets other machines in; the server warns.",
        metavar="ADDRESS",
    )
    port: int = setting(4010, "The port; `0` takes any free one.", Kind.NUMBER, lowest=0, highest=65535)
    https_port: int | None = setting(
        None,
        "Listen here for https, and as a proxy for tavusapi.com; `0` takes any free port. Default: 4443 if it is free, "
        "and a free one with --port 0.",
        Kind.NUMBER,
        lowest=0,
        highest=65535,
    )
    no_https: bool = setting(False, "Do not listen for https.", Kind.FLAG)
    ca_dir: Path | None = setting(
        None,
        "Where the certificate authority is kept that https is spoken with. Default: a folder of this user's own.",
        Kind.FOLDER,
        metavar="DIR",
    )
    tunnel: tuple[str, ...] = setting(
        (),
        "Let programs of this machine that use the https port as their proxy reach this host, too.",
        Kind.TEXTS,
        metavar="HOST",
    )
    quiet: bool = setting(False, "Print only where the server listens.", Kind.FLAG)
    ready_file: Path | None = setting(
        None, 'Write `{"url": …, "pid": …}` and the wire\'s listeners here, once the server answers.', Kind.FILE
    )
    until_stdin_ends: bool = setting(
        False, "Stop when standard input ends, too: never outlive who started it.", Kind.FLAG
    )
    wire_port: int | None = setting(
        None,
        "Listen here too, record every byte, and misbehave below HTTP as told; `0` takes any free port.",
        Kind.NUMBER,
        lowest=0,
        highest=65535,
    )
    wire_certificate: Path | None = setting(
        None, "A PEM file with a certificate and its key, for a port of the wire with TLS.", Kind.FILE
    )
