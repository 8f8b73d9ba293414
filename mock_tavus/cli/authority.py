"""`mock-tavus ca`: what clients need to trust the emulator's https."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

import click

from mock_tavus.cli.options import OneLineErrorCommand, option
from mock_tavus.clock import SystemClock
from mock_tavus.server.options import HTTPS_PORT

_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.group("ca")
def ca_command() -> None:
    """Show the certificate authority that https is spoken with; nothing is installed anywhere.

    It can vouch for tavusapi.com and for this machine, and for no other host.
    """


@ca_command.command("path", cls=OneLineErrorCommand)
@option("--ca-dir", "Where it is kept, if not in this user's own folder.", type=_FOLDER)
def path_command(ca_dir: Path | None) -> None:
    """Print the file of its certificate.

    Args:
        ca_dir: Where the authority is kept; None for this user's own folder.
    """
    from mock_tavus.proxy.keeping import AuthorityFolder

    folder = AuthorityFolder(ca_dir)
    folder.open(SystemClock().now())
    click.echo(folder.certificate)


@ca_command.command("env", cls=OneLineErrorCommand)
@option("--ca-dir", "Where it is kept, if not in this user's own folder.", type=_FOLDER)
@option(
    "--https-port",
    "Where the server speaks https.",
    type=click.IntRange(1, 65535),
    default=HTTPS_PORT,
    show_default=True,
)
def env_command(ca_dir: Path | None, https_port: int) -> None:
    """Print what leads a shell's programs to a running server: eval "$(mock-tavus ca env)".

    Args:
        ca_dir: Where the authority is kept; None for this user's own folder.
        https_port: Where the server speaks https.
    """
    from mock_tavus.launch.environment import proxy_variables, trust_variables
    from mock_tavus.proxy.keeping import AuthorityFolder

    folder = AuthorityFolder(ca_dir)
    folder.open(SystemClock().now())
    variables = trust_variables(folder.certificate, folder.bundle)
    variables |= proxy_variables(f"http://127.0.0.1:{https_port}", os.environ)
    for name, value in variables.items():
        click.echo(f"export {name}={shlex.quote(value)}")
