"""`mock-tavus-contract`: the commands, and how each is called from `mock-tavus`."""

from __future__ import annotations

import click

from contract_tests.cli.client import client_command
from contract_tests.cli.compare import compare_command
from contract_tests.cli.receiver import receiver_command


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="mock-tavus", message="mock-tavus-contract %(version)s")
def main() -> None:
    """Judge what speaks, or should speak, the Tavus create-replica API."""


main.add_command(client_command, "client")
main.add_command(receiver_command, "receiver")
main.add_command(compare_command, "compare")
# As `mock-tavus` calls them: a replay line names the command that the user typed.
main.add_command(client_command, "conform")
main.add_command(receiver_command, "conform-receiver")
