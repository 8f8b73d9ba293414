"""`mock-tavus completion`: what a shell needs to complete commands and options."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

_PROGRAM, _VARIABLE = "mock-tavus", "_MOCK_TAVUS_COMPLETE"


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion_command(context: click.Context, /, shell: str) -> None:
    """Print what completes commands and options: eval "$(mock-tavus completion bash)".

    Args:
        context: Whose commands.
        shell: For which shell.
    """
    kind = get_completion_class(shell)
    if kind is None or context.parent is None:
        raise click.UsageError(f"{shell} is not known to click")
    click.echo(kind(context.parent.command, {}, _PROGRAM, _VARIABLE).source())
