"""What a person sees first."""

from __future__ import annotations

from mock_tavus.contract import Operation
from mock_tavus.emulator import Emulator

_SAMPLE_KEY = "my-local-key"


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
    key, explanation = _key(emulator)
    create = emulator.contract.operations["createReplica"]
    command = [
        f"  curl {url}{create.path} \\",
        f"    {_credential(create, key)}-H 'content-type: application/json' \\",
        """    -d '{"train_video_url": "https://example.com/me.mp4"}'""",
    ]
    return "\n".join(["", *routes, *warning, "", f"  API key: {explanation}", "", *command, "", "  Ctrl-C stops.", ""])


def _key(emulator: Emulator) -> tuple[str, str]:
    count = len(emulator.config.api_keys)
    if count:
        keys = "the one key" if count == 1 else f"one of the {count} keys"
        return "…", f"{keys} given with --api-key"
    return _SAMPLE_KEY, f"{_SAMPLE_KEY}, or any other that does not begin with `invalid`"


def _credential(operation: Operation, key: str) -> str:
    for schemes in operation.security.alternatives:
        for scheme in schemes:
            if scheme.location == "header":
                return f"-H '{scheme.name}: {scheme.prefix}{key}' "
    return ""
