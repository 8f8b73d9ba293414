"""`mock-tavus conform-receiver`: judge what takes the callbacks."""

from __future__ import annotations

from typing import Any

import click

from contract_tests.cli.options import run_options


@click.command()
@run_options
def receiver_command(**options: Any) -> None:
    """Judge a receiver."""
