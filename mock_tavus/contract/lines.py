"""On which line of its file the contract says something."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml


class ContractLines:
    """Find the lines of a document's parts; the file is read again when the first is asked for.

    Args:
        path: The file of the contract.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._root: Any = None

    def line_of(self, keys: tuple[str, ...]) -> int | None:
        """Return the line, counted from 1, where these keys lead; None if the file has changed, or is gone.

        References are followed. Where a key is missing, the line of the last one that was there counts.

        Args:
            keys: Keys from the document's root.
        """
        if self._root is None:
            try:
                self._root = yaml.compose(self._path.read_text("utf-8"), Loader=yaml.SafeLoader)
            except (OSError, UnicodeDecodeError, yaml.YAMLError):
                return None
        found = self._follow(self._root, keys, depth=0)
        return None if found is None else found.start_mark.line + 1

    def _follow(self, node: Any, keys: tuple[str, ...], depth: int) -> Any:
        place = node
        for number, key in enumerate(keys):
            reference = _child(node, "$ref")
            if reference is not None and depth < 16:
                target = tuple(part.replace("~1", "/").replace("~0", "~") for part in reference[1].value[2:].split("/"))
                rest = keys[number + 1 :] if key == "$ref" else keys[number:]
                return self._follow(self._root, (*target, *rest), depth + 1)
            child = _child(node, key)
            if child is None:
                return place
            place, node = child
        return place


def _child(node: Any, key: str) -> tuple[Any, Any] | None:
    if isinstance(node, yaml.MappingNode):
        return next(((name, value) for name, value in node.value if name.value == key), None)
    if isinstance(node, yaml.SequenceNode) and key.isdigit() and int(key) < len(node.value):
        return node.value[int(key)], node.value[int(key)]
    return None
