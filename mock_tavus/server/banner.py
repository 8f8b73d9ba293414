"""What a person sees first."""

from __future__ import annotations

from mock_tavus.admin.samples import SAMPLE_KEY, create_command
from mock_tavus.emulator import Emulator


def banner(emulator: Emulator, url: str, *, reachable_from_outside: bool) -> str:
    """Return the routes, a key to use and a command to paste.

    Args:
        emulator: What is served.
        url: Where.
        reachable_from_outside: Whether other machines can reach it, which is worth a warning.
    """
    operations = emulator.contract.operations.values()
    width = max((len(operation.path) for operation in operations), default=0) + len(url)
    routes = [f"  {each.method:<6}  {url + each.path:<{width}}  {each.operation_id}" for each in operations]
    warning = ["", "  Other machines can reach this address, and use it."] if reachable_from_outside else []
    command = [f"  {line}" for line in create_command(emulator, url).splitlines()]
    explanation = _explain_key(len(emulator.config.api_keys))
    facts = [f"  API key    {explanation}", f"  Dashboard  {url}/__admin/"]
    return "\n".join(["", *routes, *warning, "", *facts, "", *command, "", "  Ctrl-C stops.", ""])


def _explain_key(count: int) -> str:
    if count:
        keys = "the one key" if count == 1 else f"one of the {count} keys"
        return f"{keys} given with --api-key"
    return f"{SAMPLE_KEY}, or any other that does not begin with `invalid`"
