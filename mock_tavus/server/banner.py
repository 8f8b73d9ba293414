"""What a person sees first."""

from __future__ import annotations

from mock_tavus.admin.samples import SAMPLE_KEY, create_command
from mock_tavus.emulator import Emulator
from mock_tavus.proxy.hosts import VENDOR_HOST
from mock_tavus.server.https import Https


def banner(emulator: Emulator, url: str, https: Https | None = None, *, reachable_from_outside: bool) -> str:
    """Return the routes, a key to use and a command to paste.

    Args:
        emulator: What is served.
        url: Where.
        https: Where https is spoken; None if it is not.
        reachable_from_outside: Whether other machines can reach it, which is worth a warning.
    """
    operations = emulator.contract.operations.values()
    width = max((len(operation.path) for operation in operations), default=0) + len(url)
    routes = [f"  {each.method:<6}  {url + each.path:<{width}}  {each.operation_id}" for each in operations]
    warning = ["", "  Other machines can reach this address, and use it."] if reachable_from_outside else []
    command = [f"  {line}" for line in create_command(emulator, url).splitlines()]
    explanation = _explain_key(len(emulator.config.api_keys))
    facts = [f"  API key    {explanation}", f"  Dashboard  {url}/__admin/", *_https_lines(https)]
    return "\n".join(["", *routes, *warning, "", *facts, "", *command, "", "  Ctrl-C stops.", ""])


def _https_lines(https: Https | None) -> list[str]:
    """Return where https is spoken, and what programs need that have the vendor's host written into them."""
    if https is None or https.folder is None:
        return [f"  {https.why_not}"] if https is not None and https.why_not else []
    return [
        f"  https      {https.url}, by the authority {https.folder.certificate}",
        f"  Proxy      HTTPS_PROXY=http://127.0.0.1:{https.port} leads {VENDOR_HOST} here; see mock-tavus ca env",
    ]


def _explain_key(count: int) -> str:
    if count:
        keys = "the one key" if count == 1 else f"one of the {count} keys"
        return f"{keys} given with --api-key"
    return f"{SAMPLE_KEY}, or any other that does not begin with `invalid`"
